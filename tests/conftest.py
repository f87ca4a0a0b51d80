"""Fixtures that every test may use."""

import random
from collections.abc import Iterator

import aiohttp
import pytest
from aioresponses import aioresponses
from fakes.chance import FixedChance
from fakes.clock import VirtualClock
from hypothesis import settings

# No limit per example: on a busy machine it would only make tests fail by chance.
settings.register_profile("aime", deadline=None)
settings.load_profile("aime")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def chance() -> random.Random:
    """Chance that always lands at the lower end of its range."""
    return FixedChance(0.0)


class _StreamWriter:
    output_size = 0


class _Response(aiohttp.ClientResponse):
    """aioresponses 0.7.9 builds a ClientResponse without what aiohttp 3.14 began to ask for."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("stream_writer", _StreamWriter())
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[aioresponses]:
    """Answer requests in memory: ``web.get(url, payload=…)``; what is not declared is refused."""
    monkeypatch.setattr("aioresponses.core.ClientResponse", _Response)
    with aioresponses() as mock:
        yield mock
