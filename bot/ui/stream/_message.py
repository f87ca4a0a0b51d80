"""``ProgressiveMessage``: shows the newest of many states.

Whoever makes the content only calls ``update``; a single editor task shows the *newest* state,
with at most one edit in flight, a calm pause between edits (which doubles, up to 10 s, while
Discord is slow or fails), and never the same state twice. So a slow Discord cannot slow the maker
down, and stale text cannot land after newer text. ``finish`` waits for the edit in flight and then
shows the last state: nothing comes after it.

When a state is shown:

1. Nothing was shown yet: ``first_after`` seconds after the start (a status line; what is finished
   by then is the only thing ever shown).
2. The first characters of the text: as soon as there are 40 of them, or 0.6 s after the first one,
   however recent the status line is, because this is what people wait for.
3. Everything else: a pause after the edit before.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from bot.ui.stream._traffic import Traffic, Urgency
from services.resilience.clock import Clock

_LOGGER = logging.getLogger(__name__)

# With Discord's own time, a status line stands within 1.5 s.
FIRST_AFTER_SECONDS: Final = 1.25
FIRST_CHARACTERS: Final = 40
FIRST_TEXT_SECONDS: Final = 0.6
# An interaction's token takes five edits in 2 s; this is for people's eyes: one edit a second is
# restless, one in two seconds slow. The last one follows at once, without a pause.
PAUSE_SECONDS: Final = 1.25
# A channel's messages share five edits in 5 s, two of which are kept for beginnings and ends: with
# this pause a text that is alone there is edited evenly.
CHANNEL_PAUSE_SECONDS: Final = 5 / 3
LONGEST_PAUSE_SECONDS: Final = 10.0
_SLOW_EDIT_SECONDS: Final = 2.0
_LAST_TRIES: Final = 5

F = TypeVar("F")


class MessageGone(Exception):  # noqa: N818  # says what happened to the message
    """The message can never be edited again: deleted, or its token expired."""


class EditFailed(Exception):  # noqa: N818  # reads like MessageGone
    """One edit failed; a later one may work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How soon, in seconds: the first edit after the start, each other one after the one before."""

    first_after: float
    pause: float


class ProgressiveMessage(Generic[F]):
    """Shows the newest of many states; ``F`` is a state, comparable and immutable.

    Use it as a context manager; leaving without ``finish`` stops the editor and shows nothing.

    Attributes:
        is_gone: The message cannot be edited any more; nobody needs another state.
    """

    def __init__(
        self,
        show: Callable[[F], Awaitable[None]],
        *,
        clock: Clock,
        traffic: Traffic,
        channel: Hashable | None,
        cadence: Cadence,
        length_of: Callable[[F], int],
    ) -> None:
        """Show nothing yet; see ``ProgressiveMessages.start`` for what the arguments are."""
        self._show = show
        self._clock = clock
        self._traffic = traffic
        self._channel = channel
        self._cadence = cadence
        self._pause = cadence.pause
        self._length_of = length_of
        self._newest: F | None = None
        self._shown: F | None = None
        self._calm_at = 0.0
        self._text_since: float | None = None
        self._length = 0
        self._is_text_shown = False
        self._changed = asyncio.Event()
        self._in_flight = asyncio.Lock()
        self._editor: asyncio.Task[None] | None = None
        self._counted = contextlib.ExitStack()
        self.is_gone = False

    async def __aenter__(self) -> Self:
        self._counted.enter_context(self._traffic.writing(self._channel))
        self._calm_at = self._clock.monotonic() + self._cadence.first_after
        self._editor = asyncio.create_task(self._edit(), name="progressive message")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._counted:
            await self._stop_editor()

    @property
    def newest(self) -> F | None:
        """The newest state, shown already or not."""
        return self._newest

    def update(self, state: F) -> None:
        """Make ``state`` the newest; returns at once."""
        self._newest = state
        if not self._is_text_shown:
            self._length = self._length_of(state)
            if self._length and self._text_since is None:
                self._text_since = self._clock.monotonic()
        self._changed.set()

    async def finish(self, state: F) -> None:
        """Show ``state`` as the last one, after the edit in flight.

        Raises:
            EditFailed: Discord refused it five times, over 20 s or more.
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
        pause = self._cadence.pause
        for tries_left in reversed(range(_LAST_TRIES)):
            await self._traffic.enter(self._channel, self._kind, Urgency.LAST)
            try:
                await self._show_now(state)
            except EditFailed:
                if tries_left == 0:
                    raise
                await self._clock.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            else:
                return

    async def _edit(self) -> None:
        while not self.is_gone:
            await self._until_due()
            is_first = self._shown is None or self._has_first_text
            urgency = Urgency.FIRST if is_first else Urgency.NEXT
            await self._traffic.enter(self._channel, self._kind, urgency)
            state = self._newest
            if state is None or state == self._shown:
                continue
            async with self._in_flight:
                try:
                    await self._show_now(state)
                except EditFailed:
                    self._slow_down()
            self._calm_at = self._clock.monotonic() + self._pause

    async def _until_due(self) -> None:
        """Wait until the newest state is to be shown."""
        while (due_at := self._due_at()) is None or due_at > self._clock.monotonic():
            if due_at is not None and self._is_text_shown:
                # Nothing makes it sooner: not woken by every word.
                await self._clock.sleep(due_at - self._clock.monotonic())
                continue
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with self._clock.timeout_at(due_at):
                    await self._changed.wait()

    def _due_at(self) -> float | None:
        """Return when the newest state is to be shown; None while there is nothing new."""
        if self._newest is None or self._newest == self._shown:
            return None
        if not self._has_first_text or self._text_since is None:
            return self._calm_at
        if self._length >= FIRST_CHARACTERS:
            return self._text_since
        text_at = self._text_since + FIRST_TEXT_SECONDS
        return min(self._calm_at, text_at) if self._shown is None else text_at

    @property
    def _kind(self) -> str:
        """Which limit of a channel the next edit falls under: the first one sends the message."""
        return "send" if self._shown is None else "edit"

    @property
    def _has_first_text(self) -> bool:
        """Whether the first words wait to be shown, and Discord is quick enough to be hurried."""
        is_first = self._text_since is not None and not self._is_text_shown
        return is_first and self._pause == self._cadence.pause

    async def _show_now(self, state: F) -> None:
        started_at = self._clock.monotonic()
        try:
            await self._show(state)
        except MessageGone:
            self.is_gone = True
            return
        self._shown = state
        self._is_text_shown = self._is_text_shown or self._length_of(state) > 0
        if self._clock.monotonic() - started_at > _SLOW_EDIT_SECONDS:
            self._slow_down()
        else:
            self._pause = self._cadence.pause

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
