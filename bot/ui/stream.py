"""The progressive message: one message that grows while its content is still being made.

Whoever makes the content only calls ``update``; a single editor task shows the *newest* state,
with at most one edit in flight, a calm pause between edits, and never the same state twice. So a
slow Discord cannot slow the maker down, and stale text cannot land after newer text. ``finish``
waits for the edit in flight and then shows the last state: nothing comes after it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from services.resilience.clock import Clock

_LOGGER = logging.getLogger(__name__)

FIRST_AFTER_SECONDS: Final = 1.5
# Discord takes five edits of a channel in 5 s. Of edits this far apart no 5 s hold more than four,
# which leaves room for the last one: it follows at once, without a pause.
PAUSE_SECONDS: Final = 1.25
LONGEST_PAUSE_SECONDS: Final = 10.0
_SLOW_EDIT_SECONDS: Final = 2.0
_FINAL_TRIES: Final = 3

F = TypeVar("F")


class MessageGone(Exception):  # noqa: N818  # says what happened to the message
    """The message can never be edited again: deleted, or its token expired."""


class EditFailed(Exception):  # noqa: N818  # reads like MessageGone
    """One edit failed; a later one may work."""


class ProgressiveMessage(Generic[F]):
    """Shows the newest of many states; ``F`` is a state, comparable and immutable.

    Use it as a context manager; leaving without ``finish`` stops the editor and shows nothing.
    """

    def __init__(
        self,
        show: Callable[[F], Awaitable[None]],
        *,
        clock: Clock,
        first_after: float = FIRST_AFTER_SECONDS,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        """Set the cadence.

        Args:
            show: Makes the message show a state; raises MessageGone or EditFailed.
            clock: Where time comes from.
            first_after: Seconds before the first edit; a state that is final by then is the only
                one ever shown.
            pause: Seconds between edits; doubles, up to 10 s, while Discord is slow.
        """
        self._show = show
        self._clock = clock
        self._first_after = first_after
        self._usual_pause = pause
        self._pause = pause
        self._newest: F | None = None
        self._shown: F | None = None
        self._changed = asyncio.Event()
        self._in_flight = asyncio.Lock()
        self._editor: asyncio.Task[None] | None = None
        self.is_gone = False

    async def __aenter__(self) -> Self:
        self._editor = asyncio.create_task(self._edit(), name="progressive message")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stop_editor()

    @property
    def newest(self) -> F | None:
        """The newest state, shown already or not."""
        return self._newest

    def update(self, state: F) -> None:
        """Make ``state`` the newest; returns at once."""
        self._newest = state
        self._changed.set()

    async def finish(self, state: F) -> None:
        """Show ``state`` as the last one, after the edit in flight.

        Raises:
            EditFailed: Discord refused it three times.
        """
        finishing = asyncio.create_task(self._finish(state), name="last edit")
        try:
            await asyncio.shield(finishing)
        except asyncio.CancelledError:
            # The bot is closing: the last state is shown all the same; draining has a limit.
            await asyncio.wait({finishing})
            if not finishing.cancelled():
                finishing.exception()
            raise

    async def _finish(self, state: F) -> None:
        await self._stop_editor()
        if self.is_gone or state == self._shown:
            return
        for tries_left in reversed(range(_FINAL_TRIES)):
            try:
                await self._show_now(state)
            except EditFailed:
                if tries_left == 0:
                    raise
                await self._clock.sleep(self._usual_pause)
            else:
                return

    async def _edit(self) -> None:
        await self._clock.sleep(self._first_after)
        while not self.is_gone:
            await self._changed.wait()
            self._changed.clear()
            state = self._newest
            if state is None or state == self._shown:
                continue
            async with self._in_flight:
                try:
                    await self._show_now(state)
                except EditFailed:
                    self._slow_down()
            await self._clock.sleep(self._pause)

    async def _show_now(self, state: F) -> None:
        started_at = self._clock.monotonic()
        try:
            await self._show(state)
        except MessageGone:
            self.is_gone = True
            return
        self._shown = state
        if self._clock.monotonic() - started_at > _SLOW_EDIT_SECONDS:
            self._slow_down()
        else:
            self._pause = self._usual_pause

    def _slow_down(self) -> None:
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        _LOGGER.debug("edits are slow, pausing %.1f s between them", self._pause)

    async def _stop_editor(self) -> None:
        editor = self._editor
        if editor is None:
            return
        # Cancelled in mid-edit, nobody would know whether that edit still lands, and when.
        async with self._in_flight:
            editor.cancel()
        # Not ``await editor`` in a ``suppress``: that would swallow our own cancellation as well.
        await asyncio.wait({editor})
        self._editor = None
        if not editor.cancelled():
            editor.result()  # raises what ended it


class ProgressiveMessages:
    """Makes progressive messages that share a clock and a cadence."""

    def __init__(
        self,
        *,
        clock: Clock,
        first_after: float = FIRST_AFTER_SECONDS,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        """Set the cadence of all of them, in seconds."""
        self._clock = clock
        self._first_after = first_after
        self._pause = pause

    def start(
        self, show: Callable[[F], Awaitable[None]], *, at_once: bool = False
    ) -> ProgressiveMessage[F]:
        """Return a progressive message that is shown with ``show``.

        Args:
            show: Makes the message show a state.
            at_once: Show the first state without waiting for a better one: nothing else tells
                the user that a button was noticed.
        """
        first_after = 0.0 if at_once else self._first_after
        return ProgressiveMessage(
            show, clock=self._clock, first_after=first_after, pause=self._pause
        )
