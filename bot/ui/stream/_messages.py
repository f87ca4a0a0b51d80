"""``ProgressiveMessages``: messages that share a clock, a cadence and what Discord allows."""

from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

from bot.ui.stream._message import (
    CHANNEL_PAUSE_SECONDS,
    FIRST_AFTER_SECONDS,
    PAUSE_SECONDS,
    Cadence,
    ProgressiveMessage,
)
from bot.ui.stream._traffic import Traffic
from services.resilience.clock import Clock

F = TypeVar("F")


class ProgressiveMessages:
    """All progressive messages of one bot."""

    def __init__(
        self,
        *,
        clock: Clock,
        traffic: Traffic | None = None,
        first_after: float = FIRST_AFTER_SECONDS,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        """Set the cadence of all of them, in seconds, and the budget they share."""
        self._clock = clock
        self._traffic = traffic or Traffic(clock=clock)
        self._first_after = first_after
        self._pause = pause

    def start(
        self,
        show: Callable[[F], Awaitable[None]],
        *,
        at_once: bool = False,
        channel: Hashable | None = None,
        length_of: Callable[[F], int] | None = None,
    ) -> ProgressiveMessage[F]:
        """Return a progressive message that is shown with ``show``.

        Args:
            show: Makes the message show a state; raises MessageGone or EditFailed.
            at_once: Show the first state without waiting for a better one: nothing else tells
                the user that a button was noticed.
            channel: Where the bot sends the first state and edits the message by its own token,
                whose limits all messages there share; None when an interaction's token does it.
            length_of: Returns how many characters of the growing text a state shows; the first
                ones are shown sooner than other news. Without it, no state counts as text.
        """
        pause = self._pause if channel is None else max(self._pause, CHANNEL_PAUSE_SECONDS)
        cadence = Cadence(first_after=0.0 if at_once else self._first_after, pause=pause)
        return ProgressiveMessage(
            show,
            clock=self._clock,
            traffic=self._traffic,
            channel=channel,
            cadence=cadence,
            length_of=length_of or _no_text,
        )


def _no_text(_state: object) -> int:
    return 0
