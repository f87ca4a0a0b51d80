"""Every breaker alive in the process, by a unique name, in ``circuitbreaker``'s own monitor.

The stock monitor replaces a breaker by the next one of its name, keeps all of them alive for
ever, and calls everything closed while a circuit is half-open. Here a second breaker of an
upstream gets a name of its own, and the registry does not keep breakers alive.
"""

import weakref
from collections.abc import Iterator

from circuitbreaker import STATE_HALF_OPEN, STATE_OPEN, CircuitBreaker, CircuitBreakerMonitor


class BreakerMonitor(CircuitBreakerMonitor):  # type: ignore[misc]  # the package has no types
    """The package's monitor, on the same registry, that tells half-open from closed."""

    @classmethod
    def all_closed(cls) -> bool:
        """Return whether no circuit is open or half-open."""
        return all(breaker.closed for breaker in cls.get_circuits())

    @classmethod
    def get_open(cls) -> Iterator[CircuitBreaker]:
        """Yield the breakers that leave their upstream alone."""
        return (breaker for breaker in cls.get_circuits() if breaker.state == STATE_OPEN)

    @classmethod
    def get_half_open(cls) -> Iterator[CircuitBreaker]:
        """Yield the breakers that wait for a probe, or for its outcome."""
        return (breaker for breaker in cls.get_circuits() if breaker.state == STATE_HALF_OPEN)

    @classmethod
    def get_circuits(cls) -> list[CircuitBreaker]:
        """Return all breakers; a copy, since one may end at any moment."""
        return list(cls.circuit_breakers.values())


def unique_name(upstream: str) -> str:
    """Return ``upstream``, or ``upstream-2`` and so on while others of that name are alive."""
    names = CircuitBreakerMonitor.circuit_breakers
    name, number = upstream, 1
    while name in names:
        number += 1
        name = f"{upstream}-{number}"
    return name


def register(breaker: CircuitBreaker) -> None:
    """Show ``breaker`` in the monitors for as long as it is alive."""
    names = CircuitBreakerMonitor.circuit_breakers
    names[breaker.name] = weakref.proxy(breaker)
    weakref.finalize(breaker, names.pop, breaker.name, None)
