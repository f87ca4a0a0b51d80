"""Discogs' moving window: never more than the limit in any window, and 429 exactly then."""

import asyncio
import random
from collections.abc import AsyncIterator

import aiohttp
import pytest
from harness.sandbox_clients import SteppedClock

from bot.sandbox.discogs import DiscogsStandIn, MovingWindow
from bot.sandbox.faults import Fault, FaultKind

_SECONDS = 60.0


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def discogs(clock: SteppedClock) -> AsyncIterator[DiscogsStandIn]:
    async with DiscogsStandIn(
        monotonic=clock, authenticated_limit=6, anonymous_limit=3
    ) as stand_in:
        yield stand_in


async def _ask(
    discogs: DiscogsStandIn,
    session: aiohttp.ClientSession,
    *,
    path: str = "/artists/194",
    known: bool = True,
) -> tuple[int, dict[str, str]]:
    headers = {"Authorization": f"Discogs token={discogs.token}"} if known else {}
    async with session.get(f"{discogs.api_url}{path}", headers=headers) as response:
        kinds = {"limit": "", "used": "-Used", "remaining": "-Remaining"}
        return response.status, {
            name: response.headers[f"X-Discogs-Ratelimit{kind}"] for name, kind in kinds.items()
        }


@pytest.mark.parametrize("seed", range(8))
def test_window_admits_exactly_what_fits_in_every_moving_window(seed: int) -> None:
    clock = SteppedClock()
    window = MovingWindow(seconds=_SECONDS, monotonic=clock)
    chance = random.Random(seed)  # noqa: S311  # the same hurry every time
    admitted: list[float] = []

    for _ in range(2_000):
        clock.now += chance.choice([0.0, 0.1, 0.5, 3.0, 30.0])
        recent = sum(1 for at in admitted if at > clock.now - _SECONDS)
        fits = recent < 10
        assert window.admit(10) is fits
        admitted += [clock.now] * fits

    fullest = max(sum(1 for at in admitted if start <= at < start + _SECONDS) for start in admitted)
    assert fullest == 10


def test_refused_requests_take_no_room_but_count_for_the_worst_window() -> None:
    clock = SteppedClock()
    window = MovingWindow(seconds=_SECONDS, monotonic=clock)

    answers = [window.admit(3) for _ in range(5)]
    clock.now += _SECONDS
    after = window.admit(3)

    assert answers == [True, True, True, False, False]
    assert after is True
    assert window.worst == 5


def test_reset_forgets_everything() -> None:
    window = MovingWindow(seconds=_SECONDS, monotonic=SteppedClock())
    window.admit(1)

    window.reset()

    assert (window.worst, window.used, window.admit(1)) == (0, 0, True)


async def test_limit_refuses_the_request_that_is_one_too_many(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession
) -> None:
    answers = [await _ask(discogs, session) for _ in range(7)]

    assert [status for status, _ in answers] == [200] * 6 + [429]
    assert [int(headers["used"]) for _, headers in answers] == [1, 2, 3, 4, 5, 6, 6]
    assert [int(headers["remaining"]) for _, headers in answers] == [5, 4, 3, 2, 1, 0, 0]
    assert discogs.worst_window() == 7


async def test_room_comes_back_one_by_one_as_requests_grow_old(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession, clock: SteppedClock
) -> None:
    for _ in range(6):
        await _ask(discogs, session)
        clock.now += 10.0

    at_the_edge = [(await _ask(discogs, session))[0] for _ in range(2)]
    clock.now += 10.0
    later = [(await _ask(discogs, session))[0] for _ in range(2)]

    assert at_the_edge == [200, 429]
    assert later == [200, 429]


async def test_anonymous_requests_have_the_smaller_limit_and_the_same_window(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession
) -> None:
    await _ask(discogs, session)
    anonymous = [await _ask(discogs, session, known=False) for _ in range(3)]
    known = await _ask(discogs, session)

    assert [status for status, _ in anonymous] == [200, 200, 429]
    assert anonymous[0][1]["limit"] == "3"
    assert known[0] == 200


async def test_refusal_has_no_retry_after(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession
) -> None:
    discogs.gate.anonymous_limit = 0

    async with session.get(f"{discogs.api_url}/artists/194") as response:
        assert response.status == 429
        assert "Retry-After" not in response.headers
        assert await response.json() == {"message": "You are making requests too quickly."}


async def test_refusal_may_be_an_empty_line(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession
) -> None:
    discogs.gate.anonymous_limit = 0
    discogs.gate.silent_refusals = True

    async with session.get(f"{discogs.api_url}/artists/194") as response:
        assert (response.status, await response.text()) == (429, "\n")


async def test_errors_count_and_carry_the_headers(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession
) -> None:
    status, headers = await _ask(discogs, session, path="/artists/1")

    assert (status, headers["used"]) == (404, "1")


async def test_cut_requests_count_too(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession
) -> None:
    # aiohttp repeats a GET once by itself: both attempts are requests.
    discogs.faults.set(Fault(kind=FaultKind.CUT_BEFORE_BODY, times=2))

    with pytest.raises(aiohttp.ClientOSError):
        await _ask(discogs, session)

    assert discogs.window.used == 2


async def test_concurrent_requests_do_not_slip_through(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession
) -> None:
    answers = await asyncio.gather(*(_ask(discogs, session) for _ in range(20)))

    assert sorted(status for status, _ in answers) == [200] * 6 + [429] * 14
