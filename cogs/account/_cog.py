"""``/account``: which accounts somebody has linked; every answer is for them alone."""

from functools import partial

import discord
from discord import app_commands
from discord.app_commands import Range, locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import N_, Texts
from bot.ui.account_card import KEEP_PREFIX
from bot.ui.buttons import Press
from bot.ui.forms import form_values
from bot.ui.host import Host
from bot.ui.notices import notice
from bot.ui.pressing import answer_owner, press_of
from bot.ui.reply import InteractionReply
from cogs.account._discogs import DiscogsLinking
from cogs.account._ports import Handle, Parts, Pressed, Services, Submit
from cogs.account._showing import Showing
from cogs.account._spotify import SpotifyLinking


async def setup(bot: Host[Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    parts = Parts(
        discogs=services.discogs_links,
        discogs_callback=services.discogs_callback,
        spotify=services.spotify_links,
        copies=services.collection,
        syncs=services.collection_sync,
    )
    await bot.add_cog(Account(parts, answers=services.answers))


class Account(
    commands.GroupCog,
    group_name="account",
    group_description=locale_str("Your linked accounts"),
):
    """Shows, links and unlinks accounts."""

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Work with ``parts``."""
        super().__init__()
        self._answers = answers
        self._showing = Showing(parts)
        self._discogs = DiscogsLinking(parts, self._showing)
        self._spotify = SpotifyLinking(parts, self._showing)
        self._buttons: dict[str, Handle] = {
            KEEP_PREFIX: _keep,
            **self._discogs.buttons,
            **self._spotify.buttons,
        }
        self._forms: dict[str, Submit] = {**self._discogs.forms, **self._spotify.forms}

    @app_commands.command(name="show", description=locale_str("Which accounts you have linked"))
    async def show(self, interaction: discord.Interaction) -> None:
        """Answer ``/account show``."""
        reply = InteractionReply(interaction, is_private=True)
        async with self._answers.to(reply, interaction.locale) as texts:
            await reply.acknowledge()
            await self._showing.show(reply, texts)

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
            await self._discogs.link(interaction, reply, username, texts)

    @app_commands.command(
        name="link-spotify", description=locale_str("Bring your own Spotify playlists here")
    )
    async def link_spotify(self, interaction: discord.Interaction) -> None:
        """Answer ``/account link-spotify``."""
        reply = InteractionReply(interaction, is_private=True)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._spotify.link(interaction, reply, texts)

    @app_commands.command(name="unlink", description=locale_str("Unlink one of your accounts"))
    @app_commands.describe(service=locale_str("Which account"))
    @app_commands.choices(
        service=[
            app_commands.Choice(name="Discogs", value="discogs"),
            app_commands.Choice(name="Spotify", value="spotify"),
        ]
    )
    async def unlink(self, interaction: discord.Interaction, service: str) -> None:
        """Answer ``/account unlink``."""
        reply = InteractionReply(interaction, is_private=True)
        async with self._answers.to(reply, interaction.locale) as texts:
            await reply.acknowledge()
            asked = self._spotify if service == "spotify" else self._discogs
            await asked.ask_to_unlink(reply, texts)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle a button or a form of ours; the panels are their person's alone."""
        press = press_of(interaction, self._buttons)
        if press is None:
            return
        reply = InteractionReply(interaction, is_private=True)
        await answer_owner(
            interaction,
            press,
            partial(self._handle, interaction, reply, press),
            reply=reply,
            answers=self._answers,
            refusal=N_("That's somebody else's. Try `/account show`."),
        )

    async def _handle(
        self,
        interaction: discord.Interaction,
        reply: InteractionReply,
        press: Press,
        texts: Texts,
    ) -> None:
        pressed = Pressed(interaction=interaction, reply=reply, press=press, texts=texts)
        is_form = interaction.type is discord.InteractionType.modal_submit
        if is_form and press.prefix in self._forms:
            await self._forms[press.prefix](pressed, form_values(interaction.data or {}))
        elif not is_form:
            await self._buttons[press.prefix](pressed)


async def _keep(pressed: Pressed) -> None:
    await pressed.reply.acknowledge()
    await pressed.reply.show(notice(pressed.texts.gettext("Kept. Nothing has changed.")))
