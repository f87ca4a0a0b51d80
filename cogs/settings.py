"""``/settings``: what the asker has decided; every answer is for them alone."""

from functools import partial
from typing import Final, Protocol

import discord
from discord import app_commands
from discord.app_commands import Choice, locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import N_, Texts
from bot.ui.host import Host
from bot.ui.pressing import answer_owner, press_of
from bot.ui.reply import InteractionReply
from bot.ui.settings_card import OFF, ON, SHARE_PREFIX, settings_panel
from services.accounts.models import DiscogsLink
from services.accounts.preferences import Preference
from services.errors import NotLinked

_SWITCH: Final = [
    Choice(name=locale_str("on"), value=ON),
    Choice(name=locale_str("off"), value=OFF),
]


class _Preferences(Protocol):
    """``Preferences``, which says what is raised."""

    async def get(self, user_id: int, /) -> Preference: ...
    async def set_sharing(self, user_id: int, on: bool, /) -> None: ...  # noqa: FBT001  # as there


class _Links(Protocol):
    async def describe(self, user_id: int, /) -> DiscogsLink | None: ...


class _Services(Protocol):
    @property
    def preferences(self) -> _Preferences: ...
    @property
    def discogs_links(self) -> _Links: ...
    @property
    def answers(self) -> Answers: ...


async def setup(bot: Host[_Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    await bot.add_cog(
        Settings(
            preferences=services.preferences,
            links=services.discogs_links,
            answers=services.answers,
        )
    )


class Settings(commands.Cog):
    """Shows and changes what a person lets others see."""

    def __init__(self, *, preferences: _Preferences, links: _Links, answers: Answers) -> None:
        """Keep decisions in ``preferences``; only who has one of ``links`` has records to share."""
        super().__init__()
        self._preferences = preferences
        self._links = links
        self._answers = answers

    @app_commands.command(name="settings", description=locale_str("What others see of you here"))
    @app_commands.describe(
        share=locale_str("Let members of servers you are in see which records you own")
    )
    @app_commands.choices(share=_SWITCH)
    async def settings(self, interaction: discord.Interaction, share: str | None = None) -> None:
        """Answer ``/settings``."""
        reply = InteractionReply(interaction, is_private=True)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._answer(reply, share, texts)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle the switch; the panel is its person's alone."""
        press = press_of(interaction, [SHARE_PREFIX])
        if press is not None:
            reply = InteractionReply(interaction, is_private=True)
            await answer_owner(
                interaction,
                press,
                partial(self._answer, reply, press.rest[0]),
                reply=reply,
                answers=self._answers,
                refusal=N_("That's somebody else's. Try `/settings`."),
            )

    async def _answer(self, reply: InteractionReply, share: str | None, texts: Texts) -> None:
        """Change what is to be changed, and show how it is now."""
        await reply.acknowledge()
        before = await self._preferences.get(reply.user_id)
        after = before
        if share is not None:
            if share == ON and await self._links.describe(reply.user_id) is None:
                raise NotLinked("discogs", "share")
            await self._preferences.set_sharing(reply.user_id, share == ON)
            after = await self._preferences.get(reply.user_id)
        panel = settings_panel(
            after,
            user_id=reply.user_id,
            texts=texts,
            has_changed=after.shares is not before.shares,
        )
        await reply.show(panel)
