"""A fourth upstream is a settings block, a policy and a service; the pattern comes with them.

``examples/concerts.py`` is what ``docs/adding-a-service.md`` shows; here it runs over a real
socket.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent

import pytest
from examples.concerts import Concert, ConcertsService, SettingsWithConcerts, concerts_policy
from fakes.chance import FixedChance
from fakes.clock import FastClock
from fakes.servers import Handler, RawServer, answer, in_turn, raw_server
from fakes.stores import MemoryStore
from fakes.virtual_time import outcomes

from bot.policies import Stores
from services.answers import Source
from services.errors import CircuitOpen, UpstreamServerError
from services.health import Condition, Health
from services.http import HttpClient, open_session
from services.secret import Secret

ROOT = Path(__file__).parents[2]
FOUND = answer(b'[{"city": "Montreux", "date": "2027-07-02"}]')
MONTREUX = (Concert("Montreux", "2027-07-02"),)
BUSY = answer(status="503 Service Unavailable")


class Bot:
    """What ``bot/upstreams.py`` would make of the example."""

    def __init__(self, http: HttpClient, clock: FastClock, url: str, store: MemoryStore) -> None:
        settings = SettingsWithConcerts(
            concerts_token=Secret("canary-4f9a"), concerts_api_url=url, concerts_breaker_failures=3
        )
        self.policy = concerts_policy(
            settings, clock=clock, chance=FixedChance(0.0), stores=Stores(cache=store)
        )
        self.concerts = ConcertsService(
            http=http,
            policy=self.policy,
            token=settings.concerts_token or Secret(""),
            api_url=settings.concerts_api_url,
        )
        self.health = Health(
            policies={"concerts": self.policy},
            missing_settings={},
            reduced=frozenset(),
            clock=clock,
        )


@asynccontextmanager
async def _running(
    handler: Handler, clock: FastClock, store: MemoryStore | None = None
) -> AsyncIterator[tuple[RawServer, Bot]]:
    async with (
        raw_server(handler) as server,
        open_session(user_agent="AIME-tests/1.0") as session,
    ):
        http = HttpClient(session, clock=clock)
        bot = Bot(http, clock, server.url, store or MemoryStore())
        yield server, bot
        await bot.policy.aclose()


@pytest.fixture
def fast_clock() -> FastClock:
    return FastClock()


# What it gets


async def test_new_service_is_retried(fast_clock: FastClock) -> None:
    async with _running(in_turn(BUSY, BUSY, FOUND), fast_clock) as (server, bot):
        found = await bot.concerts.find("Miles Davis")

    assert (found.value, found.source, len(server.requests)) == (MONTREUX, Source.LIVE, 3)


async def test_new_service_is_cached(fast_clock: FastClock) -> None:
    async with _running(FOUND, fast_clock) as (server, bot):
        await bot.concerts.find("Miles Davis")
        found = await bot.concerts.find("miles davis")

    assert (found.value, found.source, len(server.requests)) == (MONTREUX, Source.CACHED, 1)


async def test_new_service_remembers_across_a_restart(fast_clock: FastClock) -> None:
    store = MemoryStore()
    async with _running(FOUND, fast_clock, store) as (_, bot):
        await bot.concerts.find("Miles Davis")

    async with _running(BUSY, fast_clock, store) as (server, bot):
        found = await bot.concerts.find("Miles Davis")

    assert (found.value, found.source, server.requests) == (MONTREUX, Source.CACHED, [])


async def test_new_service_sends_one_request_for_a_crowd(fast_clock: FastClock) -> None:
    async with _running(FOUND, fast_clock) as (server, bot):
        found = await outcomes(*(bot.concerts.find("Miles Davis") for _ in range(100)))

    assert (len(found), len(server.requests)) == (100, 1)


async def test_new_service_falls_back_on_a_stale_answer(fast_clock: FastClock) -> None:
    async with _running(in_turn(FOUND, BUSY), fast_clock) as (_, bot):
        await bot.concerts.find("Miles Davis")
        fast_clock.skip(2 * 3_600)

        found = await bot.concerts.find("Miles Davis")

    assert (found.value, found.source) == (MONTREUX, Source.STALE)
    assert isinstance(found.error, UpstreamServerError | CircuitOpen)
    assert found.tried == ("last_known_concerts",)


async def test_new_service_is_left_alone_when_it_is_down_and_health_says_so(
    fast_clock: FastClock,
) -> None:
    async with _running(BUSY, fast_clock) as (server, bot):
        before = bot.health.upstreams()[0].condition
        errors = await outcomes(*(bot.concerts.find(f"Artist {number}") for number in range(20)))
        down = bot.health.upstreams()[0]

    assert (before, down.name, down.condition) == (Condition.UP, "concerts", Condition.DOWN)
    assert isinstance(errors[-1], CircuitOpen)
    # Its threshold, and what else was under way: never 20 times 3 attempts.
    assert len(server.requests) <= 3 + bot.policy.config.concurrency


async def test_new_service_comes_back(fast_clock: FastClock) -> None:
    async with _running(in_turn(BUSY, BUSY, BUSY, FOUND), fast_clock) as (_, bot):
        await outcomes(bot.concerts.find("Artist"))
        fast_clock.skip(3_600)

        found = await bot.concerts.find("Artist")

    assert (found.value, bot.health.upstreams()[0].condition) == (MONTREUX, Condition.UP)


# What the documentation says


def _sections() -> dict[str, str]:
    """Return the marked parts of the example by name."""
    source = (ROOT / "tests" / "examples" / "concerts.py").read_text(encoding="utf-8")
    parts = re.split(r"(?m)^ *# --- (\w+)\n", source)
    named = zip(parts[1::2], parts[2::2], strict=True)
    return {name: dedent(part).strip() for name, part in named if name != "end"}


def test_documentation_shows_exactly_the_code_that_runs_here() -> None:
    document = (ROOT / "docs" / "adding-a-service.md").read_text(encoding="utf-8")

    shown = re.findall(r"(?ms)^```python\n(.*?)\n?^```", document)

    assert shown == [_sections()[name] for name in ("settings", "policy", "service")]


def test_service_and_policy_are_below_60_lines() -> None:
    code = f"{_sections()['policy']}\n{_sections()['service']}"

    lines = [line for line in code.splitlines() if line.strip()]

    assert 40 < len(lines) < 60, len(lines)
