"""Long penalties survive a restart: what a breaker was told to wait is kept in a store.

A breaker is synchronous and knows no store. It says when it is penalised (``on_penalty``), and
``Penalties`` writes that down in the background: no call waits for the store, and a store that
fails costs at most one more 429 after a restart.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import NoReturn, Protocol

from services.resilience.circuit_breaker import UpstreamCircuitBreaker

_LOGGER = logging.getLogger(__name__)


class BreakerStore(Protocol):
    """Keeps one instant per upstream."""

    async def load(self, upstream: str) -> datetime | None:
        """Return until when the upstream is to be left alone (aware, UTC), or None."""

    async def save(self, upstream: str, until: datetime | None) -> None:
        """Keep ``until`` (aware, UTC) instead of what was kept before; None: forget it."""


class Penalties:
    """Joins breakers with a store: ``restore`` at the start, ``run`` in a task, ``flush`` last."""

    def __init__(self, breakers: Mapping[str, UpstreamCircuitBreaker], store: BreakerStore) -> None:
        """Listen to ``breakers``, by upstream, from now on."""
        self._breakers = breakers
        self._store = store
        self._unsaved: dict[str, datetime | None] = {}
        self._changed = asyncio.Event()
        for breaker in breakers.values():
            breaker.on_penalty(self._note)

    async def restore(self) -> None:
        """Open every circuit whose penalty still runs; never raises what the store raises."""
        for upstream, breaker in self._breakers.items():
            try:
                until = await self._store.load(upstream)
            except Exception:
                _LOGGER.exception("%s: cannot read whether it is to be left alone", upstream)
                continue
            if until is not None:
                breaker.restore(until)

    async def run(self) -> NoReturn:
        """Save every change until cancelled."""
        while True:
            await self._changed.wait()
            await self.flush()

    async def flush(self) -> None:
        """Save what is not saved yet; never raises what the store raises."""
        self._changed.clear()
        for upstream, until in list(self._unsaved.items()):
            try:
                await self._store.save(upstream, until)
            except Exception:
                _LOGGER.exception("%s: cannot keep until when it is to be left alone", upstream)
            # A newer one may have come while this one was written; it has set the event again.
            if self._unsaved.get(upstream) == until:
                self._unsaved.pop(upstream, None)

    def _note(self, upstream: str, until: datetime | None) -> None:
        self._unsaved[upstream] = until
        self._changed.set()
