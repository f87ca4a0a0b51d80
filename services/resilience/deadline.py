"""The deadline of the whole operation, carried in a context variable.

Every wait inside asks ``remaining``; a nested deadline can only be earlier than the outer one,
unless it is *detached*: work that several callers share must not inherit the first one's.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from math import inf

from services.resilience.clock import Clock

_DEADLINE: ContextVar[float] = ContextVar("deadline", default=inf)


def remaining(clock: Clock) -> float:
    """Return the seconds left for the current operation; infinity when it has no deadline."""
    return _DEADLINE.get() - clock.monotonic()


@asynccontextmanager
async def deadline(
    clock: Clock, seconds: float, *, expired: Callable[[], Exception], detached: bool = False
) -> AsyncIterator[None]:
    """Give the block ``seconds``, or less when an outer deadline comes first.

    Args:
        clock: Where time comes from.
        seconds: How long the block may take.
        expired: Makes the error to raise when the time ran out.
        detached: Ignore the outer deadline.

    Raises:
        Exception: What ``expired`` returns, when the time ran out inside the block.
    """
    instant = clock.monotonic() + seconds
    if not detached:
        instant = min(_DEADLINE.get(), instant)
    token = _DEADLINE.set(instant)
    try:
        async with clock.timeout_at(instant):
            try:
                yield
            except TimeoutError as error:
                # One of ours would surface at the end of the ``async with``, not here: this is
                # somebody else's, and must not pass for the deadline.
                raise RuntimeError("a TimeoutError escaped its own limit") from error
    except TimeoutError as error:
        raise expired() from error
    finally:
        _DEADLINE.reset(token)
