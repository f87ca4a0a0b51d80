import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aioresponses import aioresponses
from fakes.clock import VirtualClock, wall
from fakes.payloads import payload
from fakes.policies import easy_policy
from fakes.stores import MemoryStore
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.answers import Source
from services.discogs.models import DiscogsKind
from services.discogs.service import DiscogsService
from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    RateLimitExceeded,
    ServiceDisabled,
    ServiceDown,
    UpstreamServerError,
)
from services.http import HttpClient, open_session
from services.music import InvalidQuery
from services.resilience.policy import Policy
from services.resilience.rate_limiter import Rate
from services.secret import Secret

API = "https://api.discogs.test"
SEARCH = re.compile(re.escape(f"{API}/database/search?"))
RELEASE = f"{API}/releases/1"


@pytest.fixture
def policy(clock: VirtualClock) -> Policy:
    return easy_policy("discogs", clock, stale_name="cache_from_last_import")


# As api.discogs.com sends them, with every answer.
RATE_HEADERS = {
    "X-Discogs-Ratelimit": "60",
    "X-Discogs-Ratelimit-Used": "1",
    "X-Discogs-Ratelimit-Remaining": "59",
}


@asynccontextmanager
async def _service(
    policy: Policy,
    clock: VirtualClock,
    *,
    has_token: bool = True,
    is_enabled: bool = True,
    release_fresh_seconds: float = 21_600,
) -> AsyncIterator[DiscogsService]:
    async with open_session(user_agent="AIME-tests/1.0") as session:
        yield DiscogsService(
            http=HttpClient(session, clock=clock),
            policy=policy,
            authorization=Secret("Discogs token=canary-4f9a") if has_token else None,
            api_url=API,
            is_enabled=is_enabled,
            release_fresh_seconds=release_fresh_seconds,
        )


def _asked(web: aioresponses) -> list[tuple[str, dict[str, str], Any]]:
    """Return path, query and call of every request."""
    return [
        (url.path, dict(url.query), call)
        for (_, url), calls in web.requests.items()
        for call in calls
    ]


