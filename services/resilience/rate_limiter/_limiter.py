"""The limiter: permits in order of priority and arrival, and a refusal where waiting is in vain.

A call that finds nobody waiting asks the store and is through: no task, no future, no lock. Only
when it has to wait does it join the queue, which one task serves until it is empty. The task sleeps
until the next permit is due, and is woken when somebody arrives, leaves or something changes.
"""

import asyncio
import logging
from contextlib import suppress
from math import inf

from services.errors import QuotaSpent
from services.resilience import deadline
from services.resilience.clock import Clock
from services.resilience.events import Events, LimiterCorrected, LimiterWaited
from services.resilience.priority import Priority, current_priority
from services.resilience.rate_limiter._moving_window import MovingWindow
from services.resilience.rate_limiter._permits import Allowance, Permit, PermitStore, Rate
from services.resilience.rate_limiter._queue import Waiter, WaitingQueue

_LOGGER = logging.getLogger(__name__)
# However busy people are, background work gets one permit in so many windows.
_PATIENCE_WINDOWS = 2


class RateLimiter:
    """Hands out permits so that no moving window ever holds more than the rate allows."""

    def __init__(
        self,
        upstream: str,
        rate: Rate,
        *,
        clock: Clock,
        store: PermitStore | None = None,
        events: Events | None = None,
    ) -> None:
        """Start with the full allowance.

        Args:
            upstream: Its name, for errors, logs and events.
            rate: The allowance.
            clock: Where time comes from.
            store: Where permits are counted; None: in this process.
            events: Who listens.
        """
        self._upstream = upstream
        self._clock = clock
        self._store = MovingWindow(rate, clock=clock) if store is None else store
        # Not ``or``: events are false while nobody listens, and somebody may listen later.
        self._events = Events() if events is None else events
        self._queue = WaitingQueue(patience=_PATIENCE_WINDOWS * rate.window)
        self._changed = asyncio.Event()
        self._server: asyncio.Task[None] | None = None

    @property
    def wait_seconds(self) -> float:
        """How long an interactive call that asked now, with nobody before it, would wait."""
        return self._store.forecast((Priority.INTERACTIVE,))[0] - self._clock.monotonic()

    @property
    def waiting(self) -> int:
        """How many calls wait for a permit."""
        return len(self._queue)

    async def acquire(self) -> Permit:
        """Wait for a permit; cancelling the wait frees the place.

        Raises:
            QuotaSpent: The permit would come after the operation's deadline; refused at once, or
                as soon as a freeze makes it so. ``retry_after`` says when it would have come.
        """
        priority = current_priority()
        if self._server is not None:
            return await self._wait(priority)
        answer = await self._store.take(priority)
        if not isinstance(answer, Permit):
            return await self._wait(priority)
        if priority is Priority.BACKGROUND:
            self._queue.background_was_served(answer.sent_at)
        if self._events:
            self._tell_waited(0.0, priority)
        return answer

    def give_back(self, permit: Permit) -> None:
        """Return a permit with which nothing was sent."""
        self._store.give_back(permit)
        self._changed.set()

    def feedback(self, allowance: Allowance, permit: Permit) -> None:
        """Correct the window by what the upstream said to the request sent with ``permit``.

        Answers may come in any order; one to an older request than the newest learnt from is
        ignored.
        """
        change = self._store.correct(allowance, permit)
        if change is not None:
            level = logging.WARNING if change.what == "limit" else logging.DEBUG
            _LOGGER.log(level, "%s: %s is %s permits now", self._upstream, *change)
            self._adapt(change.what)

    def freeze(self, seconds: float | None, *, at_least: float = 0.0) -> None:
        """Let nothing through for a while: the upstream answered 429.

        Args:
            seconds: How long it asked for. None, it did not say: until the oldest permit leaves
                the window, which must be full.
            at_least: The shortest freeze in seconds when it did not say.
        """
        if self._store.freeze(seconds, at_least=at_least):
            _LOGGER.warning(
                "%s: no permits for %.1f s after a 429", self._upstream, self.wait_seconds
            )
        self._adapt("429")

    async def _wait(self, priority: Priority) -> Permit:
        now = self._clock.monotonic()
        turn = asyncio.get_running_loop().create_future()
        waiter = Waiter(priority, now, now + deadline.remaining(self._clock), turn)
        self._queue.add(waiter)
        self._refuse_hopeless()
        if self._queue:
            self._serve_soon()
        try:
            permit: Permit = await turn
        except asyncio.CancelledError:
            self._leave(waiter)
            raise
        if self._events:
            self._tell_waited(self._clock.monotonic() - now, priority)
        return permit

    def _leave(self, waiter: Waiter) -> None:
        """Free the place of a cancelled waiter, and the permit it got at the same moment."""
        self._queue.remove(waiter)
        if not waiter.permit.cancelled() and waiter.permit.exception() is None:
            self._store.give_back(waiter.permit.result())
        self._changed.set()

    def _refuse_hopeless(self) -> None:
        """Refuse everybody whose permit would come after the deadline."""
        # A refusal moves the ones behind it forward, so the forecast is made anew after each.
        while (hopeless := self._first_hopeless()) is not None:
            waiter, instant = hopeless
            self._queue.remove(waiter)
            seconds = instant - self._clock.monotonic()
            message = f"no permit for {seconds:.1f} s, longer than the operation may take"
            waiter.permit.set_exception(
                QuotaSpent(self._upstream, "acquire", None, message, retry_after=seconds)
            )

    def _first_hopeless(self) -> tuple[Waiter, float] | None:
        turns = list(self._queue.turns(self._clock.monotonic()))
        if all(turn.waiter.until == inf for turn in turns):
            return None
        forecast = zip(turns, self._store.forecast(turn.share for turn in turns), strict=True)
        for turn, instant in forecast:
            if instant >= turn.waiter.until:
                return turn.waiter, instant
        return None

    def _adapt(self, reason: str) -> None:
        """Let the queue follow what the upstream said."""
        if self._events:
            self._events.emit(LimiterCorrected(upstream=self._upstream, reason=reason))
        self._refuse_hopeless()
        self._changed.set()

    def _tell_waited(self, seconds: float, priority: Priority) -> None:
        self._events.emit(
            LimiterWaited(upstream=self._upstream, seconds=seconds, priority=priority.value)
        )

    def _serve_soon(self) -> None:
        self._changed.set()
        if self._server is None:
            self._server = asyncio.create_task(self._serve(), name=f"permits of {self._upstream}")
            self._server.add_done_callback(self._stopped)

    async def _serve(self) -> None:
        """Give permits to who waits, in order, until nobody does."""
        try:
            while (turn := next(self._queue.turns(self._clock.monotonic()), None)) is not None:
                # Cleared before asking: what changes while a store elsewhere answers must count.
                self._changed.clear()
                answer = await self._store.take(turn.share)
                if not isinstance(answer, Permit):
                    await self._pause(until=answer)
                elif not self._queue.serve(turn.waiter.priority, answer):
                    self._store.give_back(answer)
        finally:
            self._server = None

    async def _pause(self, *, until: float) -> None:
        """Wait until an instant, or until something changes."""
        overdue_at = self._queue.changes_at(self._clock.monotonic())
        with suppress(TimeoutError):
            async with self._clock.timeout_at(min(until, overdue_at)):
                await self._changed.wait()

    def _stopped(self, task: asyncio.Task[None]) -> None:
        """Let nobody wait for a task that died: a store broke its word and raised."""
        if task.cancelled() or (error := task.exception()) is None:
            return
        for turn in list(self._queue.turns(self._clock.monotonic())):
            self._queue.remove(turn.waiter)
            turn.waiter.permit.set_exception(error)
