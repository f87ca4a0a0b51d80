"""A playlist that could be made from records: what would be done, and what it costs."""

from collections.abc import Iterator
from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import button, own_id, row_of
from bot.ui.layout import DISCOGS_COLOUR, MAX_TITLE, subtext, view_of
from bot.ui.playlist_buttons import DROP_PREFIX, START_PREFIX
from bot.ui.text import escape, isolate, link, number, one_line
from services.playlists.models import Draft, RecordSource, Selection, Wish

DISCOGS: Final = "https://www.discogs.com"


def about(selection: Selection, texts: Texts) -> str:
    """Return what a playlist's description says, in plain words."""
    source = _source(selection, texts)
    return " · ".join([source, *_filters(selection, texts), "AIME"])


def draft_card(draft: Draft, *, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return what would be done and what it costs, with the buttons to do it or not."""
    progress, run_id = draft.run.progress, draft.run.run_id
    wish = progress.wish
    name = isolate(one_line(wish.name, MAX_TITLE))
    facts = " · ".join([*map(escape, _facts(wish, texts))])
    heading = f"### 🎧 {name}\n{facts}"
    records: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay("\n".join([heading, "", *_choice_lines(draft, texts)])),
        accent_colour=DISCOGS_COLOUR,
    )
    records.add_item(ui.TextDisplay(attribution(texts)))
    label = texts.gettext("Add them") if progress.made else texts.gettext("Create it")
    start = button(
        label,
        own_id(START_PREFIX, user_id, run_id),
        style=discord.ButtonStyle.success,
    )
    drop = button(texts.gettext("Never mind"), own_id(DROP_PREFIX, user_id, run_id))
    return view_of(records, row_of(start, drop))


def _choice_lines(draft: Draft, texts: Texts) -> Iterator[str]:
    progress, language = draft.run.progress, texts.language
    taken = len(progress.albums)
    yield texts.ngettext(
        "**{number}** album fits.",
        "**{number}** albums fit.",
        draft.matching,
        number=number(draft.matching, language),
    )
    if progress.left or progress.before:
        yield texts.ngettext(
            "I'll look for **{number}** of them on Spotify now, the last one added.",
            "I'll look for **{number}** of them on Spotify now, those added last first.",
            taken,
            number=number(taken, language),
        )
    else:
        yield texts.gettext("I'll look for them on Spotify and add their tracks.")
    if draft.is_short:
        yield texts.gettext("More than that would exceed today's requests; go on tomorrow.")
    elif progress.left:
        yield texts.gettext("You can go on with the others afterwards.")
    yield subtext(_cost(draft, texts))


def _cost(draft: Draft, texts: Texts) -> str:
    language = texts.language
    said = texts.gettext(
        "Costs about {requests} to {most} of the {daily} requests that this bot has a day; {left} "
        "are left for such work.",
        requests=number(draft.requests, language),
        most=number(draft.most_requests, language),
        daily=number(draft.daily, language),
        left=number(draft.left, language),
    )
    if draft.most_requests > draft.left:
        said += " " + texts.gettext(
            "Should they run out, I'll go on by myself once there are more."
        )
    return said


def _facts(wish: Wish, texts: Texts) -> Iterator[str]:
    yield _source(wish.selection, texts)
    yield from _filters(wish.selection, texts)
    yield texts.gettext("public") if wish.is_public else texts.gettext("private")


def _source(selection: Selection, texts: Texts) -> str:
    if selection.source is RecordSource.COLLECTION:
        return texts.gettext("From your collection")
    return texts.gettext("From your wantlist")


def _filters(selection: Selection, texts: Texts) -> Iterator[str]:
    if selection.genre:
        yield selection.genre
    if selection.decade is not None:
        yield texts.gettext("the {decade}s", decade=selection.decade)


def attribution(texts: Texts) -> str:
    """Return where the records' names come from, as one small line."""
    return subtext(link(texts.gettext("Data provided by Discogs"), DISCOGS))