@in_virtual_time
async def test_a_search_asks_for_what_was_typed(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(SEARCH, body=payload("discogs/search.json"))

    async with _service(policy, clock) as service:
        await service.search(" Trash80\n icarus ", DiscogsKind.RELEASE)

    ((path, query, call),) = _asked(web)
    assert path == "/database/search"
    assert query == {"q": "Trash80 icarus", "per_page": "15", "type": "release"}
    assert call.kwargs["headers"]["Accept"] == "application/vnd.discogs.v2.plaintext+json"
    assert call.kwargs["headers"]["Authorization"] == "Discogs token=canary-4f9a"


@in_virtual_time
async def test_a_search_returns_what_discogs_found(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(SEARCH, body=payload("discogs/search.json"))

    async with _service(policy, clock) as service:
        answer = await service.search("icarus")

    assert (answer.source, len(answer.value.hits)) == (Source.LIVE, 6)
    assert answer.value.search_url == "https://www.discogs.com/search/?q=icarus"


@in_virtual_time
async def test_the_same_search_within_an_hour_is_not_sent_again(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(SEARCH, body=payload("discogs/search.json"))

    async with _service(policy, clock) as service:
        await service.search("Icarus")
        await clock.sleep(3_600)
        answer = await service.search("icarus")

    assert (answer.source, len(_asked(web))) == (Source.CACHED, 1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("バンド", "ハント", id="band and hunt in Japanese"),
        pytest.param("+44", "44", id="a band named +44"),
    ],
)
@in_virtual_time
async def test_two_different_searches_never_share_an_answer(
    clock: VirtualClock, policy: Policy, web: aioresponses, first: str, second: str
) -> None:
    web.get(SEARCH, body=payload("discogs/search.json"), repeat=True)

    async with _service(policy, clock) as service:
        await service.search(first)
        await service.search(second)

    assert [query["q"] for _, query, _ in _asked(web)] == [first, second]


@in_virtual_time
async def test_searches_of_different_kinds_do_not_share_an_answer(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(SEARCH, body=payload("discogs/search.json"), repeat=True)

    async with _service(policy, clock) as service:
        await service.search("icarus", DiscogsKind.RELEASE)
        await service.search("icarus", DiscogsKind.ARTIST)
        await service.search("icarus")

    assert len(_asked(web)) == 3


@in_virtual_time
async def test_a_hundred_identical_searches_send_one(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(SEARCH, body=payload("discogs/search.json"))

    async with _service(policy, clock) as service:
        await outcomes(*(service.search("icarus") for _ in range(100)))

    assert len(_asked(web)) == 1


@pytest.mark.parametrize("query", ["a", "", "x" * 201, "🎷"])
@in_virtual_time
async def test_a_query_that_makes_no_sense_is_not_sent(
    clock: VirtualClock, policy: Policy, web: aioresponses, query: str
) -> None:
    async with _service(policy, clock) as service:
        with pytest.raises(InvalidQuery):
            await service.search(query)

    assert web.requests == {}


@in_virtual_time
async def test_when_discogs_fails_what_was_found_last_time_stands_in(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(SEARCH, body=payload("discogs/search.json"))
    web.get(SEARCH, status=502, body=b"<html>")

    async with _service(policy, clock) as service:
        await service.search("icarus")
        await clock.sleep(86_400)
        answer = await service.search("icarus")

    assert (answer.source, answer.as_of, answer.tried) == (
        Source.STALE,
        wall(0),
        ("cache_from_last_import",),
    )


@in_virtual_time
async def test_when_nothing_is_kept_the_manual_way_is_offered(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(SEARCH, status=500, payload={"message": "Query time exceeded."})

    async with _service(policy, clock) as service:
        answer = await service.search("icarus")

    assert (answer.source, answer.value.hits) == (Source.MANUAL, ())
    assert answer.value.search_url == "https://www.discogs.com/search/?q=icarus"
    assert isinstance(answer.error, UpstreamServerError)
    assert answer.tried == ("cache_from_last_import", "manual_entry_mode")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(401, b"{}", AuthenticationFailed, id="bad token"),
        pytest.param(403, b'{"message":"No."}', AccessDenied, id="refused"),
        pytest.param(403, b"<html>Cloudflare</html>", ServiceDown, id="blocked"),
        pytest.param(403, b"", ServiceDown, id="blocked without a word"),
        pytest.param(429, b"\n", RateLimitExceeded, id="too quick, no body"),
        pytest.param(429, payload("discogs/error_too_quick.json"), RateLimitExceeded, id="429"),
        pytest.param(522, b"<html>", UpstreamServerError, id="edge"),
        pytest.param(200, b"<html>", InvalidResponse, id="HTML"),
        pytest.param(200, b'{"results":[{"id":1}]}', InvalidResponse, id="another shape"),
        pytest.param(
            200,
            b'{"results":[{"id":1,"type":"release","title":"\xff"}]}',
            InvalidResponse,
            id="not UTF-8",
        ),
    ],
)
@in_virtual_time
async def test_every_failure_keeps_its_class(
    clock: VirtualClock,
    policy: Policy,
    web: aioresponses,
    *,
    status: int,
    body: bytes,
    expected: type[ExternalServiceException],
) -> None:
    web.get(SEARCH, status=status, body=body)

    async with _service(policy, clock) as service:
        answer = await service.search("icarus")

    assert type(answer.error) is expected


@in_virtual_time
async def test_a_query_that_discogs_calls_wrong_has_no_fallback(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(SEARCH, status=422, payload={"message": "no"})

    async with _service(policy, clock) as service:
        with pytest.raises(InvalidRequest):
            await service.search("icarus")


@in_virtual_time
async def test_without_a_token_a_search_names_what_is_missing(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    async with _service(policy, clock, has_token=False) as service:
        with pytest.raises(ServiceDisabled) as caught:
            await service.search("icarus")

    assert (caught.value.settings, web.requests) == (("DISCOGS_TOKEN",), {})


@in_virtual_time
async def test_without_a_token_a_release_is_asked_for_anonymously(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(RELEASE, body=payload("discogs/release.json"))

    async with _service(policy, clock, has_token=False) as service:
        answer = await service.get_release(1)

    ((path, query, call),) = _asked(web)
    assert (path, query, answer.value.title) == ("/releases/1", {}, "Stockholm")
    assert "Authorization" not in call.kwargs["headers"]


@in_virtual_time
async def test_switched_off_every_call_says_so(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    async with _service(policy, clock, is_enabled=False) as service:
        results = await outcomes(service.get_release(1), service.search("icarus"))

    settings = [result.settings for result in results if isinstance(result, ServiceDisabled)]
    assert (settings, web.requests) == ([("DISCOGS_ENABLED",)] * 2, {})


@in_virtual_time
async def test_with_a_token_nothing_is_missing(clock: VirtualClock, policy: Policy) -> None:
    async with _service(policy, clock) as service:
        assert service.missing_settings == ()


@in_virtual_time
async def test_a_release_is_fresh_for_as_long_as_configured(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(RELEASE, body=payload("discogs/release.json"), repeat=True)

    async with _service(policy, clock, release_fresh_seconds=21_600) as service:
        await service.get_release(1)
        await clock.sleep(21_600)
        cached = await service.get_release(1)
        await clock.sleep(1)
        live = await service.get_release(1)

    assert (cached.source, live.source, len(_asked(web))) == (Source.CACHED, Source.LIVE, 2)


@in_virtual_time
async def test_an_unknown_release_is_not_found(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(RELEASE, status=404, body=payload("discogs/error_not_found.json"))

    async with _service(policy, clock) as service:
        with pytest.raises(NotFound):
            await service.get_release(1)


@in_virtual_time
async def test_a_release_that_was_never_seen_has_no_substitute(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(RELEASE, status=503)

    async with _service(policy, clock) as service:
        with pytest.raises(UpstreamServerError):
            await service.get_release(1)


@in_virtual_time
async def test_a_release_seen_before_stands_in_with_its_age(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(RELEASE, body=payload("discogs/release.json"))
    web.get(RELEASE, status=503)

    async with _service(policy, clock) as service:
        await service.get_release(1)
        await clock.sleep(86_400)
        answer = await service.get_release(1)

    assert (answer.source, answer.as_of, answer.value.title) == (
        Source.STALE,
        wall(0),
        "Stockholm",
    )


@pytest.mark.parametrize(
    ("status", "name"),
    [
        pytest.param(200, "search.json", id="found"),
        pytest.param(404, "error_not_found.json", id="not found"),
        pytest.param(500, "error_not_found.json", id="server error"),
    ],
)
@in_virtual_time
async def test_rate_limiter_learns_from_the_headers_of_every_answer(
    clock: VirtualClock, web: aioresponses, status: int, name: str
) -> None:
    policy = easy_policy("discogs", clock, rate=Rate(permits=60, window=60))
    headers = RATE_HEADERS | {"X-Discogs-Ratelimit-Used": "60"}
    web.get(SEARCH, status=status, body=payload(f"discogs/{name}"), headers=headers)

    async with _service(policy, clock) as service:
        await outcomes(service.search("icarus"))

    # The window is full with 59 that are not ours: one leaves every second.
    assert policy.limiter is not None
    assert policy.limiter.wait_seconds == 2


@in_virtual_time
async def test_rate_limiter_believes_what_it_counted_when_the_headers_agree(
    clock: VirtualClock, web: aioresponses
) -> None:
    policy = easy_policy("discogs", clock, rate=Rate(permits=2, window=60))
    web.get(SEARCH, body=payload("discogs/search.json"), headers=RATE_HEADERS, repeat=True)

    async with _service(policy, clock) as service:
        await service.search("icarus")
        await service.search("trash80")

    assert policy.limiter is not None
    assert policy.limiter.wait_seconds == 60


@in_virtual_time
async def test_rate_limiter_adopts_the_lower_limit_of_a_lost_token(
    clock: VirtualClock, web: aioresponses
) -> None:
    policy = easy_policy("discogs", clock, rate=Rate(permits=60, window=60))
    headers = RATE_HEADERS | {"X-Discogs-Ratelimit": "1", "X-Discogs-Ratelimit-Remaining": "0"}
    web.get(SEARCH, body=payload("discogs/search.json"), headers=headers)

    async with _service(policy, clock) as service:
        await service.search("icarus")

    assert policy.limiter is not None
    assert policy.limiter.wait_seconds == 60


@in_virtual_time
async def test_429_without_retry_after_holds_everybody_back_until_a_permit_is_free(
    clock: VirtualClock, web: aioresponses
) -> None:
    policy = easy_policy("discogs", clock, rate=Rate(permits=60, window=60))
    headers = RATE_HEADERS | {
        "X-Discogs-Ratelimit-Used": "60",
        "X-Discogs-Ratelimit-Remaining": "0",
    }
    body = payload("discogs/error_too_quick.json")
    web.get(SEARCH, status=429, body=body, headers=headers)

    async with _service(policy, clock) as service:
        await outcomes(service.search("icarus"))

    assert policy.limiter is not None
    assert policy.limiter.wait_seconds == 2


@in_virtual_time
async def test_a_search_older_than_an_hour_is_shown_at_once_and_refreshed(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(SEARCH, body=payload("discogs/search.json"), repeat=True)

    async with _service(policy, clock, release_fresh_seconds=21_600) as service:
        await service.search("icarus")
        await clock.sleep(21_600)
        shown = await service.search("icarus")
        await settle()
        refreshed = await service.search("icarus")

    assert (shown.source, shown.as_of, shown.error) == (Source.STALE, wall(0), None)
    assert (refreshed.source, refreshed.as_of) == (Source.CACHED, wall(21_600))
    assert len(_asked(web)) == 2


@in_virtual_time
async def test_a_search_older_than_the_terms_allow_is_asked_for_again(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    web.get(SEARCH, body=payload("discogs/search.json"), repeat=True)

    async with _service(policy, clock, release_fresh_seconds=21_600) as service:
        await service.search("icarus")
        await clock.sleep(21_601)

        assert (await service.search("icarus")).source is Source.LIVE


@in_virtual_time
async def test_a_release_of_the_last_session_is_known_after_a_restart(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.get(RELEASE, body=payload("discogs/release.json"))
    store = MemoryStore()

    answers = []
    for _ in range(2):
        policy = easy_policy("discogs", clock, store=store)
        async with _service(policy, clock) as service:
            answers.append(await service.get_release(1))
            await policy.aclose()

    assert [answer.source for answer in answers] == [Source.LIVE, Source.CACHED]
    assert answers[0].value == answers[1].value


@in_virtual_time
async def test_a_search_of_the_last_week_stands_in_after_a_restart_without_a_trace_of_its_words(
    clock: VirtualClock, web: aioresponses
) -> None:
    web.get(SEARCH, body=payload("discogs/search.json"))
    web.get(SEARCH, status=503)
    store = MemoryStore()

    answers = []
    for _ in range(2):
        policy = easy_policy("discogs", clock, store=store, stale_name="cache_from_last_import")
        async with _service(policy, clock) as service:
            answers.append(await service.search("icarus canary"))
            await policy.aclose()
        await clock.sleep(7 * 86_400)

    assert [answer.source for answer in answers] == [Source.LIVE, Source.STALE]
    assert (answers[1].as_of, answers[1].tried) == (wall(0), ("cache_from_last_import",))
    assert "canary" not in str(list(store.entries))


@in_virtual_time
async def test_a_price_older_than_the_terms_allow_is_not_shown_even_when_discogs_is_down(
    clock: VirtualClock, policy: Policy, web: aioresponses
) -> None:
    stats = f"{API}/marketplace/stats/1?curr_abbr=EUR"
    web.get(stats, payload={"num_for_sale": 3, "lowest_price": None})
    web.get(stats, status=503, repeat=True)

    async with _service(policy, clock, release_fresh_seconds=21_600) as service:
        await service.get_market_stats(1)
        await clock.sleep(21_600)
        stale = await service.get_market_stats(1)
        await clock.sleep(1)
        with pytest.raises(UpstreamServerError):
            await service.get_market_stats(1)

    assert (stale.source, stale.as_of) == (Source.STALE, wall(0))
