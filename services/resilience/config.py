"""What is declared to a policy: the limits of an upstream, and the calls sent to it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from services.answers import Source
from services.errors import ExternalServiceException
from services.resilience.auth import Credential
from services.resilience.breaker_rules import BreakerRules
from services.resilience.codec import Codec
from services.resilience.rate_limiter import Rate
from services.resilience.retry import Backoff
from services.resilience.retry_budget import BudgetRules

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConfig:
    """The limits of one upstream; all times in seconds.

    Attributes:
        upstream: Its name.
        deadline: For the whole operation, retries and waits included.
        attempt_timeout: For one attempt, from the moment it is sent.
        concurrency: Calls under way at once.
        concurrency_reserve: Slots that background work leaves to people.
        queue: Calls that may wait for a slot; more are shed.
        rate: The client-side allowance, or None to only obey 429.
        daily_requests: Requests in any 24 hours, half of them kept for people; None: any number.
        backoff: When and how often to repeat.
        retry_budget: How many retries all calls together may make.
        breaker_failures: Failures in a row that open the circuit.
        breaker_open: How long it first stays open.
        breaker: What else opens the circuit, and how it recovers.
        retry_name: The ADR's name of the retry where it counts as a fallback, or None.
        stale_name: The ADR's name of the stale-cache fallback, or None when there is none.
        cache_entries: How many answers are kept in memory.
        cache_bytes: The most that they take, serialised.
        negative_seconds: How long a *not found* is believed without asking again; 0: not at all.
        cooldown_seconds: How long a key that failed is not asked for again; 0: not at all.
    """

    upstream: str
    deadline: float
    attempt_timeout: float
    concurrency: int
    concurrency_reserve: int = 0
    queue: int = 64
    rate: Rate | None = None
    daily_requests: int | None = None
    backoff: Backoff = field(default_factory=Backoff)
    retry_budget: BudgetRules = field(default_factory=BudgetRules)
    breaker_failures: int = 5
    breaker_open: float = 60.0
    breaker: BreakerRules = field(default_factory=BreakerRules)
    retry_name: str | None = None
    stale_name: str | None = None
    cache_entries: int = 2_000
    cache_bytes: int = 16 * 1024 * 1024
    negative_seconds: float = 0.0
    cooldown_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Fallback(Generic[T]):
    """One rung of a fallback chain: its ADR name, the source it yields, and how to make it.

    ``make`` returns None when this rung cannot serve, so that the next one is tried.
    """

    name: str
    source: Source
    make: Callable[[ExternalServiceException], T | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """What a service wants sent.

    Attributes:
        operation: Its name without the upstream, such as ``get_release``.
        send: One attempt, parsing included.
        key: From ``cache_key``; None for an answer that is never shared or kept.
        codec: Writes the answer to the second cache level; None keeps it in memory only.
        fresh: The age in seconds up to which a kept answer is as good as a new one.
        swr: Up to which it is served at once, labelled, and refreshed in the background.
        stale: Up to which it may stand in, labelled, when the upstream fails or is slow.
        patience: Seconds after which a stale answer is better than a longer wait; None: never.
        repeatable: False when doing it twice would do harm.
        credential: What is renewed when the upstream rejects it; None: nothing can be.
        fallbacks: The rungs after the stale cache, in order.
    """

    operation: str
    send: Callable[[], Awaitable[T]]
    key: str | None = None
    codec: Codec[T] | None = None
    fresh: float = 0.0
    swr: float = 0.0
    stale: float = 0.0
    patience: float | None = None
    repeatable: bool = True
    credential: Credential | None = None
    fallbacks: tuple[Fallback[T], ...] = ()

    @property
    def longest(self) -> float:
        """The age in seconds beyond which a kept answer is of no use."""
        return max(self.fresh, self.swr, self.stale)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    """When a stream counts as dead; seconds until the first item, between two, and in all."""

    first: float
    idle: float
    whole: float
