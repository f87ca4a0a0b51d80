"""Who is waiting: a person, or work that nobody watches. Carried in a context variable.

A service need not pass it on: whatever runs inside ``with background():``, tasks started there
included, is *background*; everything else is *interactive*.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum


class Priority(StrEnum):
    """Interactive goes first; background gets what the reserve leaves."""

    INTERACTIVE = "interactive"
    BACKGROUND = "background"


_PRIORITY: ContextVar[Priority] = ContextVar("priority", default=Priority.INTERACTIVE)

current_priority = _PRIORITY.get
"""Returns the priority of the operation that runs now."""


@contextmanager
def background() -> Iterator[None]:
    """Give the block background priority."""
    token = _PRIORITY.set(Priority.BACKGROUND)
    try:
        yield
    finally:
        _PRIORITY.reset(token)
