"""Policies whose limits do not bite unless a test sets them."""

from fakes.chance import FixedChance
from services.resilience.cache_store import CacheStore
from services.resilience.clock import Clock
from services.resilience.config import PolicyConfig
from services.resilience.policy import Policy
from services.resilience.rate_limiter import Rate
from services.resilience.retry import Backoff


def easy_policy(
    upstream: str,
    clock: Clock,
    *,
    attempts: int = 1,
    breaker_failures: int = 100,
    stale_name: str | None = None,
    rate: Rate | None = None,
    store: CacheStore | None = None,
) -> Policy:
    """Return a policy for ``upstream`` with generous limits."""
    config = PolicyConfig(
        upstream=upstream,
        deadline=30,
        attempt_timeout=10,
        concurrency=100,
        rate=rate,
        backoff=Backoff(attempts=attempts),
        breaker_failures=breaker_failures,
        stale_name=stale_name,
    )
    return Policy(config, clock=clock, chance=FixedChance(0.0), store=store)
