"""``LinkedMessages``: the links of a message are answered with cards, each as it comes."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from bot.i18n import Texts
from bot.ui.linked_card import MOST_LINKS, LinkedState, linked_card, nothing_found
from bot.ui.notices import notice
from bot.ui.reply import Reply
from bot.ui.stream import ProgressiveMessages
from services.catalogue.linked import Linked, LinkedMusic, abandoned
from services.catalogue.links import MusicLink
from services.errors import RefusedLocally
from services.spotify.links import Unsupported

_CLOSING: Final = RefusedLocally("spotify", "look_up", None, "abandoned: shutting down")


class LinkedMessages:
    """Answers with what links lead to."""

    def __init__(self, *, music: LinkedMusic, messages: ProgressiveMessages) -> None:
        """Look up in ``music``; show through ``messages``."""
        self._music = music
        self._messages = messages

    async def answer(self, reply: Reply, links: Sequence[MusicLink], texts: Texts) -> None:
        """Answer with a card for each of the first five ``links``; there is at least one.

        Where none of them has a card, that is said to the asker only.

        Raises:
            EditFailed: Discord refused the last edit.
        """
        known = tuple(
            Linked(link=link, is_waiting=not isinstance(link, Unsupported))
            for link in links[:MOST_LINKS]
        )
        state = LinkedState(known=known, left=len(links) - len(known), owner=reply.user_id)
        if state.is_waiting:
            await reply.acknowledge()
            state = await self._shown(reply, state, texts)
        said = nothing_found(state.known, texts)
        if said is None:
            return
        if reply.is_shown:
            await reply.show(linked_card(state, texts))
        else:
            await reply.fail(notice(said))

    async def _shown(self, reply: Reply, state: LinkedState, texts: Texts) -> LinkedState:
        """Show what is known as it comes; returns the last state, shown only if it has a card."""

        async def show(state: LinkedState) -> None:
            await reply.show(linked_card(state, texts))

        async with (
            self._messages.start(show, channel=reply.shared_channel) as message,
            aclosing(self._music.look_up([each.link for each in state.known])) as found,
        ):
            message.update(state)
            try:
                async for known in found:
                    state = replace(state, known=known)
                    message.update(state)
            except asyncio.CancelledError:  # the bot is closing: show what is there
                await message.finish(replace(state, known=abandoned(state.known, _CLOSING)))
                raise
            if nothing_found(state.known, texts) is None:
                await message.finish(state)
        return state
