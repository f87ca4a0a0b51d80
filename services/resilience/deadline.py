"""The deadline of the whole operation, carried in a context variable.

Every wait inside asks ``remaining``; a nested deadline can only be earlier than the outer one,
unless it is *detached*: work that several callers share must not inherit the first one's.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from math import inf
from types import TracebackType

from services.resilience.clock import Clock

_DEADLINE: ContextVar[float] = ContextVar("deadline", default=inf)


def remaining(clock: Clock) -> float:
    """Return the seconds left for the current operation; infinity when it has no deadline."""
    return _DEADLINE.get() - clock.monotonic()


def deadline(
    clock: Clock, seconds: float, *, expired: Callable[[], Exception], detached: bool = False
) -> AbstractAsyncContextManager[None]:
    """Return a block that may take ``seconds``, or less when an outer deadline comes first.

    Args:
        clock: Where time comes from.
        seconds: How long the block may take, from entering it.
        expired: Makes the error to raise when the time ran out.
        detached: Ignore the outer deadline.

    Raises:
        Exception: What ``expired`` returns, when the time ran out inside the block.
    """
    return _Deadline(clock, seconds, expired, detached)


class _Deadline(AbstractAsyncContextManager[None]):
    """Two plain methods: a generator-based block costs 2.5 µs more on the happy path."""

    __slots__ = ("_clock", "_expired", "_is_detached", "_seconds", "_timeout", "_token")

    def __init__(
        self,
        clock: Clock,
        seconds: float,
        expired: Callable[[], Exception],
        is_detached: bool,  # noqa: FBT001  # private, and called in one place
    ) -> None:
        self._clock = clock
        self._seconds = seconds
        self._expired = expired
        self._is_detached = is_detached

    async def __aenter__(self) -> None:
        instant = self._clock.monotonic() + self._seconds
        if not self._is_detached:
            instant = min(_DEADLINE.get(), instant)
        self._timeout = self._clock.timeout_at(instant)
        await self._timeout.__aenter__()
        self._token = _DEADLINE.set(instant)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _DEADLINE.reset(self._token)
        try:
            await self._timeout.__aexit__(kind, error, traceback)
        except TimeoutError as late:
            raise self._expired() from late
        if isinstance(error, TimeoutError):
            # Ours surfaces above: this is somebody else's, and must not pass for the deadline.
            raise RuntimeError(  # noqa: TRY004  # no argument is of a wrong type
                "a TimeoutError escaped its own limit"
            ) from error
