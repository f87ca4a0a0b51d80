"""The commands of ``/collection``: their options, and who handles them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import Choice, Range, locale_str
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.buttons import Press, read_press
from bot.ui.collection_card import PAGE_PREFIX, RANDOM_PREFIX
from bot.ui.copy_cards import ADD_PREFIX, KEEP_PREFIX, REMOVE_PREFIX
from bot.ui.host import Host
from bot.ui.notices import notice
from bot.ui.reply import InteractionReply
from bot.ui.sync_card import CANCEL_PREFIX
from cogs.collection import _filters as filtering
from cogs.collection._changing import Changing
from cogs.collection._ports import Parts, Services
from cogs.collection._showing import Showing
from cogs.collection._syncing import Syncing
from services.collection.models import ExportFormat, Filters, Sort
from services.collection.views import CollectionView

Text = Range[str, 1, 100]
Year = Range[int, 1860, 2100]
Choices = list[Choice[str]]
Suggest = Callable[[int, str], Awaitable[tuple[str, ...]]]

_DECADES: Final[list[Choice[int]]] = [
    Choice(name=f"{year}–{year + 9}", value=year) for year in range(1940, 2030, 10)
]
_SORTS: Final[Choices] = [
    Choice(name=locale_str("newest in the collection first"), value=Sort.ADDED.value),
    Choice(name=locale_str("by artist"), value=Sort.ARTIST.value),
    Choice(name=locale_str("by title"), value=Sort.TITLE.value),
    Choice(name=locale_str("oldest pressing first"), value=Sort.YEAR.value),
    Choice(name=locale_str("by label"), value=Sort.LABEL.value),
    Choice(name=locale_str("best rated first"), value=Sort.RATING.value),
]
_FORMATS: Final[Choices] = [
    Choice(name=locale_str("CSV, which Discogs can import"), value=ExportFormat.CSV.value),
    Choice(name="JSON", value=ExportFormat.JSON.value),
    Choice(name="Markdown", value=ExportFormat.MARKDOWN.value),
]
_PREFIXES: Final = (
    PAGE_PREFIX,
    RANDOM_PREFIX,
    CANCEL_PREFIX,
    ADD_PREFIX,
    REMOVE_PREFIX,
    KEEP_PREFIX,
)


async def setup(bot: Host[Services]) -> None:
    """Add the cog (discord.py calls this)."""
    services = bot.services
    parts = Parts(
        copies=services.collection,
        syncs=services.collection_sync,
        views=services.collection_views,
        links=services.discogs_links,
        sync_messages=services.sync_messages,
    )
    await bot.add_cog(Collection(parts, answers=services.answers))


class Collection(
    commands.GroupCog,
    group_name="collection",
    group_description=locale_str("Your record collection on Discogs"),
):
    """Shows, reads and changes the asker's own collection, and nobody else's."""

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Work with ``parts``."""
        super().__init__()
        self._copies = parts.copies
        self._answers = answers
        self._showing = Showing(parts)
        self._syncing = Syncing(parts)
        self._changing = Changing(parts)

    @app_commands.command(name="sync", description=locale_str("Read your collection from Discogs"))
    @app_commands.describe(full=locale_str("Read all of it, not only what is new"))
    async def sync(self, interaction: discord.Interaction, full: bool = False) -> None:  # noqa: FBT001, FBT002  # a command option
        """Answer ``/collection sync``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._syncing.sync(reply, texts, full=full)

    @app_commands.command(
        name="browse", description=locale_str("Look through your records, filtered and sorted")
    )
    @app_commands.describe(
        text=locale_str("Words in artist, title, label, number or notes"),
        artist=locale_str("Part of an artist's name"),
        genre=locale_str("A genre"),
        style=locale_str("A style"),
        label=locale_str("Part of a label's name"),
        format=locale_str('Vinyl, CD, LP, 7" …'),
        decade=locale_str("When the pressing came out"),
        from_year=locale_str("First year of the pressing"),
        to_year=locale_str("Last year of the pressing"),
        folder=locale_str("One of your folders on Discogs"),
        min_rating=locale_str("Your rating, at least"),
        added_since=locale_str("In your collection since: 2024, 2024-05 or 2024-05-31"),
        sort=locale_str("In which order; the newest first by default"),
    )
    @app_commands.choices(decade=_DECADES)
    @app_commands.choices(sort=_SORTS)
    async def browse(  # noqa: PLR0917  # the options of the command
        self,
        interaction: discord.Interaction,
        text: Text | None = None,
        artist: Text | None = None,
        genre: Text | None = None,
        style: Text | None = None,
        label: Text | None = None,
        format: Text | None = None,  # noqa: A002  # the option's name is an interface
        decade: int | None = None,
        from_year: Year | None = None,
        to_year: Year | None = None,
        folder: Text | None = None,
        min_rating: Range[int, 1, 5] | None = None,
        added_since: Text | None = None,
        sort: str = Sort.ADDED.value,
    ) -> None:
        """Answer ``/collection browse``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            since = filtering.parse_day(added_since) if added_since else None
            if added_since and since is None:
                await reply.fail(notice(_no_day(texts)))
                return
            filters = Filters(
                text=filtering.name(text),
                artist=filtering.name(artist),
                genre=filtering.name(genre),
                style=filtering.name(style),
                label=filtering.name(label),
                format=filtering.name(format),
                decade=decade,
                from_year=from_year,
                to_year=to_year,
                folder=filtering.name(folder),
                min_rating=min_rating,
                added_since=since,
            )
            view = CollectionView(filters=filters, sort=Sort(sort))
            await self._showing.browse(reply, view, texts)

    @app_commands.command(name="random", description=locale_str("Pick a record for me to play"))
    @app_commands.describe(
        genre=locale_str("A genre"),
        style=locale_str("A style"),
        format=locale_str('Vinyl, CD, LP, 7" …'),
        decade=locale_str("When the pressing came out"),
    )
    @app_commands.choices(decade=_DECADES)
    async def random(
        self,
        interaction: discord.Interaction,
        genre: Text | None = None,
        style: Text | None = None,
        format: Text | None = None,  # noqa: A002  # the option's name is an interface
        decade: int | None = None,
    ) -> None:
        """Answer ``/collection random``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            filters = Filters(
                genre=filtering.name(genre),
                style=filtering.name(style),
                format=filtering.name(format),
                decade=decade,
            )
            await self._showing.random(reply, CollectionView(filters=filters), texts)

    @app_commands.command(
        name="export", description=locale_str("Get your collection as a file, for you alone")
    )
    @app_commands.describe(format=locale_str("Which kind of file"))
    @app_commands.choices(format=_FORMATS)
    async def export(self, interaction: discord.Interaction, format: str) -> None:  # noqa: A002  # the option's name is an interface
        """Answer ``/collection export``."""
        async with self._answers.to(InteractionReply(interaction), interaction.locale) as texts:
            await self._changing.export(interaction, ExportFormat(format), texts)

    @app_commands.command(name="add", description=locale_str("Add a record to your collection"))
    @app_commands.describe(
        artist=locale_str("Who made it; leave it out for a form"),
        title=locale_str("What it is called; leave it out for a form"),
    )
    async def add(
        self,
        interaction: discord.Interaction,
        artist: Range[str, 1, 200] | None = None,
        title: Range[str, 1, 200] | None = None,
    ) -> None:
        """Answer ``/collection add``."""
        async with self._answers.to(InteractionReply(interaction), interaction.locale) as texts:
            await self._changing.add(interaction, artist or "", title or "", texts)

    @app_commands.command(
        name="remove", description=locale_str("Remove a record from your collection")
    )
    @app_commands.describe(item=locale_str("Type a few letters and pick the record"))
    async def remove(self, interaction: discord.Interaction, item: Text) -> None:
        """Answer ``/collection remove``."""
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._changing.remove(reply, item, texts)

    # --- Buttons and forms

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Handle a button or a form of ours, if it is its owner who uses it."""
        data: Mapping[str, Any] = interaction.data or {}
        press = read_press(str(data.get("custom_id", "")), _PREFIXES)
        if press is None:
            return
        reply = InteractionReply(interaction)
        async with self._answers.to(reply, interaction.locale) as texts:
            if press.owner != interaction.user.id:
                text = texts.gettext(
                    "This belongs to whoever asked for it. Try `/collection browse` yourself."
                )
                await reply.fail(notice(text))
                return
            await self._handle(interaction, press, texts)

    async def _handle(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        if press.prefix == PAGE_PREFIX:
            await self._showing.turn(interaction, press, texts)
        elif press.prefix == RANDOM_PREFIX:
            await self._showing.another(interaction, press, texts)
        elif press.prefix == CANCEL_PREFIX:
            await self._syncing.cancel(interaction, texts)
        elif press.prefix == ADD_PREFIX:
            await self._changing.add_from_form(interaction, texts)
        elif press.prefix == REMOVE_PREFIX:
            await self._changing.confirm_removal(interaction, press, texts)
        else:
            await self._changing.keep(interaction, texts)

    # --- Suggestions, from what is stored: nobody upstream is asked

    @browse.autocomplete("genre")
    @random.autocomplete("genre")
    async def suggest_genre(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest genres of the asker's records."""
        return await _own_names(self._copies.genres, interaction, typed)

    @browse.autocomplete("style")
    @random.autocomplete("style")
    async def suggest_style(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest styles of the asker's records."""
        return await _own_names(self._copies.styles, interaction, typed)

    @browse.autocomplete("format")
    @random.autocomplete("format")
    async def suggest_format(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest formats of the asker's records."""
        return await _own_names(self._copies.formats, interaction, typed)

    @browse.autocomplete("label")
    async def suggest_label(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest labels of the asker's records."""
        return await _own_names(self._copies.labels, interaction, typed)

    @browse.autocomplete("folder")
    async def suggest_folder(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the asker's folders."""
        return await _own_names(self._copies.folders, interaction, typed)

    @browse.autocomplete("added_since")
    async def suggest_day(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest days of the past."""
        return filtering.suggest_days(interaction, typed)

    @remove.autocomplete("item")
    async def suggest_item(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the asker's own records."""
        texts = self._answers.texts(interaction.locale)
        user_id = interaction.user.id
        return await filtering.suggest_items(
            lambda: self._changing.suggestions(user_id, typed, texts)
        )


async def _own_names(suggest: Suggest, interaction: discord.Interaction, typed: str) -> Choices:
    return await filtering.suggest(lambda: suggest(interaction.user.id, typed))


def _no_day(texts: Texts) -> str:
    return texts.gettext("That's no day I understand. Write 2024, 2024-05 or 2024-05-31.")
