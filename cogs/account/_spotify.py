"""Linking and unlinking Spotify: by its callback, or by the address that people bring."""

from collections.abc import Mapping

import discord

from bot.i18n import Texts
from bot.ui.notices import notice
from bot.ui.reply import InteractionReply
from bot.ui.spotify_account_card import (
    ADDRESS_FIELD,
    LINK_PREFIX,
    PASTE_PREFIX,
    UNLINK_PREFIX,
    address_form,
    spotify_authorize_panel,
    spotify_linked_headline,
    spotify_unlink_panel,
    spotify_unlinked_text,
)
from cogs.account._ports import Handle, Parts, Pressed, Submit, person_of
from cogs.account._showing import Showing
from services.accounts.permissions import ConsentDenied, NothingUnderWay
from services.errors import InvalidRequest


class SpotifyLinking:
    """What ``/account`` does about Spotify.

    Attributes:
        buttons: Who handles which button, by the prefix of its custom id.
        forms: Likewise.
    """

    def __init__(self, parts: Parts, showing: Showing) -> None:
        """Link in ``parts``, and show what has become of it."""
        self._links = parts.spotify
        self._showing = showing
        self.buttons: dict[str, Handle] = {
            LINK_PREFIX: self._press_link,
            PASTE_PREFIX: self._ask_for_address,
            UNLINK_PREFIX: self._press_unlink,
        }
        self.forms: dict[str, Submit] = {PASTE_PREFIX: self._take_address}

    async def link(
        self, interaction: discord.Interaction, reply: InteractionReply, texts: Texts
    ) -> None:
        """Answer ``/account link-spotify``."""
        await reply.acknowledge()
        url = await self._links.begin(
            reply.user_id, person=person_of(interaction), locale=str(interaction.locale)
        )
        panel = spotify_authorize_panel(
            url,
            user_id=reply.user_id,
            is_brought_back=self._links.is_brought_back,
            texts=texts,
        )
        await reply.show(panel)

    async def ask_to_unlink(self, reply: InteractionReply, texts: Texts) -> None:
        """Ask before everything is deleted; the reply is acknowledged already."""
        linked = await self._links.describe(reply.user_id)
        if linked is None:
            await reply.show(notice(_nothing_linked(texts)))
            return
        await reply.show(spotify_unlink_panel(linked, user_id=reply.user_id, texts=texts))

    # --- Buttons and forms

    async def _press_link(self, pressed: Pressed) -> None:
        await self.link(pressed.interaction, pressed.reply, pressed.texts)

    async def _ask_for_address(self, pressed: Pressed) -> None:
        form = address_form(pressed.press.owner, pressed.texts)
        await pressed.interaction.response.send_modal(form)

    async def _press_unlink(self, pressed: Pressed) -> None:
        reply = pressed.reply
        await reply.acknowledge()
        is_sure = pressed.press.rest == ("yes",)
        await (self._unlink if is_sure else self.ask_to_unlink)(reply, pressed.texts)

    async def _take_address(self, pressed: Pressed, typed: Mapping[str, str]) -> None:
        reply, texts = pressed.reply, pressed.texts
        await reply.acknowledge()
        try:
            linked = await self._links.finish(reply.user_id, typed.get(ADDRESS_FIELD, ""))
        except NothingUnderWay:
            text = texts.gettext(
                "That link has expired or was used already. `/account link-spotify` starts anew."
            )
            await reply.fail(notice(text))
        except ConsentDenied:
            await reply.show(notice(texts.gettext("You said no on Spotify: nothing was linked.")))
        except InvalidRequest:
            text = texts.gettext(
                "Spotify doesn't take that. Copy the whole address that your browser shows after "
                "you've agreed: it has `code=` in it."
            )
            await reply.fail(notice(text))
        else:
            headline = spotify_linked_headline(linked, texts)
            await self._showing.show(reply, texts, headline=headline)

    async def _unlink(self, reply: InteractionReply, texts: Texts) -> None:
        linked = await self._links.describe(reply.user_id)
        was_linked = await self._links.unlink(reply.user_id)
        if linked is None or not was_linked:
            await reply.show(notice(_nothing_linked(texts)))
            return
        await reply.show(notice(spotify_unlinked_text(linked, texts)))


def _nothing_linked(texts: Texts) -> str:
    return texts.gettext("There is nothing to unlink: no Spotify account is linked.")
