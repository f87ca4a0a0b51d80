"""What this app may ask of Spotify, learnt from the answers and remembered across restarts.

Two cohorts of Development-Mode apps exist, and Spotify changes what either may do. Nothing is
probed, since a probe costs one of few requests; instead

- a page size that is called invalid is halved, for a day;
- an operation that was refused twice in a row with a bare *Forbidden*, for two different things,
  is not asked for again for a day;
- once the owner's Premium has lapsed, nothing is asked for ten minutes: every call would be
  refused, and calling on is said to prolong it.
"""

import logging
from datetime import timedelta
from typing import Final

import msgspec

from services.errors import AccessDenied
from services.resilience.cache_store import CacheStore, SecondLevel
from services.resilience.clock import Clock
from services.resilience.codec import Codec
from services.spotify.denials import Denial

_LOGGER = logging.getLogger(__name__)

_DAY_SECONDS: Final = 86_400.0
_LAPSE_SECONDS: Final = 600.0
_KEY: Final = "spotify:capabilities"
_KEPT: Final = timedelta(days=2)


class _Known(msgspec.Struct):
    """What was learnt, by operation; instants in Unix seconds, until when it is believed."""

    limits: dict[str, tuple[int, float]] = msgspec.field(default_factory=dict)
    removed: dict[str, float] = msgspec.field(default_factory=dict)
    lapsed_until: float = 0.0


_CODEC: Final = Codec(_Known, version=1)


class Capabilities:
    """Answers what may be asked, and learns from what was answered."""

    def __init__(self, *, clock: Clock, store: CacheStore | None = None) -> None:
        """Know nothing yet; without ``store`` it is forgotten at the end of the process."""
        self._clock = clock
        self._store = SecondLevel(store, upstream="spotify", clock=clock) if store else None
        self._known = _Known()
        self._forbidden: dict[str, int] = {}  # what was refused last, by operation

    @property
    def removed(self) -> tuple[str, ...]:
        """The operations that are not asked for, in alphabetical order."""
        now = self._now()
        return tuple(sorted(name for name, until in self._known.removed.items() if until > now))

    @property
    def limits(self) -> dict[str, int]:
        """The page sizes that are smaller than usual, by operation."""
        now = self._now()
        return {name: size for name, (size, until) in self._known.limits.items() if until > now}

    @property
    def is_premium_lapsed(self) -> bool:
        """Whether Spotify has just refused everything for want of the owner's Premium."""
        return self._known.lapsed_until > self._now()

    async def load(self) -> None:
        """Recall what earlier processes learnt; a store that fails means that nothing is known."""
        if self._store is not None:
            restored = await self._store.read(_KEY, _CODEC)
            if restored is not None:
                self._known = restored.value
                _LOGGER.info(
                    "spotify: left out for now: %s; smaller pages: %s",
                    ", ".join(self.removed) or "nothing",
                    self.limits or "none",
                )

    async def aclose(self) -> None:
        """Give what is still to be stored a moment."""
        if self._store is not None:
            await self._store.aclose()

    def limit(self, operation: str, most: int) -> int:
        """Return how many rows a page of ``operation`` may have, at most ``most``."""
        return min(self.limits.get(operation, most), most)

    def check(self, operation: str) -> None:
        """Refuse what is known to be refused.

        Raises:
            AccessDenied: With the reason of the refusal that is remembered.
        """
        now = self._now()
        until, denial = self._known.lapsed_until, Denial.PREMIUM_LAPSED
        if until <= now:
            until, denial = self._known.removed.get(operation, 0.0), Denial.ENDPOINT_REMOVED
        if until > now:
            message = f"{denial} (remembered)"
            error = AccessDenied("spotify", operation, None, message, retry_after=until - now)
            error.reason = denial
            raise error

    def answered(self, operation: str) -> None:
        """Learn that ``operation`` works."""
        self._forbidden.pop(operation, None)
        if operation in self._known.removed or self._known.lapsed_until:
            self._known.removed.pop(operation, None)
            self._known.lapsed_until = 0.0
            self._save()

    def denied(self, operation: str, denial: Denial | None, about: int) -> None:
        """Learn from a 403.

        Args:
            operation: The call.
            denial: What Spotify means by it.
            about: Stands for what was asked for; equal for the same path and query.
        """
        if denial is Denial.PREMIUM_LAPSED:
            if not self._known.lapsed_until:
                _LOGGER.warning("spotify: the app's owner has no Premium; all calls are refused")
            self._known.lapsed_until = self._now() + _LAPSE_SECONDS
            self._save()
        elif denial is Denial.ENDPOINT_REMOVED:
            # One thing may be forbidden on an endpoint that works for all others.
            if self._forbidden.setdefault(operation, about) == about:
                return
            _LOGGER.warning("spotify.%s: this app may not ask that; left out for a day", operation)
            self._known.removed[operation] = self._now() + _DAY_SECONDS
            self._save()

    def too_large(self, operation: str, limit: int) -> bool:
        """Learn that pages of ``limit`` rows are refused; false when none can be smaller."""
        if limit <= 1:
            return False
        _LOGGER.warning("spotify.%s: pages of %s are refused; halved for a day", operation, limit)
        self._known.limits[operation] = (limit // 2, self._now() + _DAY_SECONDS)
        self._save()
        return True

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _save(self) -> None:
        if self._store is not None:
            now = self._clock.now()
            data = _CODEC.encode(self._known)
            self._store.write(_KEY, data, stored_at=now, keep_until=now + _KEPT)
