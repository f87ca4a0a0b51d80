"""Every fault as the client sees it on its socket."""

import asyncio
import time

import aiohttp
import pytest

from bot.sandbox.discogs import DiscogsStandIn
from bot.sandbox.faults import Fault, FaultKind, FaultSwitch

_PATH = "/releases/1"


@pytest.fixture
def url(discogs: DiscogsStandIn) -> str:
    release_id = next(iter(discogs.catalogue.pressings))
    return f"{discogs.api_url}/releases/{release_id}"


def test_switch_counts_its_strikes_down() -> None:
    switch = FaultSwitch()
    switch.set(Fault(kind=FaultKind.STATUS, times=2))

    kinds = [fault and fault.kind for fault in (switch.take(_PATH) for _ in range(3))]

    assert kinds == [FaultKind.STATUS, FaultKind.STATUS, None]
    assert switch.current is None


def test_switch_strikes_for_ever_until_it_is_cleared() -> None:
    switch = FaultSwitch()
    fault = Fault(kind=FaultKind.STATUS)
    switch.set(fault)

    strikes = [switch.take(_PATH) for _ in range(50)]
    switch.clear()

    assert strikes == [fault] * 50
    assert switch.take(_PATH) is None


def test_switch_spares_other_paths_and_keeps_its_strikes_for_its_own() -> None:
    switch = FaultSwitch()
    switch.set(Fault(kind=FaultKind.STATUS, times=1, path_prefix="/database"))

    assert switch.take(_PATH) is None
    assert switch.take("/database/search") is not None
    assert switch.take("/database/search") is None


async def test_delay_answers_late_but_normally(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession, url: str
) -> None:
    discogs.faults.set(Fault(kind=FaultKind.DELAY, seconds=0.15))
    started_at = time.perf_counter()

    async with session.get(url) as response:
        body = await response.json()

    assert time.perf_counter() - started_at >= 0.15
    assert body["title"]


@pytest.mark.parametrize(
    ("status", "content_type"),
    [
        pytest.param(500, "text/html", id="server error is a gateway's page"),
        pytest.param(503, "text/html", id="unavailable is a gateway's page"),
        pytest.param(520, "text/html", id="unregistered server error is a page"),
        pytest.param(404, "application/json", id="client error is the upstream's JSON"),
        pytest.param(401, "application/json", id="unauthorised is the upstream's JSON"),
    ],
)
async def test_status_answers_any_status(
    discogs: DiscogsStandIn,
    session: aiohttp.ClientSession,
    url: str,
    status: int,
    content_type: str,
) -> None:
    discogs.faults.set(Fault(kind=FaultKind.STATUS, status=status, retry_after="7"))

    async with session.get(url) as response:
        assert response.status == status
        assert response.content_type == content_type
        assert response.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    "retry_after", [pytest.param("12", id="with"), pytest.param(None, id="without")]
)
async def test_rate_limit_answers_429_with_or_without_retry_after(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession, url: str, retry_after: str | None
) -> None:
    discogs.faults.set(Fault(kind=FaultKind.RATE_LIMIT, retry_after=retry_after))

    async with session.get(url) as response:
        assert response.status == 429
        assert response.headers.get("Retry-After") == retry_after
        assert await response.json() == {"message": "You are making requests too quickly."}


async def test_cut_before_body_resets_the_connection_before_a_byte(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession, url: str
) -> None:
    discogs.faults.set(Fault(kind=FaultKind.CUT_BEFORE_BODY))

    with pytest.raises(aiohttp.ClientOSError) as caught:
        await session.get(url)

    assert isinstance(caught.value.__cause__, ConnectionResetError)
    assert discogs.requests[-1].status is None


async def test_cut_before_body_is_a_reset_and_not_an_orderly_end(discogs: DiscogsStandIn) -> None:
    discogs.faults.set(Fault(kind=FaultKind.CUT_BEFORE_BODY))
    host, port = discogs.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /releases/1 HTTP/1.1\r\nHost: x\r\n")
    writer.write(b"User-Agent: AIMETests/1.0 +https://example.org\r\n\r\n")

    with pytest.raises(ConnectionResetError):
        await reader.read()

    writer.close()


async def test_pictures_come_from_a_host_of_their_own_and_stay_up(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession
) -> None:
    discogs.faults.set(Fault(kind=FaultKind.STATUS, status=503, times=1))

    async with session.get(f"{discogs.url}/img/none.png") as picture:
        assert picture.status != 503

    assert discogs.faults.current is not None


async def test_cut_in_body_resets_after_half_of_the_ordinary_body(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession, url: str
) -> None:
    discogs.faults.set(Fault(kind=FaultKind.CUT_IN_BODY))

    async with session.get(url) as response:
        length = int(response.headers["Content-Length"])
        half = await response.content.readexactly(length // 2)
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.readany()

    assert response.status == 200
    assert half.startswith(b'{"id"')


async def test_malformed_body_is_broken_json(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession, url: str
) -> None:
    discogs.faults.set(Fault(kind=FaultKind.MALFORMED_BODY))

    async with session.get(url) as response:
        assert (response.status, response.content_type) == (200, "application/json")
        with pytest.raises(ValueError, match="Unterminated string"):
            await response.json()


async def test_wrong_type_is_a_page_where_json_was_due(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession, url: str
) -> None:
    discogs.faults.set(Fault(kind=FaultKind.WRONG_TYPE))

    async with session.get(url) as response:
        assert (response.status, response.content_type) == (200, "text/html")
        assert (await response.text()).startswith("<html>")


async def test_stall_sends_headers_and_then_nothing(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession, url: str
) -> None:
    discogs.faults.set(Fault(kind=FaultKind.STALL))
    timeout = aiohttp.ClientTimeout(total=0.3)

    response = await session.get(url, timeout=timeout)
    with pytest.raises(TimeoutError):
        await response.read()

    assert response.status == 200


async def test_stall_with_an_end_goes_on_with_the_ordinary_body(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession, url: str
) -> None:
    discogs.faults.set(Fault(kind=FaultKind.STALL, seconds=0.1))
    started_at = time.perf_counter()

    async with session.get(url) as response:
        body = await response.json()

    assert time.perf_counter() - started_at >= 0.1
    assert body["title"]


async def test_stalled_request_does_not_hold_up_the_stop(session: aiohttp.ClientSession) -> None:
    async with DiscogsStandIn() as stand_in:
        stand_in.faults.set(Fault(kind=FaultKind.STALL))
        response = await session.get(f"{stand_in.api_url}/artists/194")
        started_at = time.perf_counter()
        await stand_in.stop()

    assert time.perf_counter() - started_at < 1.0
    response.close()
