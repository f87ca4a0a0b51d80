"""The fallback chain: what answers when the upstream does not, always under its own name.

The rungs, in order: the name of the retry, when there were retries; the stale cache entry; the
call's own rungs. Each that was reached is in ``Answer.tried`` under the ADR's name.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from services.answers import Answer, Source
from services.errors import ExternalServiceException
from services.resilience.cache import Entry
from services.resilience.clock import Clock
from services.resilience.config import Call, PolicyConfig
from services.resilience.events import Events, FallbackUsed

_LOGGER = logging.getLogger(__name__)

T = TypeVar("T")

Kept = Callable[[Call[Any], str], Awaitable[Entry | None]]


class FallbackChain:
    """Turns a failure, or a wait that is too long, into the best answer there is."""

    def __init__(self, config: PolicyConfig, *, kept: Kept, clock: Clock, events: Events) -> None:
        """Use the names in ``config``; ``kept`` finds the cache entry that may stand in."""
        self._config = config
        self._kept = kept
        self._clock = clock
        self._events = events

    async def serve(
        self, call: Call[T], error: ExternalServiceException, *, retries: int
    ) -> Answer[T]:
        """Return the answer of the first rung that serves.

        Args:
            call: The call that failed.
            error: Its failure.
            retries: How many retries there were before.

        Raises:
            ExternalServiceException: ``error``, when no rung serves.
        """
        tried = list(self._retry_names(retries))
        if call.key is not None:
            answer = await self._stale(call, call.key, tried, error)
            if answer is not None:
                return answer
        for rung in call.fallbacks:
            tried.append(rung.name)
            made = rung.make(error)
            if made is not None:
                return self._answer(call, made, rung.source, tried=tried, error=error)
        raise error

    async def meanwhile(self, call: Call[T], key: str, *, retries: int) -> Answer[T] | None:
        """Return the stale answer for a caller whose patience is over, or None."""
        return await self._stale(call, key, list(self._retry_names(retries)), None)

    def live(self, call: Call[T], value: T, *, retries: int) -> Answer[T]:
        """Return the upstream's own answer; the retry's name is in it when it took retries."""
        tried = self._retry_names(retries)
        if tried and self._events:
            self._emit(call, tried[0])
        return Answer(value=value, source=Source.LIVE, as_of=self._clock.now(), tried=tried)

    async def _stale(
        self, call: Call[T], key: str, tried: list[str], error: ExternalServiceException | None
    ) -> Answer[T] | None:
        if self._config.stale_name is None:
            return None
        tried.append(self._config.stale_name)
        entry = await self._kept(call, key)
        if entry is None:
            return None
        value: T = entry.value  # type: ignore[assignment]  # only this key's type is kept
        return self._answer(call, value, Source.STALE, tried=tried, as_of=entry.as_of, error=error)

    def _retry_names(self, retries: int) -> tuple[str, ...]:
        name = self._config.retry_name
        return (name,) if name is not None and retries > 0 else ()

    def _answer(
        self,
        call: Call[T],
        value: T,
        source: Source,
        *,
        tried: Sequence[str],
        as_of: datetime | None = None,
        error: ExternalServiceException | None = None,
    ) -> Answer[T]:
        retry_at = None
        if error is not None and error.retry_after is not None:
            retry_at = self._clock.now() + timedelta(seconds=error.retry_after)
        reason = error or f"{self._config.upstream}.{call.operation}: slow"
        _LOGGER.info("%s; answering with %s", reason, tried[-1])
        if self._events:
            self._emit(call, tried[-1])
        return Answer(
            value=value,
            source=source,
            as_of=as_of,
            retry_at=retry_at,
            error=error,
            tried=tuple(tried),
        )

    def _emit(self, call: Call[Any], rung: str) -> None:
        self._events.emit(
            FallbackUsed(upstream=self._config.upstream, operation=call.operation, rung=rung)
        )
