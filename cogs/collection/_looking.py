"""``/collection browse`` and ``random``: their options, and what is suggested for them."""

from collections.abc import Awaitable, Callable
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Choice, Range, locale_str

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.collection_card import PAGE_PREFIX
from bot.ui.notices import notice
from bot.ui.pick_card import RANDOM_PREFIX
from bot.ui.reply import InteractionReply
from cogs.collection import _filters as filtering
from cogs.collection._part import Part
from cogs.collection._ports import Parts
from cogs.collection._showing import Showing
from services.collection.models import Filters, Sort
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


class Looking(Part):
    """The commands that show records."""

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Show with ``parts``."""
        super().__init__(parts, answers=answers)
        self._copies = parts.copies
        self._showing = Showing(parts)
        self._handlers |= {
            PAGE_PREFIX: self._showing.turn,
            RANDOM_PREFIX: self._showing.another,
        }

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


async def _own_names(suggest: Suggest, interaction: discord.Interaction, typed: str) -> Choices:
    return await filtering.suggest(lambda: suggest(interaction.user.id, typed))


def _no_day(texts: Texts) -> str:
    return texts.gettext("That's no day I understand. Write 2024, 2024-05 or 2024-05-31.")
