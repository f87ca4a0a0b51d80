"""``/help``: what can I do here."""

from collections.abc import Callable
from typing import Final, Protocol

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import N_, Texts
from bot.ui.host import Host
from bot.ui.notices import notice
from bot.ui.reply import InteractionReply

# In the words that Discogs' terms of use prescribe.
_DISCOGS_NOTICE: Final = N_(
    "This application uses Discogs' API but is not affiliated with, sponsored or endorsed "
    "by Discogs. 'Discogs' is a trademark of Zink Media, LLC."
)
_OVERVIEW: Final = (
    N_("**I find records and tell you about them.**"),
    N_("🔎 `/search` – Spotify and Discogs side by side; pick a pressing to see its tracks"),
    N_("🎵 `/album`, `/artist`, `/track` – from Spotify, with what of it you own"),
    N_("📀 `/release` – one pressing: tracks, versions, what it costs, whether you own it"),
    N_("💿 `/collection` – your Discogs records: browse, random pick, export, add, remove"),
    N_("💭 `/wantlist` – what you are looking for on Discogs: browse, add, remove"),
    N_("📬 `/digest` – what is new in collections here, told in a channel on time; join it"),
    N_("🎧 `/playlist` – your playlists on Spotify: new ones from your records, too"),
    N_("👥 `/settings` – share which records you own with the servers you are in, or stop"),
    N_("🔗 `/account` – link your Discogs and Spotify accounts, or unlink them"),
    N_("✍️ `/describe` – AI writes about an album or artist while you watch"),
    N_("🌸 `/haiku` – three lines about a record, an artist or today"),
    N_("🧭 `/discover` – records of your own for a mood"),
    N_("🩺 `/status` – are Spotify, Discogs and EurIA up?"),
    N_("💬 In a direct message, just type what you are looking for, or paste links to music."),
    _DISCOGS_NOTICE,
)
_TOPICS: Final[dict[str, tuple[str, ...]]] = {
    "search": (
        N_("**Searching**"),
        N_("Type an artist, a title or both: `/search query:kind of blue`."),
        N_("`kind` narrows it down: album, artist, track, playlist, or a Discogs release."),
        N_("The menu below the results opens any of them, with its track list."),
        N_("A link to Spotify or Discogs works, too; short ones as well."),
        N_(
            "**Find music links**, under Apps in a message's menu, shows what the message links to."
        ),
        N_(
            "`/release` takes words, a barcode, a catalogue number, or a number or page on Discogs."
        ),
    ),
    "collection": (
        N_("**Your collection**"),
        N_("`/account link-discogs` first: your name is enough if your collection is public."),
        N_("`/collection browse` filters by genre, style, label, format, years, folder, rating."),
        N_("`/collection random` picks one to play; none comes again before all were shown."),
        N_("Say what you are playing, and `random` picks what you haven't played first."),
        N_("`/collection who` and `compare` show records of people here who share theirs."),
        N_("`/collection sync` reads it anew; `full:True` reads everything."),
        N_("`/collection edit` changes rating, folder and notes, where you let me write."),
        N_("`/wantlist browse` marks what you have by now, and offers to clean that up."),
        N_("What you have proven to be yours is shown to you alone; by name only, to the channel."),
        N_("If Discogs is down you see what I read last, and how old it is."),
    ),
    "describe": (
        N_("**Describing**"),
        N_("`/describe topic:Blue Train by John Coltrane` – the text grows while it is written."),
        N_("Facts come from Discogs, the words from EurIA's AI; it can be wrong."),
        N_("**Stop** ends it, **Regenerate** writes another one, `length:long` gives you more."),
        N_("If the AI is down you get the facts instead, and are told so."),
        N_("`/haiku` takes any topic, `/discover mood:rainy Sunday` picks from your own records."),
    ),
    "privacy": (
        N_("**Privacy**"),
        N_("I read only what you send me: commands and direct messages, nothing else."),
        N_("What you describe goes to EurIA (Infomaniak, Switzerland); nothing from Spotify does."),
        N_("I keep no record of who searched for what."),
        N_("`/discover` shows EurIA a list of your records only after you have said yes."),
        N_("I remember the 25 releases you last opened with `/release`, to suggest them to you."),
        N_("What you opened with `/album` and the like, I suggest to you for a day at most."),
        N_(
            "Nobody sees your records through me unless you say so with `/settings`, or join a "
            "digest with `/digest join`."
        ),
        N_(
            "If you link Discogs I keep a copy of your collection and wantlist; `/account unlink` "
            "deletes it."
        ),
        N_(
            "If you link Spotify I keep your id and name there and your permission, encrypted, for "
            "your playlists alone; `/account unlink` deletes that, too."
        ),
    ),
    "sources": (
        N_("**Sources**"),
        _DISCOGS_NOTICE,
        N_("Catalogue data and artwork from Spotify link back to Spotify."),
        N_("Texts are written by AI through EurIA, a service of Infomaniak."),
    ),
}


class _Services(Protocol):
    @property
    def answers(self) -> Answers: ...


async def setup(bot: Host[_Services]) -> None:
    """Add the cog (discord.py calls this)."""
    await bot.add_cog(Help(answers=bot.services.answers))


class Help(commands.Cog):
    """Explains the bot."""

    def __init__(self, *, answers: Answers) -> None:
        """Explain in the reader's language."""
        self._answers = answers

    @app_commands.command(name="help", description=locale_str("What can I do here?"))
    @app_commands.describe(topic=locale_str("One thing in detail"))
    @app_commands.choices(
        topic=[
            app_commands.Choice(name=locale_str("searching"), value="search"),
            app_commands.Choice(name=locale_str("your collection"), value="collection"),
            app_commands.Choice(name=locale_str("describing"), value="describe"),
            app_commands.Choice(name=locale_str("privacy"), value="privacy"),
            app_commands.Choice(name=locale_str("sources"), value="sources"),
        ]
    )
    async def help(self, interaction: discord.Interaction, topic: str | None = None) -> None:
        """Answer ``/help``, to the asker only."""
        async with self._answers.to(InteractionReply(interaction), interaction.locale) as texts:
            text = help_text(topic, texts)
            await interaction.response.send_message(view=notice(text), ephemeral=True)


def help_text(topic: str | None, texts: Texts) -> str:
    """Return the overview, or one topic of it."""
    translate: Callable[[str], str] = texts.gettext
    lines = _TOPICS.get(topic or "", _OVERVIEW)
    shown = (translate(line) for line in lines)
    return "\n".join(shown)
