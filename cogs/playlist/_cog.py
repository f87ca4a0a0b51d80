"""``/playlist``: its options, and who handles its buttons. Every answer is for the asker alone."""

from functools import partial
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Choice, Range, locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import N_
from bot.ui import playlist_buttons as ids
from bot.ui.choices import release_choices
from bot.ui.host import Host
from bot.ui.notices import notice
from bot.ui.pressing import answer_owner, press_of
from bot.ui.reply import InteractionReply
from cogs.collection import _filters as filtering
from cogs.playlist._adding import Adding
from cogs.playlist._looking import Looking
from cogs.playlist._making import Making
from cogs.playlist._ports import Parts, Services
from cogs.playlist._values import playlist_choices
from services.music import clean_text
from services.playlists.models import RecordSource, Selection, Wish

Choices = list[Choice[str]]

_NOTHING: Final = "nothing"
_SOURCES: Final[Choices] = [
    Choice(name=locale_str("nothing: an empty playlist"), value=_NOTHING),
    Choice(name=locale_str("my collection on Discogs"), value=RecordSource.COLLECTION.value),
    Choice(name=locale_str("my wantlist on Discogs"), value=RecordSource.WANTLIST.value),
]
_DECADES: Final[list[Choice[int]]] = [
    Choice(name=f"{year}–{year + 9}", value=year) for year in range(1940, 2030, 10)
]


async def setup(bot: Host[Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    parts = Parts(
        playlists=services.playlists.service,
        runs=services.playlists.runs,
        messages=services.playlists.messages,
        links=services.playlists.links,
        accounts=services.spotify_links,
        genres=services.collection,
        suggestions=services.suggestions,
    )
    await bot.add_cog(Playlist(parts, answers=services.answers))


class Playlist(
    commands.GroupCog,
    group_name="playlist",
    group_description=locale_str("Your own playlists on Spotify"),
):
    """Shows, makes and fills the asker's own playlists, and nobody else's."""

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Answer with ``answers``."""
        super().__init__()
        self._parts = parts
        self._answers = answers
        self._looking, self._making = Looking(parts), Making(parts)
        self._adding = Adding(parts)
        self._handlers = {
            ids.PAGE_PREFIX: self._looking.turn_list,
            ids.TRACKS_PREFIX: self._looking.turn_tracks,
            ids.OPEN_PREFIX: self._looking.open,
            ids.START_PREFIX: self._making.start,
            ids.WATCH_PREFIX: self._making.watch,
            ids.CANCEL_PREFIX: self._making.cancel,
            ids.MORE_PREFIX: self._making.more,
            ids.DROP_PREFIX: self._making.drop,
            ids.ADD_PREFIX: self._adding.ask_where,
            ids.INTO_PREFIX: self._adding.add_here,
            ids.PICK_PREFIX: self._adding.add_this,
        }

    @app_commands.command(name="list", description=locale_str("Your playlists, the newest first"))
    async def list(self, interaction: discord.Interaction) -> None:
        """Answer ``/playlist list``."""
        reply = InteractionReply(interaction, is_private=True)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._looking.list(reply, 1, texts)

    @app_commands.command(name="show", description=locale_str("Look into one of your playlists"))
    @app_commands.describe(playlist=locale_str("Type a few letters and pick it, or paste its link"))
    async def show(self, interaction: discord.Interaction, playlist: Range[str, 1, 200]) -> None:
        """Answer ``/playlist show``."""
        reply = InteractionReply(interaction, is_private=True)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._looking.show(reply, clean_text(playlist), texts)

    @app_commands.command(
        name="create", description=locale_str("Make a playlist, empty or from your records")
    )
    @app_commands.rename(source="from")
    @app_commands.describe(
        name=locale_str("What to call it"),
        source=locale_str("Which records go into it; none by default"),
        genre=locale_str("Only records of this genre"),
        decade=locale_str("Only records of these years"),
        public=locale_str("Whether everybody may see it; only you by default"),
    )
    @app_commands.choices(source=_SOURCES)
    @app_commands.choices(decade=_DECADES)
    async def create(  # noqa: PLR0917  # the options of the command
        self,
        interaction: discord.Interaction,
        name: Range[str, 1, 100],
        source: str = _NOTHING,
        genre: Range[str, 1, 100] | None = None,
        decade: int | None = None,
        public: bool = False,  # noqa: FBT001, FBT002  # an option of the command
    ) -> None:
        """Answer ``/playlist create``."""
        reply = InteractionReply(interaction, is_private=True)
        async with self._answers.to(reply, interaction.locale) as texts:
            name = clean_text(name)
            if not name:
                await reply.fail(notice(texts.gettext("A playlist needs a name.")))
            elif source != _NOTHING:
                selection = Selection(
                    source=RecordSource(source), genre=filtering.name(genre), decade=decade
                )
                wish = Wish(name=name, selection=selection, is_public=public)
                await self._making.propose(reply, wish, texts)
            elif genre is not None or decade is not None:
                said = texts.gettext(
                    "Genre and decade choose among your records: set `from` to your collection or "
                    "your wantlist as well."
                )
                await reply.fail(notice(said))
            else:
                await self._making.create(reply, name, texts, is_public=public)

    @app_commands.command(
        name="add", description=locale_str("Put an album or a track into a playlist")
    )
    @app_commands.describe(
        playlist=locale_str("Type a few letters and pick it, or paste its link"),
        item=locale_str("Artist and title, or a link from Spotify"),
    )
    async def add(
        self,
        interaction: discord.Interaction,
        playlist: Range[str, 1, 200],
        item: Range[str, 1, 200],
    ) -> None:
        """Answer ``/playlist add``."""
        reply = InteractionReply(interaction, is_private=True)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._adding.add(reply, clean_text(playlist), clean_text(item), texts)

    @show.autocomplete("playlist")
    @add.autocomplete("playlist")
    async def suggest_playlist(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the asker's own playlists."""
        user_id = interaction.user.id
        return await playlist_choices(self._parts.playlists.suggest(user_id, clean_text(typed)))

    @add.autocomplete("item")
    async def suggest_item(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest what the asker looked at or owns, by name."""
        found = self._parts.suggestions.releases(interaction.user.id, clean_text(typed))
        return await release_choices(found, by_name=True)

    @create.autocomplete("genre")
    async def suggest_genre(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the genres of the asker's records."""
        user_id = interaction.user.id
        return await filtering.suggest(
            lambda: self._parts.genres.genres(user_id, clean_text(typed))
        )

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle a button or a menu of ours, if it is its owner who uses it."""
        press = press_of(interaction, self._handlers)
        if press is not None:
            await answer_owner(
                interaction,
                press,
                partial(self._handlers[press.prefix], interaction, press),
                reply=InteractionReply(interaction, is_private=True),
                answers=self._answers,
                refusal=N_("This belongs to whoever asked for it. Try `/playlist list` yourself."),
            )
