"""Snowflakes: Discord's 64-bit ids, whose upper 42 bits are a creation time.

Layout: milliseconds since 2015 (42 bits), worker (5), process (5), increment (12).
https://docs.discord.com/developers/reference#snowflakes
"""

import time
from datetime import datetime
from typing import Any, TypeAlias

_EPOCH_MILLISECONDS = 1_420_070_400_000
_TIME_SHIFT = 22
_WORKER = 1 << 17

Json: TypeAlias = dict[str, Any]
"""A JSON object as it travels: Discord's payloads are too varied to type field by field."""


def snowflake_at(moment: datetime, increment: int = 0) -> int:
    """Return the id of something created at `moment` (aware)."""
    milliseconds = int(moment.timestamp() * 1000) - _EPOCH_MILLISECONDS
    return (milliseconds << _TIME_SHIFT) | _WORKER | increment


def shard_of(guild_id: int | None, shard_count: int) -> int:
    """Return the shard that hears about a guild; direct messages (None) belong to shard 0."""
    return 0 if guild_id is None else (guild_id >> _TIME_SHIFT) % shard_count


class SnowflakeMint:
    """Makes ids that carry the current time, are unique and always grow."""

    def __init__(self) -> None:
        """Start behind the present."""
        self._last = 0

    def mint(self) -> int:
        """Return a new id, larger than every id returned before."""
        milliseconds = int(time.time() * 1000) - _EPOCH_MILLISECONDS
        self._last = max((milliseconds << _TIME_SHIFT) | _WORKER, self._last + 1)
        return self._last
