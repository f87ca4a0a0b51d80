"""What a call has been through, for whoever has to tell its story afterwards."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from services.resilience.config import Call

T = TypeVar("T")


@dataclass(slots=True)
class Trail:
    """How many attempts a call has taken so far."""

    attempts: int = 0

    @property
    def retries(self) -> int:
        """Attempts after the first."""
        return max(0, self.attempts - 1)


class Sender(Protocol):
    """Everything inside the cache: retries, breaker, limits, and the sending itself."""

    def __call__(self, call: Call[T], trail: Trail, /) -> Awaitable[T]:
        """Return the upstream's answer, counting attempts in ``trail``."""
