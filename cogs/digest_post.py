"""The buttons of a digest that was posted: its full list, a text about its pick, and the way out.

They are everybody's who can see the digest, and what they answer only the one who pressed sees.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import discord
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import N_, Texts
from bot.ui.additions_card import additions_card
from bot.ui.buttons import Press
from bot.ui.digest_marks import (
    DESCRIBE_PREFIX,
    HIDE_PREFIX,
    LIST_PREFIX,
    PAGE_PREFIX,
    Additions,
    read_describe_id,
    read_hide_id,
    read_list_id,
    read_page_key,
)
from bot.ui.host import Host
from bot.ui.notices import notice
from bot.ui.pressing import answer_owner, press_of
from bot.ui.reply import InteractionReply
from bot.ui.written_message import WrittenMessages
from services.descriptions.models import Wish
from services.digests.additions import AdditionsPage
from services.digests.hiding import Hidden
from services.digests.models import NoSuchDigest, Slot

_MOST_DIGITS: Final = 6


class Listing(Protocol):
    """What was added; see ``Additions``."""

    async def page(
        self, guild_id: int, digest_id: int, since: datetime, until: datetime, /, *, page: int = 1
    ) -> AdditionsPage:
        """Return a page; raises NoSuchDigest."""


class Hiding(Protocol):
    """What takes people out of digests; see ``DigestHiding``."""

    async def hide(self, guild_id: int, slot: Slot, user_id: int, /) -> Hidden:
        """Have a digest tell nothing more of this person."""


class _Services(Protocol):
    @property
    def digest_additions(self) -> Listing: ...
    @property
    def digest_hiding(self) -> Hiding: ...
    @property
    def written_messages(self) -> WrittenMessages: ...
    @property
    def answers(self) -> Answers: ...


async def setup(bot: Host[_Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    await bot.add_cog(
        DigestPost(
            additions=services.digest_additions,
            hiding=services.digest_hiding,
            written=services.written_messages,
            answers=services.answers,
        )
    )


class DigestPost(commands.Cog):
    """Answers what is pressed below a digest."""

    def __init__(
        self, *, additions: Listing, hiding: Hiding, written: WrittenMessages, answers: Answers
    ) -> None:
        """List with ``additions``, take people out with ``hiding``, and write with ``written``."""
        self._additions = additions
        self._hiding = hiding
        self._written = written
        self._answers = answers
        self._handlers = {
            LIST_PREFIX: self._list,
            DESCRIBE_PREFIX: self._describe,
            HIDE_PREFIX: self._hide,
        }

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle the buttons below a digest, and those that turn the pages of its list."""
        data: Mapping[str, Any] = interaction.data or {}
        custom_id = str(data.get("custom_id", ""))
        handle = self._handlers.get(custom_id.partition(":")[0])
        if handle is not None:
            reply = InteractionReply(interaction, is_private=True, is_apart=True)
            async with self._answers.to(reply, interaction.locale) as texts:
                await reply.acknowledge()
                await handle(reply, custom_id, texts)
            return
        press = press_of(interaction, (PAGE_PREFIX,))
        if press is not None:
            await self._turned(interaction, press)

    async def _turned(self, interaction: discord.Interaction, press: Press) -> None:
        reply = InteractionReply(interaction, is_private=True)

        async def turn(texts: Texts) -> None:
            await reply.acknowledge()
            key, page, *_ = (*press.rest, "", "")
            asked = read_page_key(key)
            if page.isdecimal() and len(page) <= _MOST_DIGITS:
                await self._show_page(reply, asked, texts, page=int(page))

        await answer_owner(
            interaction,
            press,
            turn,
            reply=reply,
            answers=self._answers,
            refusal=N_(
                "This list belongs to whoever asked for it. Press “Full list” for your own."
            ),
        )

    async def _list(self, reply: InteractionReply, custom_id: str, texts: Texts) -> None:
        await self._show_page(reply, read_list_id(custom_id), texts)

    async def _show_page(
        self, reply: InteractionReply, asked: Additions | None, texts: Texts, *, page: int = 1
    ) -> None:
        if asked is None or reply.guild_id is None:
            await reply.fail(notice(_gone(texts)))
            return
        try:
            found = await self._additions.page(
                reply.guild_id, asked.digest_id, asked.since, asked.until, page=page
            )
        except NoSuchDigest:
            await reply.fail(notice(_gone(texts)))
            return
        await reply.show(additions_card(found, asked, user_id=reply.user_id, texts=texts))

    async def _describe(self, reply: InteractionReply, custom_id: str, texts: Texts) -> None:
        target = read_describe_id(custom_id)
        if target is None:
            await reply.fail(notice(_gone(texts)))
            return
        wish = Wish(target=target, language=texts.language)
        await self._written.write(reply, wish, texts, at_once=True)

    async def _hide(self, reply: InteractionReply, custom_id: str, texts: Texts) -> None:
        slot = read_hide_id(custom_id)
        if slot is None or reply.guild_id is None:
            await reply.fail(notice(_gone(texts)))
            return
        hidden = await self._hiding.hide(reply.guild_id, slot, reply.user_id)
        await reply.show(notice(_hidden(hidden, texts)))


def _gone(texts: Texts) -> str:
    return texts.gettext("That digest isn't there any more.")


def _hidden(hidden: Hidden, texts: Texts) -> str:
    if hidden is Hidden.HIDDEN:
        return texts.gettext(
            "🙈 Done: you're out of this message, and out of this digest from now on. "
            "`/digest join` brings you back."
        )
    if hidden is Hidden.LATER:
        return texts.gettext(
            "🙈 You're out of this digest. Discord doesn't let me change this message right now: "
            "your lines go from it as soon as it does."
        )
    if hidden is Hidden.LEFT:
        return texts.gettext(
            "🙈 You're out of this digest from now on. This message is as it was: there's nothing "
            "of yours in it, or it's too old for me to change."
        )
    return texts.gettext(
        "You aren't in this digest, so there's nothing of yours to hide. `/digest join` adds your "
        "collection, if you like."
    )
