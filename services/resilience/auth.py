"""Credentials under a policy: one 401, one renewal for everybody, one replay.

Every credential has a *generation*. A call remembers the one it was sent with, so a 401 that
belongs to an older generation only means: send again. Renewals are single-flight, and are
carried through even when everybody who asked has left, because an upstream may have put a new
credential in the old one's place.

A renewal that fails is repeated by nobody but the next call after a cool-down: ``RenewalFailed``
carries the failure past the retry. A refusal says nothing about the upstream; an outage of
whoever grants the credential does, since nothing can be used without it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    ExternalServiceException,
    UpstreamTimeout,
)
from services.resilience.clock import Clock
from services.resilience.failures import KnownFailures
from services.resilience.single_flight import SingleFlight

COOLDOWN_SECONDS: Final = 5.0
FETCH_SECONDS: Final = 10.0

_KEY = "credential"

T = TypeVar("T")


class Credential(Protocol):
    """What a policy must know of a call's credential; its value is the sender's business."""

    async def obtain(self) -> int:
        """Make sure that there is one; return its generation.

        Raises:
            ExternalServiceException: There is none to be had.
        """

    async def renew(self, generation: int) -> bool:
        """Replace the one of ``generation``; false when that has just been tried in vain.

        Raises:
            ExternalServiceException: There is none to be had.
        """


class RenewalFailed(Exception):  # noqa: N818  # never leaves the policy
    """A credential could not be had; never repeated, and to the breaker what its error is."""

    def __init__(self, error: ExternalServiceException) -> None:
        """Carry ``error`` to where the call ends."""
        super().__init__(error)
        self.error = error


async def authorized(credential: Credential, attempt: Callable[[], Awaitable[T]]) -> T:
    """Await ``attempt`` with a valid credential; after a 401 once more with a new one.

    Raises:
        RenewalFailed: There is no valid credential.
        AuthenticationFailed: The renewed one was rejected as well.
        AccessDenied: The upstream knows who asks and refuses; nothing was renewed.
    """
    generation = await _carried(credential.obtain())
    try:
        return await attempt()
    except AccessDenied:
        raise
    except AuthenticationFailed:
        if not await _carried(credential.renew(generation)):
            raise
    return await attempt()


async def _carried(step: Awaitable[T]) -> T:
    try:
        return await step
    except ExternalServiceException as error:
        raise RenewalFailed(error) from error


@dataclass(frozen=True, slots=True)
class Grant(Generic[T]):
    """A new credential and the seconds for which it may be used."""

    value: T
    seconds: float


class SharedCredential(Generic[T]):
    """Keeps one credential that many calls use: fetched when needed, one fetch at a time.

    Attributes:
        generation: Counts the fetches that succeeded.
    """

    def __init__(
        self,
        upstream: str,
        fetch: Callable[[], Awaitable[Grant[T]]],
        *,
        clock: Clock,
        fetch_seconds: float = FETCH_SECONDS,
        cooldown: float = COOLDOWN_SECONDS,
    ) -> None:
        """Hold nothing yet.

        Args:
            upstream: Its name, for errors.
            fetch: Gets a new credential from whoever grants it.
            clock: Where time comes from.
            fetch_seconds: How long one fetch may take.
            cooldown: For so many seconds a failed fetch is not repeated (its failure is raised
                again), nor is a credential renewed that itself replaced a rejected one.
        """
        self._upstream = upstream
        self._fetch = fetch
        self._clock = clock
        self._fetch_seconds = fetch_seconds
        self._cooldown = cooldown
        self._held: Grant[T] | None = None
        self._expires_at = 0.0
        self._renewable_at = 0.0
        self._flights = SingleFlight()
        self._failures = KnownFailures(capacity=1, clock=clock)
        self.generation = 0

    async def get(self) -> T:
        """Return a valid credential.

        Raises:
            ExternalServiceException: There is none to be had, or there was none just now.
        """
        if self._held is None or self._clock.monotonic() >= self._expires_at:
            return await self._fetched()
        return self._held.value

    async def obtain(self) -> int:
        """Make sure that there is a valid credential; return its generation.

        Raises:
            ExternalServiceException: As ``get``.
        """
        await self.get()
        return self.generation

    async def renew(self, generation: int) -> bool:
        """Replace the credential of ``generation``, unless somebody already did.

        Returns:
            Whether it makes sense to send again: false when the credential is itself the
            replacement of a rejected one and only seconds old.

        Raises:
            ExternalServiceException: As ``get``.
        """
        if generation != self.generation:
            return True
        if self._clock.monotonic() < self._renewable_at:
            return False
        await self._fetched()
        self._renewable_at = self._clock.monotonic() + self._cooldown
        return True

    async def _fetched(self) -> T:
        known = self._failures.get(_KEY)
        if known is not None:
            raise known
        # Started for everybody: under no caller's deadline, and carried through in any case.
        self._flights.start(_KEY, self._fetch_once)
        return await self._flights.run(_KEY, self._fetch_once)

    async def _fetch_once(self) -> T:
        now = self._clock.monotonic()
        try:
            async with self._clock.timeout_at(now + self._fetch_seconds):
                grant = await self._fetch()
        except TimeoutError as error:
            late = UpstreamTimeout(
                self._upstream, "fetch", None, f"no credential within {self._fetch_seconds:g} s"
            )
            self._failures.remember(_KEY, late, self._cooldown)
            raise late from error
        except ExternalServiceException as error:
            self._failures.remember(_KEY, error, self._cooldown)
            raise
        self._held = grant
        self._expires_at = self._clock.monotonic() + grant.seconds
        self.generation += 1
        return grant.value
