"""The health pages over a real loopback socket."""

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import aiohttp
import pytest

from bot.callbacks import DISCOGS_CALLBACK
from bot.setting_types import OWN_PAGES
from bot.web import PortTaken, web_server
from services.errors import UpstreamTimeout
from services.health import Health
from services.resilience.clock import SystemClock, system_random
from services.resilience.config import PolicyConfig
from services.resilience.policy import Policy

HOST = "127.0.0.1"


def make_policy(upstream: str) -> Policy:
    config = PolicyConfig(
        upstream=upstream, deadline=1, attempt_timeout=1, concurrency=1, breaker_failures=1
    )
    return Policy(config, clock=SystemClock(), chance=system_random())


def make_health(**policies: Policy) -> Health:
    return Health(
        policies=policies,
        missing_settings={"euria": ("EURIA_TOKEN",)},
        reduced=frozenset(),
        clock=SystemClock(),
    )


def serve(
    *, port: int = 0, is_ready: Callable[[], bool] = lambda: True, health: Health | None = None
) -> AbstractAsyncContextManager[int]:
    return web_server(host=HOST, port=port, is_ready=is_ready, health=health or make_health())


async def fetch(port: int, path: str) -> tuple[int, object]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{HOST}:{port}{path}") as response,
    ):
        is_json = response.content_type == "application/json"
        return response.status, await response.json() if is_json else None


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        yield taken.getsockname()[1]


async def test_web_server_is_alive_before_it_is_ready() -> None:
    async with serve(is_ready=lambda: False) as port:
        assert await fetch(port, "/healthz") == (200, {"status": "alive"})
        assert await fetch(port, "/readyz") == (503, {"status": "starting"})


async def test_web_server_is_ready_as_soon_as_the_bot_is() -> None:
    ready: list[bool] = []
    async with serve(is_ready=lambda: bool(ready)) as port:
        before, _ = await fetch(port, "/readyz")
        ready.append(True)

        assert before == 503
        assert await fetch(port, "/readyz") == (200, {"status": "ready"})


async def test_web_server_has_no_other_pages() -> None:
    async with serve() as port:
        assert (await fetch(port, "/"))[0] == 404


async def test_web_server_tells_how_the_upstreams_are() -> None:
    down, off = make_policy("discogs"), make_policy("euria")
    failure = UpstreamTimeout("discogs", "search", None, "canary")
    down.breaker.record_failure(failure, generation=down.breaker.generation)

    async with serve(health=make_health(discogs=down, euria=off)) as port:
        status, body = await fetch(port, "/statusz")

    assert status == 200
    assert isinstance(body, dict)
    discogs, euria = body["upstreams"]
    assert (discogs["name"], discogs["condition"]) == ("discogs", "down")
    assert datetime.fromisoformat(discogs["retry_at"]).tzinfo is not None
    assert euria == {
        "name": "euria",
        "condition": "disabled",
        "retry_at": None,
        "waiting": 0,
        "settings": ["EURIA_TOKEN"],
    }
    assert "canary" not in str(body)


async def test_web_server_frees_its_port() -> None:
    async with serve() as port:
        pass

    async with serve(port=port) as again:
        assert again == port


async def test_web_server_says_that_the_port_is_taken(taken_port: int) -> None:
    with pytest.raises(PortTaken) as caught:
        async with serve(port=taken_port):
            pass

    assert caught.value.errno == errno.EADDRINUSE


async def test_web_server_says_why_the_port_cannot_be_used(taken_port: int) -> None:
    # ``bot/app.py`` shows ``strerror`` beside the address.
    with pytest.raises(PortTaken) as caught:
        async with serve(port=taken_port):
            pass

    assert "in use" in str(caught.value.strerror)


async def test_pages_that_no_redirect_may_take_are_those_there_are() -> None:
    async with serve(is_ready=lambda: True) as port:
        own = OWN_PAGES - {DISCOGS_CALLBACK}
        statuses = {(await fetch(port, path))[0] for path in own}

    assert DISCOGS_CALLBACK in OWN_PAGES
    assert (len(own), statuses) == (3, {200})
