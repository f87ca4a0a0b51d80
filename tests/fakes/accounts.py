"""What tests of linked accounts need: keys, tokens, an upstream that refreshes, a clock."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from services.accounts.cipher import TokenCipher
from services.accounts.grants import Grants
from services.accounts.keys import Keys
from services.accounts.models import Grant, TokenSet
from services.resilience.clock import SystemClock
from services.secret import Secret
from services.storage.database import Database

NOW = datetime(2026, 11, 26, 12, 0, 0, 123_456, tzinfo=UTC)
USER = 184_405_311_681_986_560


def make_key(number: int) -> Secret:
    """Return the key of that number, 0 to 255."""
    return Secret(base64.urlsafe_b64encode(bytes([number]) * 32).decode())


def make_tokens(name: str, *, refresh: str | None = "refresh") -> TokenSet:
    """Return tokens whose texts start with ``name``."""
    return TokenSet(
        access=Secret(f"{name}-access"),
        refresh=None if refresh is None else Secret(f"{name}-{refresh}"),
        expires_at=NOW + timedelta(hours=1),
        scopes=("playlist-read-private",),
    )


class ChangingKeys:
    """A source of keys that a test can change.

    Attributes:
        keys: The keys now, newest first.
        is_asked: Set once somebody has asked.
    """

    def __init__(self, *numbers: int) -> None:
        self.is_asked = asyncio.Event()
        self.change(*numbers)

    def change(self, *numbers: int) -> None:
        self.keys: Keys = tuple(make_key(number) for number in numbers)

    def current(self) -> Keys:
        self.is_asked.set()
        return self.keys


class ImpatientClock(SystemClock):
    """A wall clock that moves when told, and sleeps that end at once.

    Attributes:
        wall: What ``now`` returns.
        sleeps: Every sleep asked for, in seconds.
        while_asleep: Done during the next sleep.
    """

    def __init__(self) -> None:
        self.wall = NOW
        self.sleeps: list[float] = []
        self.while_asleep: Callable[[], Awaitable[object]] | None = None

    def now(self) -> datetime:
        return self.wall

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        action, self.while_asleep = self.while_asleep, None
        if action is not None:
            await action()


class Refresher:
    """An upstream that gives new tokens, or fails.

    Attributes:
        asked: What it was asked with, in order.
        is_asked: Set once it was asked.
        may_answer: It answers when this is set, which it is from the start.
    """

    def __init__(self, answer: TokenSet | Exception) -> None:
        self._answer = answer
        self.asked: list[Grant] = []
        self.is_asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, grant: Grant) -> TokenSet:
        self.asked.append(grant)
        self.is_asked.set()
        await self.may_answer.wait()
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def make_grants(
    database: Database, keys: ChangingKeys | None = None, clock: ImpatientClock | None = None
) -> Grants:
    """Return the grants of one process; a second one has its own."""
    cipher = TokenCipher(keys or ChangingKeys(1))
    return Grants(database, cipher=cipher, clock=clock or ImpatientClock())
