"""How the edits of all messages share what Discord allows.

Every edit enters the lane of all edits like it, and one in a channel enters that channel's lane
before. Who waits in a lane is let in by urgency, then in the order they came; as a message waits
for one edit at a time, those of equal urgency take turns. The places kept for urgent edits mean
that a last edit finds room at once although others have used up theirs.
"""

import asyncio
import contextlib
import heapq
import itertools
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from services.resilience.clock import Clock


class Urgency(IntEnum):
    """Who goes first; lower is more urgent."""

    LAST = 0
    FIRST = 1
    NEXT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many edits may start within ``seconds``, by urgency; each counts all that started.

    Attributes:
        seconds: Length of the window, which slides.
        next: Edits until which one in the middle of a text may start.
        next_of_several: The same while several texts are written here, ``next`` or less.
        first: The same for the first state and the first words, ``next`` or more.
        last: The same for a last edit, ``first`` or more.
    """

    seconds: float
    next: int
    next_of_several: int
    first: int
    last: int


# A channel takes five edits in 5 s, and as many new messages. What is not for the middle of texts
# is kept for their beginnings and ends, and of these there are more where several are written.
_ONE_CHANNEL: Final = Allowance(seconds=5.0, next=3, next_of_several=2, first=5, last=5)
# A bot makes 50 requests a second in all. Half of them stay free for everything else.
_ALL_CHANNELS: Final = Allowance(seconds=1.0, next=15, next_of_several=15, first=20, last=25)
# Edits by an interaction's token are free of that limit, and each token has a limit of its own that
# the cadence keeps far below. What is shared is this process: a tenth of a second of nothing but
# edits would keep a command waiting, so they come in small groups.
_INTERACTIONS: Final = Allowance(seconds=0.1, next=6, next_of_several=6, first=20, last=25)


class Traffic:
    """The lanes of one bot."""

    def __init__(
        self,
        *,
        clock: Clock,
        one_channel: Allowance = _ONE_CHANNEL,
        all_channels: Allowance = _ALL_CHANNELS,
        interactions: Allowance = _INTERACTIONS,
    ) -> None:
        """Set what may start when."""
        self._clock = clock
        self._one_channel = one_channel
        self._all_channels = _Lane(all_channels, clock)
        self._interactions = _Lane(interactions, clock)
        self._channels: dict[tuple[Hashable, str], _Lane] = {}
        self._writing: Counter[Hashable] = Counter()

    @contextlib.contextmanager
    def writing(self, channel: Hashable | None) -> Iterator[None]:
        """Count one more text in a channel, inside the block."""
        if channel is None:
            yield
            return
        self._writing[channel] += 1
        try:
            yield
        finally:
            self._writing[channel] -= 1
            if not self._writing[channel]:
                del self._writing[channel]

    async def enter(self, channel: Hashable | None, kind: str, urgency: Urgency) -> None:
        """Wait until an edit may start.

        Args:
            channel: Where it is made by the bot's own token; None for an interaction's token.
            kind: What is limited there by itself: sending, editing.
            urgency: Who waits for it.
        """
        if channel is None:
            await self._interactions.enter(urgency)
        else:
            await self._lane(channel, kind).enter(urgency)
            await self._all_channels.enter(urgency)

    def _lane(self, channel: Hashable, kind: str) -> "_Lane":
        lane = self._channels.get((channel, kind))
        if lane is None:
            self._channels = {key: each for key, each in self._channels.items() if each.is_busy}
            lane = _Lane(self._one_channel, self._clock, lambda: self._writing[channel] > 1)
            self._channels[channel, kind] = lane
        return lane


class _Lane:
    """Lets edits start so that no window holds more than its allowance."""

    def __init__(
        self, allowance: Allowance, clock: Clock, has_several: Callable[[], bool] = lambda: False
    ) -> None:
        self._allowance = allowance
        self._has_several = has_several
        self._clock = clock
        self._started: deque[float] = deque(maxlen=allowance.last)
        self._waiting: list[tuple[Urgency, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._changed = asyncio.Event()
        self._usher: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits, or what has started still counts."""
        return bool(self._waiting) or self._free_after(1) > self._clock.monotonic()

    async def enter(self, urgency: Urgency) -> None:
        """Wait for a place."""
        now = self._clock.monotonic()
        if not self._waiting and self._free_at(urgency) <= now:
            self._started.append(now)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (urgency, next(self._numbers), turn))
        self._changed.set()
        if self._usher is None:
            self._usher = asyncio.create_task(self._let_in(), name="edits waiting for a place")
        try:
            await turn
        finally:
            self._changed.set()  # cancelled: whoever is next need not wait for nobody

    async def _let_in(self) -> None:
        """Let in who waits, until nobody does."""
        while self._waiting:
            urgency, _, turn = self._waiting[0]
            now, free_at = self._clock.monotonic(), self._free_at(urgency)
            if turn.done() or free_at <= now:
                heapq.heappop(self._waiting)
                if not turn.done():
                    self._started.append(now)
                    turn.set_result(None)
                continue
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with self._clock.timeout_at(free_at):
                    await self._changed.wait()
        self._usher = None

    def _free_at(self, urgency: Urgency) -> float:
        """Return the instant from which one of this urgency may start."""
        allowance = self._allowance
        next_ = allowance.next_of_several if self._has_several() else allowance.next
        return self._free_after((allowance.last, allowance.first, next_)[urgency])

    def _free_after(self, places: int) -> float:
        """Return the instant from which fewer than ``places`` that have started count."""
        if len(self._started) < places:
            return float("-inf")
        return self._started[-places] + self._allowance.seconds
