"""Discogs' stand-in over a real socket, and our clients of it."""

from collections.abc import AsyncIterator

import pytest
from harness.discogs import Discogs, open_discogs


@pytest.fixture
async def discogs() -> AsyncIterator[Discogs]:
    async with open_discogs() as opened:
        yield opened
