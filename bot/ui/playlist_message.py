"""``PlaylistMessages``: a playlist being filled, shown in one message while it goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol

from bot.i18n import Texts
from bot.ui.notices import notice
from bot.ui.playlist_run_card import Look, look_of, run_card
from bot.ui.reply import Reply
from bot.ui.stream import ProgressiveMessage, ProgressiveMessages
from services.playlists.models import Run
from services.resilience.clock import Clock

# The interaction's token, by which the message is edited, holds for 15 minutes.
_WATCHED_SECONDS: Final = 13 * 60.0


class Runs(Protocol):
    """What can be watched."""

    def watch(self, user_id: int, run_id: int, /) -> AsyncIterator[Run]:
        """Yield how a run stands, until it has ended."""


@dataclass(frozen=True, slots=True)
class _Shown:
    run: Run
    look: Look


class PlaylistMessages:
    """Shows runs."""

    def __init__(self, *, messages: ProgressiveMessages, runs: Runs, clock: Clock) -> None:
        """Show ``runs`` through ``messages``."""
        self._messages = messages
        self._runs = runs
        self._clock = clock

    async def show(self, reply: Reply, run_id: int, texts: Texts) -> None:
        """Show a run of whoever asked until it ends, or for 13 minutes.

        Raises:
            EditFailed: Discord refused the last edit.
        """
        user_id = reply.user_id

        async def show(shown: _Shown) -> None:
            await reply.show(run_card(shown.run, shown.look, user_id=user_id, texts=texts))

        async with self._messages.start(show) as message:
            try:
                async with self._clock.timeout_at(self._clock.monotonic() + _WATCHED_SECONDS):
                    last = await self._follow(message, user_id, run_id)
            except (TimeoutError, asyncio.CancelledError) as error:
                newest = message.newest
                if newest is not None:
                    await message.finish(_Shown(newest.run, Look.UNWATCHED))
                if isinstance(error, asyncio.CancelledError):  # the bot is closing
                    raise
                return
            if last is not None:
                await message.finish(_Shown(last, look_of(last)))
                return
        await reply.show(notice(forgotten(texts)))

    async def _follow(
        self, message: ProgressiveMessage[_Shown], user_id: int, run_id: int
    ) -> Run | None:
        """Show every state; returns the last, None: the run is forgotten."""
        run: Run | None = None
        watching: AsyncIterator[Run] = self._runs.watch(user_id, run_id)
        async with aclosing(watching):  # type: ignore[type-var]  # an async generator in truth
            async for run in watching:
                if run.is_running:
                    message.update(_Shown(run, Look.RUNNING))
        return run


def forgotten(texts: Texts) -> str:
    """Return what to say about a run that is not stored any more."""
    return texts.gettext(
        "I no longer know what this message was about; `{command}` starts anew.",
        command="/playlist create",
    )
