"""What the limiter is made of: the rate, the permits, and where they are counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from services.resilience.priority import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """An allowance: at most ``permits`` sends in any ``window`` seconds, ``spacing`` s apart.

    Attributes:
        permits: Sends in a window, 1 or more.
        window: Its length in seconds.
        spacing: Seconds between two sends.
        reserve: Permits that background work leaves to people.
    """

    permits: int
    window: float
    spacing: float = 0.0
    reserve: int = 0


class Permit(NamedTuple):
    """The right to send one request now.

    Attributes:
        number: Counts the permits; a greater one was given later.
        sent_at: The monotonic instant at which it was given, which is when it is used.
        used: Permits in the window that ends then, this one included.
        priority: Whose share it came from.
    """

    number: int
    sent_at: float
    used: int
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What the upstream says about its own window, in permits; None where it says nothing.

    Attributes:
        limit: Permits in a window.
        used: Permits used up when the request arrived, this one included.
        remaining: Permits left then.
    """

    limit: int | None = None
    used: int | None = None
    remaining: int | None = None


class Correction(NamedTuple):
    """What an answer changed: the ``limit``, or what is sent ``elsewhere``, in permits now."""

    what: Literal["limit", "elsewhere"]
    permits: int


class PermitStore(Protocol):
    """Where permits are counted: in this process, or in a store that several processes share.

    Only ``take`` may wait for a store elsewhere. A store that cannot be reached must count by
    itself for the time being: nothing here raises.
    """

    async def take(self, priority: Priority) -> Permit | float:
        """Return a permit, or the monotonic instant at which asking again makes sense."""

    def give_back(self, permit: Permit) -> None:
        """Forget a permit that was never used."""

    def forecast(self, order: Iterable[Priority]) -> list[float]:
        """Return the monotonic instants at which permits would be given in this order.

        They are exact while nobody else asks; an estimate is enough.
        """

    def correct(self, allowance: Allowance, permit: Permit) -> Correction | None:
        """Learn from the answer to the request sent with ``permit``; None: nothing changed."""

    def freeze(self, seconds: float | None, *, at_least: float) -> bool:
        """Give no permit for ``seconds``, or until the oldest one leaves the window.

        Args:
            seconds: How long the upstream asked for; None: it did not say.
            at_least: The shortest freeze, in seconds, when it did not say.

        Returns:
            True when permits were given until now.
        """
