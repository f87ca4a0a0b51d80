"""How the upstreams are doing, as users and health checks see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.resilience.clock import Clock
from services.resilience.policy import Policy


class Condition(StrEnum):
    """One word on an upstream."""

    UP = "up"
    RECOVERING = "recovering"
    DOWN = "down"
    DISABLED = "disabled"
    REDUCED = "reduced"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamHealth:
    """The state of one upstream.

    Attributes:
        name: ``spotify``, ``discogs`` or ``euria``.
        condition: One word.
        retry_at: When it is asked again (UTC), while it is left alone; None when isolated by hand.
        waiting: Calls that wait for a slot.
        settings: What to fill in, when it is disabled or reduced.
    """

    name: str
    condition: Condition
    retry_at: datetime | None = None
    waiting: int = 0
    settings: tuple[str, ...] = ()


class Health:
    """Reads the policies; asks nobody."""

    def __init__(
        self,
        *,
        policies: Mapping[str, Policy],
        missing_settings: Mapping[str, tuple[str, ...]],
        reduced: frozenset[str],
        clock: Clock,
    ) -> None:
        """Watch ``policies``; ``missing_settings`` names what each upstream lacks."""
        self._policies = policies
        self._missing = missing_settings
        self._reduced = reduced
        self._clock = clock

    def upstreams(self) -> list[UpstreamHealth]:
        """Return the state of every upstream, in the order of the policies."""
        return [self._upstream(name, policy) for name, policy in self._policies.items()]

    def missing_settings(self, name: str) -> tuple[str, ...]:
        """Return what an upstream lacks."""
        return self._missing.get(name, ())

    def _upstream(self, name: str, policy: Policy) -> UpstreamHealth:
        missing = self.missing_settings(name)
        breaker = policy.breaker
        if breaker.open_remaining > 0:
            condition = Condition.DOWN
        elif missing:
            is_reduced = name in self._reduced
            condition = Condition.REDUCED if is_reduced else Condition.DISABLED
        elif breaker.closed:
            condition = Condition.UP
        else:
            condition = Condition.RECOVERING
        return UpstreamHealth(
            name=name,
            condition=condition,
            retry_at=breaker.open_until,
            waiting=policy.bulkhead.waiting,
            settings=missing,
        )
