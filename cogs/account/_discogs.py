"""Linking and unlinking Discogs: by name, by its page and a code, by its callback."""

from collections.abc import Mapping
from typing import Final

import discord

from bot.i18n import Texts
from bot.ui.account_card import (
    CODE_FIELD,
    CODE_PREFIX,
    LINK_PREFIX,
    NAME_FIELD,
    NAME_PREFIX,
    UNLINK_PREFIX,
    authorize_panel,
    code_form,
    linked_headline,
    name_form,
    unlink_panel,
    unlinked_text,
)
from bot.ui.notices import notice
from bot.ui.reply import InteractionReply
from bot.ui.text import escape, shorten
from cogs.account._ports import Handle, Parts, Pressed, Submit, person_of
from cogs.account._showing import Showing
from services.accounts.models import DiscogsLink, NoSuchName
from services.accounts.permissions import NothingUnderWay
from services.errors import AccessDenied, AuthenticationFailed, InvalidRequest, NotFound
from services.music import clean_text

_MAX_NAME: Final = 60


class DiscogsLinking:
    """What ``/account`` does about Discogs.

    Attributes:
        buttons: Who handles which button, by the prefix of its custom id.
        forms: Likewise.
    """

    def __init__(self, parts: Parts, showing: Showing) -> None:
        """Link in ``parts``, and show what has become of it."""
        self._parts = parts
        self._links = parts.discogs
        self._showing = showing
        self.buttons: dict[str, Handle] = {
            CODE_PREFIX: self._ask_for_code,
            NAME_PREFIX: self._ask_for_name,
            LINK_PREFIX: self._press_link,
            UNLINK_PREFIX: self._press_unlink,
        }
        self.forms: dict[str, Submit] = {
            CODE_PREFIX: self._take_code,
            NAME_PREFIX: self._take_name,
        }

    async def link(
        self,
        interaction: discord.Interaction,
        reply: InteractionReply,
        username: str | None,
        texts: Texts,
    ) -> None:
        """Answer ``/account link-discogs``."""
        if username is not None:
            await self._link_name(reply, username, texts)
        elif self._links.has_oauth:
            await self._begin(interaction, reply, texts)
        else:
            await interaction.response.send_modal(name_form(reply.user_id, texts))

    async def ask_to_unlink(self, reply: InteractionReply, texts: Texts) -> None:
        """Ask before everything is deleted; the reply is acknowledged already."""
        linked = await self._links.describe(reply.user_id)
        if linked is None:
            await reply.show(notice(_nothing_linked(texts)))
            return
        state = await self._parts.copies.state(reply.user_id)
        await reply.show(unlink_panel(linked, state, user_id=reply.user_id, texts=texts))

    # --- Buttons and forms

    async def _ask_for_code(self, pressed: Pressed) -> None:
        form = code_form(pressed.press.owner, pressed.texts)
        await pressed.interaction.response.send_modal(form)

    async def _ask_for_name(self, pressed: Pressed) -> None:
        form = name_form(pressed.press.owner, pressed.texts)
        await pressed.interaction.response.send_modal(form)

    async def _press_link(self, pressed: Pressed) -> None:
        await self._begin(pressed.interaction, pressed.reply, pressed.texts)

    async def _press_unlink(self, pressed: Pressed) -> None:
        reply = pressed.reply
        await reply.acknowledge()
        is_sure = pressed.press.rest == ("yes",)
        await (self._unlink if is_sure else self.ask_to_unlink)(reply, pressed.texts)

    async def _take_code(self, pressed: Pressed, typed: Mapping[str, str]) -> None:
        await self._finish(pressed.reply, typed.get(CODE_FIELD, ""), pressed.texts)

    async def _take_name(self, pressed: Pressed, typed: Mapping[str, str]) -> None:
        await self._link_name(pressed.reply, typed.get(NAME_FIELD, ""), pressed.texts)

    # --- Linking

    async def _link_name(self, reply: InteractionReply, name: str, texts: Texts) -> None:
        await reply.acknowledge()
        shown = escape(shorten(clean_text(name), _MAX_NAME))
        try:
            linked = await self._links.link_username(reply.user_id, name)
        except NoSuchName:
            text = texts.gettext(
                "“{name}” can't be a name on Discogs. It's the one in the address of your page "
                "there: discogs.com/user/…",
                name=shown,
            )
            await reply.fail(notice(text))
        except NotFound:
            text = texts.gettext("Discogs knows nobody called **{name}**.", name=shown)
            await reply.fail(notice(text))
        else:
            await self._linked(reply, linked, texts)

    async def _begin(
        self, interaction: discord.Interaction, reply: InteractionReply, texts: Texts
    ) -> None:
        await reply.acknowledge()
        callback = self._parts.discogs_callback
        url = await self._links.begin(reply.user_id, callback, person=person_of(interaction))
        panel = authorize_panel(
            url, user_id=reply.user_id, has_callback=callback is not None, texts=texts
        )
        await reply.show(panel)

    async def _finish(self, reply: InteractionReply, code: str, texts: Texts) -> None:
        await reply.acknowledge()
        try:
            linked = await self._links.finish(reply.user_id, code)
        except NothingUnderWay:
            text = texts.gettext(
                "That link has expired or was used already. `/account link-discogs` starts anew."
            )
            await reply.fail(notice(text))
        except AccessDenied:
            raise
        except (InvalidRequest, AuthenticationFailed):
            text = texts.gettext("Discogs doesn't take that code. Please copy it once more.")
            await reply.fail(notice(text))
        else:
            await self._linked(reply, linked, texts)

    async def _linked(self, reply: InteractionReply, linked: DiscogsLink, texts: Texts) -> None:
        """Say so, and have the collection read."""
        is_readable = linked.may_write or linked.copies is not None
        if is_readable:
            await self._parts.syncs.start(reply.user_id)
        headline = linked_headline(linked, is_readable=is_readable, texts=texts)
        await self._showing.show(reply, texts, headline=headline)

    async def _unlink(self, reply: InteractionReply, texts: Texts) -> None:
        linked = await self._links.describe(reply.user_id)
        was_linked = await self._links.unlink(reply.user_id)
        if linked is None or not was_linked:
            await reply.show(notice(_nothing_linked(texts)))
            return
        await reply.show(notice(unlinked_text(linked, texts)))


def _nothing_linked(texts: Texts) -> str:
    return texts.gettext("There is nothing to unlink: no Discogs account is linked.")
