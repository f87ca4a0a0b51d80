"""``Continuation``: an answer that may need more than one message."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.ui.layout import looks_of
from bot.ui.refusals import refusals_told
from bot.ui.reply import Reply, finished

_NO_PINGS = discord.AllowedMentions.none()


class Continuation:
    """Shows an answer and the messages that go on where it ends; each is sent once, then edited.

    A full message is left alone while the next one grows.
    """

    def __init__(self, reply: Reply) -> None:
        """Begin with the answer; nothing is sent yet."""
        self._reply = reply
        self._more: list[tuple[discord.Message, list[dict[str, Any]]]] = []

    async def show(self, views: Sequence[ui.LayoutView]) -> None:
        """Show the answer and what follows it.

        Raises:
            MessageGone: One of them can never be edited again.
            EditFailed: An edit failed; those after it were not made.
        """
        answer, *more = views
        await self._reply.show(answer)
        for number, view in enumerate(more):
            await self._show_more(number, view)

    async def _show_more(self, number: int, view: ui.LayoutView) -> None:
        looks = looks_of(view)
        if number == len(self._more):
            self._more.append((await self._reply.send_more(view), looks))
            return
        message, shown = self._more[number]
        if looks == shown:
            return
        with refusals_told():
            await message.edit(view=finished(view), allowed_mentions=_NO_PINGS)
        self._more[number] = (message, looks)
