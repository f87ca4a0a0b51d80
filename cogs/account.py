"""``/account``: which accounts somebody has linked; every answer is for them alone."""

from collections.abc import Mapping
from functools import partial
from typing import Final, Protocol

import discord
from discord import app_commands
from discord.app_commands import Range, locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import N_, Texts
from bot.ui.account_card import (
    CODE_FIELD,
    CODE_PREFIX,
    KEEP_PREFIX,
    LINK_PREFIX,
    NAME_FIELD,
    NAME_PREFIX,
    UNLINK_PREFIX,
    account_panel,
    authorize_panel,
    code_form,
    linked_headline,
    name_form,
    unlink_panel,
    unlinked_text,
)
from bot.ui.buttons import Press
from bot.ui.forms import form_values
from bot.ui.host import Host
from bot.ui.notices import notice
from bot.ui.pressing import answer_owner, press_of
from bot.ui.reply import InteractionReply
from bot.ui.text import escape, shorten
from services.accounts.models import DiscogsLink, NoSuchName
from services.accounts.permissions import NothingUnderWay
from services.collection.models import SyncState
from services.errors import AccessDenied, AuthenticationFailed, InvalidRequest, NotFound
from services.music import clean_text

_MAX_NAME: Final = 60
_PREFIXES: Final = (CODE_PREFIX, NAME_PREFIX, LINK_PREFIX, UNLINK_PREFIX, KEEP_PREFIX)


class _Links(Protocol):
    """``DiscogsLinks``, which says what is raised."""

    @property
    def has_oauth(self) -> bool: ...
    async def describe(self, user_id: int, /) -> DiscogsLink | None: ...
    async def link_username(self, user_id: int, name: str, /) -> DiscogsLink: ...
    async def begin(self, user_id: int, callback: str | None, /, *, person: str) -> str: ...
    async def finish(self, user_id: int, verifier: str, /) -> DiscogsLink: ...
    async def unlink(self, user_id: int, /) -> bool: ...


class _Copies(Protocol):
    async def state(self, user_id: int, /) -> SyncState | None: ...


class _Syncs(Protocol):
    async def start(self, user_id: int, /) -> bool: ...


class _Services(Protocol):
    @property
    def discogs_links(self) -> _Links: ...
    @property
    def discogs_callback(self) -> str | None: ...
    @property
    def collection(self) -> _Copies: ...
    @property
    def collection_sync(self) -> _Syncs: ...
    @property
    def answers(self) -> Answers: ...


