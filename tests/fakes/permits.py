"""A permit store that several limiters share, at the other end of a wire."""

from collections.abc import Iterable

from services.resilience.clock import Clock
from services.resilience.priority import Priority
from services.resilience.rate_limiter import MovingWindow, Permit, Rate


class SharedPermits(MovingWindow):
    """Counts like one window; asking takes a round trip, and can be made to fail.

    Attributes:
        given: Permits given so far.
        given_back: Permits given back so far.
        error: What asking raises, or None.
    """

    def __init__(self, rate: Rate, *, clock: Clock, round_trip: float) -> None:
        """``round_trip`` in seconds; the window is looked at half-way."""
        super().__init__(rate, clock=clock)
        self.given = 0
        self.given_back = 0
        self.error: Exception | None = None
        self._wire = clock
        self._one_way = round_trip / 2

    async def take(self, priority: Priority) -> Permit | float:
        await self._wire.sleep(self._one_way)
        answer = await super().take(priority)
        await self._wire.sleep(self._one_way)
        if self.error is not None:
            raise self.error
        self.given += isinstance(answer, Permit)
        return answer

    def give_back(self, permit: Permit) -> None:
        self.given_back += 1
        super().give_back(permit)

    def forecast(self, order: Iterable[Priority]) -> list[float]:
        error, self.error = self.error, None
        instants = super().forecast(order)
        self.error = error
        return instants
