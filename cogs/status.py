"""``/status``: how the upstreams are doing, as users see it."""

from typing import Protocol

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.errors import Answers, service_name
from bot.i18n import Texts
from bot.ui.host import Host
from bot.ui.notices import notice
from bot.ui.reply import InteractionReply
from bot.ui.text import timestamp
from services.health import Condition, Health, UpstreamHealth

_MARKS = {
    Condition.UP: "🟢",
    Condition.RECOVERING: "🟡",
    Condition.REDUCED: "🟡",
    Condition.DOWN: "🔴",
    Condition.DISABLED: "⚪",
}


class _Services(Protocol):
    @property
    def health(self) -> Health: ...
    @property
    def answers(self) -> Answers: ...


async def setup(bot: Host[_Services]) -> None:
    """Add the cog (discord.py calls this)."""
    await bot.add_cog(Status(health=bot.services.health, answers=bot.services.answers))


class Status(commands.Cog):
    """Tells how the bot is doing."""

    def __init__(self, *, health: Health, answers: Answers) -> None:
        """Report ``health``."""
        self._health = health
        self._answers = answers

    @app_commands.command(
        name="status", description=locale_str("How Spotify, Discogs and EurIA are doing right now")
    )
    async def status(self, interaction: discord.Interaction) -> None:
        """Answer ``/status``; nobody upstream is asked."""
        async with self._answers.to(InteractionReply(interaction), interaction.locale) as texts:
            lines = [texts.gettext("**How things are**")]
            lines.extend(_line(upstream, texts) for upstream in self._health.upstreams())
            await interaction.response.send_message(view=notice("\n".join(lines)), ephemeral=True)


def _line(upstream: UpstreamHealth, texts: Texts) -> str:
    name = service_name(upstream.name)
    return f"{_MARKS[upstream.condition]} **{name}** – " + _sentence(upstream, texts)


def _sentence(upstream: UpstreamHealth, texts: Texts) -> str:
    settings = ", ".join(f"`{name}`" for name in upstream.settings)
    if upstream.condition is Condition.DOWN and upstream.retry_at is not None:
        when = timestamp(upstream.retry_at)
        return texts.gettext("not answering; I'll try it again {when}", when=when)
    if upstream.condition is Condition.DISABLED:
        return texts.gettext("not set up; {settings} would enable it", settings=settings)
    if upstream.condition is Condition.REDUCED:
        return texts.gettext("releases only, no search; {settings} is missing", settings=settings)
    if upstream.condition is Condition.RECOVERING:
        return texts.gettext("coming back; the next question will tell")
    if upstream.waiting:
        return texts.ngettext(
            "working, {count} question waiting",
            "working, {count} questions waiting",
            upstream.waiting,
        )
    return texts.gettext("working")
