"""``SyncMessages``: a sync shown in one message while it goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol

from bot.i18n import Texts
from bot.ui.reply import Reply
from bot.ui.stream import ProgressiveMessage, ProgressiveMessages
from bot.ui.sync_card import SyncStage, sync_card
from services.collection.models import SyncProblem, SyncState
from services.errors import NotLinked
from services.resilience.clock import Clock

# The interaction's token, by which the message is edited, holds for 15 minutes.
_WATCHED_SECONDS: Final = 13 * 60.0


class Syncs(Protocol):
    """What can be watched."""

    def watch(self, user_id: int, /) -> AsyncIterator[SyncState]:
        """Yield how the collection stands, until no sync is under way."""


class Wants(Protocol):
    """What a finished sync looks at."""

    async def count_owned(self, user_id: int, /) -> int:
        """Return how many wishes are in the collection by now and could be removed."""


@dataclass(frozen=True, slots=True)
class _Shown:
    state: SyncState
    stage: SyncStage
    owned: int = 0


class SyncMessages:
    """Shows syncs."""

    def __init__(self, *, messages: ProgressiveMessages, wants: Wants, clock: Clock) -> None:
        """Show them through ``messages``, and then which ``wants`` have come true."""
        self._messages = messages
        self._wants = wants
        self._clock = clock

    async def show(
        self, reply: Reply, syncs: Syncs, user_id: int, *, joined: bool, texts: Texts
    ) -> None:
        """Show the sync until it ends, or for 13 minutes.

        Raises:
            NotLinked: The account was unlinked meanwhile, or never linked.
            EditFailed: Discord refused the last edit.
        """

        async def show(shown: _Shown) -> None:
            card = sync_card(
                shown.state,
                shown.stage,
                user_id=user_id,
                joined=joined,
                owned=shown.owned,
                texts=texts,
            )
            await reply.show(card)

        async with self._messages.start(show) as message:
            try:
                async with self._clock.timeout_at(self._clock.monotonic() + _WATCHED_SECONDS):
                    last = await _follow(message, syncs, user_id)
            except (TimeoutError, asyncio.CancelledError) as error:
                newest = message.newest
                if newest is not None:
                    await message.finish(_Shown(newest.state, SyncStage.UNWATCHED))
                if isinstance(error, asyncio.CancelledError):  # the bot is closing
                    raise
                return
            if last is None:
                raise NotLinked("discogs", "sync_collection")
            stage = stage_of(last)
            owned = await self._wants.count_owned(user_id) if stage is SyncStage.DONE else 0
            await message.finish(_Shown(last, stage, owned))


def stage_of(state: SyncState) -> SyncStage:
    """Return where a sync is, by how its collection stands."""
    if state.is_running:
        return SyncStage.RUNNING
    if state.problem is SyncProblem.CANCELLED:
        return SyncStage.CANCELLED
    return SyncStage.DONE if state.problem is None else SyncStage.FAILED


async def _follow(
    message: ProgressiveMessage[_Shown], syncs: Syncs, user_id: int
) -> SyncState | None:
    """Show every state; returns the last."""
    state: SyncState | None = None
    watching: AsyncIterator[SyncState] = syncs.watch(user_id)
    async with aclosing(watching):  # type: ignore[type-var]  # an async generator in truth
        async for state in watching:
            message.update(_Shown(state, SyncStage.RUNNING))
    return state
