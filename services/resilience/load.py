"""One load: asking the upstream once for everybody who wants the same thing meanwhile."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from services.answers import Answer
from services.errors import (
    BulkheadFull,
    CircuitOpen,
    ExternalServiceException,
    NotFound,
    QuotaSpent,
)
from services.resilience.config import Call
from services.resilience.priority import background

_LOGGER = logging.getLogger(__name__)

# An answer, and refusals that whoever refuses has told already: each hit may cause another one.
_UNREMARKABLE = (NotFound, CircuitOpen, BulkheadFull, QuotaSpent)

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


class Load(Generic[T]):
    """What a flight carries out; ``trail`` tells all who share it about its attempts."""

    def __init__(
        self,
        operation: str,
        answer: Callable[[Trail], Awaitable[Answer[T]]],
        *,
        in_background: bool,
    ) -> None:
        """Await ``answer`` when called; in the background its failures are logged."""
        self._operation = operation
        self._answer = answer
        self._in_background = in_background
        self.trail = Trail()

    async def __call__(self) -> Answer[T]:
        """Return the answer.

        Raises:
            ExternalServiceException: There is none.
        """
        if self._in_background:
            with background():  # nobody waits for it: people's permits are theirs
                return await self._told()
        return await self._told()

    async def _told(self) -> Answer[T]:
        try:
            return await self._answer(self.trail)
        except ExternalServiceException as error:
            if self._in_background and not isinstance(error, _UNREMARKABLE):
                _LOGGER.warning("%s; the answer that is kept stays stale", error)
            raise
        except Exception:
            if self._in_background:
                _LOGGER.exception("%s: a refresh has a bug", self._operation)
            raise