async def setup(bot: Host[_Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    await bot.add_cog(
        Account(
            links=services.discogs_links,
            callback=services.discogs_callback,
            copies=services.collection,
            syncs=services.collection_sync,
            answers=services.answers,
        )
    )


class Account(
    commands.GroupCog,
    group_name="account",
    group_description=locale_str("Your linked accounts"),
):
    """Links and unlinks accounts."""

    def __init__(
        self,
        *,
        links: _Links,
        callback: str | None,
        copies: _Copies,
        syncs: _Syncs,
        answers: Answers,
    ) -> None:
        """Link with ``links``.

        Args:
            links: Keeps the links.
            callback: Where Discogs sends people back to; None: they bring a code.
            copies: Knows how collections stand.
            syncs: Reads a collection once it is linked.
            answers: Answers.
        """
        super().__init__()
        self._links = links
        self._callback = callback
        self._copies = copies
        self._syncs = syncs
        self._answers = answers

    @app_commands.command(name="show", description=locale_str("Which accounts you have linked"))
    async def show(self, interaction: discord.Interaction) -> None:
        """Answer ``/account show``."""
        reply = InteractionReply(interaction, is_private=True)
        async with self._answers.to(reply, interaction.locale) as texts:
            await reply.acknowledge()
            linked = await self._links.describe(reply.user_id)
            await self._show_panel(reply, linked, texts)

    @app_commands.command(
        name="link-discogs", description=locale_str("Bring your Discogs collection here")
    )
    @app_commands.describe(
        username=locale_str("Your name on Discogs: enough for a public collection")
    )
    async def link_discogs(
        self, interaction: discord.Interaction, username: Range[str, 1, 200] | None = None
    ) -> None:
        """Answer ``/account link-discogs``."""
        reply = InteractionReply(interaction, is_private=True)
        async with self._answers.to(reply, interaction.locale) as texts:
            if username is not None:
                await self._link_name(reply, username, texts)
            elif self._links.has_oauth:
                await self._begin(interaction, reply, texts)
            else:
                await interaction.response.send_modal(name_form(reply.user_id, texts))

    @app_commands.command(name="unlink", description=locale_str("Unlink one of your accounts"))
    @app_commands.describe(service=locale_str("Which account"))
    @app_commands.choices(service=[app_commands.Choice(name="Discogs", value="discogs")])
    async def unlink(self, interaction: discord.Interaction, service: str) -> None:
        """Answer ``/account unlink``."""
        del service  # there is only one to choose so far
        reply = InteractionReply(interaction, is_private=True)
        async with self._answers.to(reply, interaction.locale) as texts:
            await reply.acknowledge()
            await self._ask_to_unlink(reply, texts)

    # --- Buttons and forms

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle a button or a form of ours; the panels are their person's alone."""
        press = press_of(interaction, _PREFIXES)
        if press is None:
            return
        reply = InteractionReply(interaction, is_private=True)
        handle = (
            partial(self._submitted, reply, press, form_values(interaction.data or {}))
            if interaction.type is discord.InteractionType.modal_submit
            else partial(self._pressed, interaction, reply, press)
        )
        await answer_owner(
            interaction,
            press,
            handle,
            reply=reply,
            answers=self._answers,
            refusal=N_("That's somebody else's. Try `/account show`."),
        )

    async def _submitted(
        self, reply: InteractionReply, press: Press, typed: Mapping[str, str], texts: Texts
    ) -> None:
        if press.prefix == CODE_PREFIX:
            await self._finish(reply, typed.get(CODE_FIELD, ""), texts)
        elif press.prefix == NAME_PREFIX:
            await self._link_name(reply, typed.get(NAME_FIELD, ""), texts)

    async def _pressed(
        self,
        interaction: discord.Interaction,
        reply: InteractionReply,
        press: Press,
        texts: Texts,
    ) -> None:
        if press.prefix == CODE_PREFIX:
            await interaction.response.send_modal(code_form(press.owner, texts))
        elif press.prefix == NAME_PREFIX:
            await interaction.response.send_modal(name_form(press.owner, texts))
        elif press.prefix == LINK_PREFIX:
            await self._begin(interaction, reply, texts)
        elif press.prefix == KEEP_PREFIX:
            await reply.acknowledge()
            await reply.show(notice(texts.gettext("Kept. Nothing has changed.")))
        else:
            await reply.acknowledge()
            await (self._unlink if press.rest == ("yes",) else self._ask_to_unlink)(reply, texts)

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
        person = f"{interaction.user.display_name} (@{interaction.user.name})"
        url = await self._links.begin(reply.user_id, self._callback, person=person)
        panel = authorize_panel(
            url, user_id=reply.user_id, has_callback=self._callback is not None, texts=texts
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
            await self._syncs.start(reply.user_id)
        headline = linked_headline(linked, is_readable=is_readable, texts=texts)
        await self._show_panel(reply, linked, texts, headline=headline)

    async def _show_panel(
        self,
        reply: InteractionReply,
        linked: DiscogsLink | None,
        texts: Texts,
        *,
        headline: str = "",
    ) -> None:
        state = None if linked is None else await self._copies.state(reply.user_id)
        panel = account_panel(
            linked,
            state,
            user_id=reply.user_id,
            has_oauth=self._links.has_oauth,
            texts=texts,
            headline=headline,
        )
        await reply.show(panel)

    # --- Unlinking

    async def _ask_to_unlink(self, reply: InteractionReply, texts: Texts) -> None:
        linked = await self._links.describe(reply.user_id)
        if linked is None:
            await reply.show(notice(_nothing_linked(texts)))
            return
        state = await self._copies.state(reply.user_id)
        await reply.show(unlink_panel(linked, state, user_id=reply.user_id, texts=texts))

    async def _unlink(self, reply: InteractionReply, texts: Texts) -> None:
        linked = await self._links.describe(reply.user_id)
        was_linked = await self._links.unlink(reply.user_id)
        if linked is None or not was_linked:
            await reply.show(notice(_nothing_linked(texts)))
            return
        await reply.show(notice(unlinked_text(linked, texts)))


def _nothing_linked(texts: Texts) -> str:
    return texts.gettext("There is nothing to unlink: no Discogs account is linked.")
