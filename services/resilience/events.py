"""What happens inside a policy, as frozen values handed to whoever listens.

Logs, metrics and tests listen; nothing decides by it. An event holds names and numbers only: no
URL, no key, no token, no user text. Where nobody listens an event is not even made, so a part
writes ``if self._events: self._events.emit(LimiterWaited(...))``.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a call, or to the whole upstream when ``operation`` is empty.

    Attributes:
        upstream: ``spotify``, ``discogs`` or ``euria``.
        operation: The named call without the upstream, such as ``get_release``.
    """

    upstream: str
    operation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEnded(Event):
    """One request was answered or failed.

    Attributes:
        seconds: From sending to the outcome; waits before sending are not in it.
        outcome: ``success``, or the name of the error's class.
    """

    seconds: float
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryScheduled(Event):
    """An attempt failed and will be repeated.

    Attributes:
        retry: 1 for the first repetition.
        wait: Seconds until then.
        reason: The name of the error's class.
    """

    retry: int
    wait: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDenied(Event):
    """An attempt was worth repeating, but was not: ``attempts``, ``deadline`` or ``budget``."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerChanged(Event):
    """The circuit breaker changed its state.

    Attributes:
        before: ``closed``, ``open`` or ``half_open``.
        after: The same.
        reason: Why, in one or two words, such as ``failures in a row``.
        open_seconds: How long it will stay open; 0 unless ``after`` is ``open``.
    """

    before: str
    after: str
    reason: str
    open_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LimiterWaited(Event):
    """A call got its permit after ``seconds``; ``priority``: ``interactive`` or ``background``."""

    seconds: float
    priority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimiterCorrected(Event):
    """The upstream's own headers or a 429 changed what the limiter believes, as ``reason`` says."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheRead(Event):
    """A cache answered: ``hit``, ``stale``, ``negative`` or ``miss``, from ``level`` 1 or 2."""

    outcome: str
    level: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackUsed(Event):
    """A rung of the fallback chain answered: ``rung`` is its ADR name."""

    rung: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Event):
    """Nothing was sent; ``reason`` is the name of the error's class."""

    reason: str


Hook = Callable[[Event], None]


class Events:
    """Hands events to the hooks; false while there is none."""

    def __init__(self, *hooks: Hook) -> None:
        """Begin with ``hooks``."""
        self._hooks = hooks

    def __bool__(self) -> bool:
        return bool(self._hooks)

    def subscribe(self, hook: Hook) -> None:
        """Call ``hook`` with every event from now on; it must return at once and not raise."""
        self._hooks = (*self._hooks, hook)

    def emit(self, event: Event) -> None:
        """Hand ``event`` to every hook; one that raises is logged and does not harm the call."""
        for hook in self._hooks:
            try:
                hook(event)
            except Exception:
                _LOGGER.exception("a hook failed on %s", type(event).__name__)
