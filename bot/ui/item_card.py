"""One Discogs release or one Spotify item as a message."""

from typing import Final

from discord import ui

from bot.i18n import Texts
from bot.ui.layout import (
    DISCOGS_COLOUR,
    MAX_TITLE,
    SPOTIFY_COLOUR,
    subtext,
    with_picture,
)
from bot.ui.provenance import source_line
from bot.ui.search_card import by_line, title_line
from bot.ui.text import escape, escape_paragraphs, fit, link, shorten
from bot.ui.tracklist import tracklist
from services.answers import Answer
from services.discogs.models import Release
from services.spotify.models import SpotifyItem

_MAX_TRACKS: Final = 25
_MAX_TRACK_TEXT: Final = 1_400
_MAX_NOTES: Final = 400


def release_card(answer: Answer[Release], texts: Texts) -> ui.Container[ui.LayoutView]:
    """Return a release with its tracks, labels and notes."""
    release = answer.value
    alt = texts.gettext("Picture of {name}", name=release.title)
    heading = f"## {link(shorten(release.title, MAX_TITLE), release.url)}\n{_about(release)}"
    card: ui.Container[ui.LayoutView] = ui.Container(
        with_picture(heading, release.image_url, alt), accent_colour=DISCOGS_COLOUR
    )
    if release.tracks:
        card.add_item(ui.Separator())
        card.add_item(ui.TextDisplay(tracklist(release.tracks, texts, limit=_MAX_TRACK_TEXT)))
    notes = escape_paragraphs(fit(release.notes, _MAX_NOTES))
    if notes:
        card.add_item(ui.Separator())
        card.add_item(ui.TextDisplay(notes))
    footer = [link(texts.gettext("Data provided by Discogs"), release.url)]
    note = source_line("discogs", answer, texts)
    card.add_item(ui.TextDisplay("\n".join(map(subtext, [*([note] if note else []), *footer]))))
    return card


def spotify_card(answer: Answer[SpotifyItem], texts: Texts) -> ui.Container[ui.LayoutView]:
    """Return a Spotify item with its tracks, if it is an album."""
    item = answer.value
    alt = texts.gettext("Picture of {name}", name=item.name)
    heading = f"## {title_line(item)}\n{by_line(item, texts)}"
    card: ui.Container[ui.LayoutView] = ui.Container(
        with_picture(heading, item.image_url, alt), accent_colour=SPOTIFY_COLOUR
    )
    if item.tracks:
        rows = [f"{number}. {escape(title)}" for number, title in enumerate(item.tracks, 1)]
        card.add_item(ui.Separator())
        card.add_item(ui.TextDisplay(_within(rows, texts)))
    note = source_line("spotify", answer, texts)
    footer = [link(texts.gettext("Listen on Spotify"), item.url)]
    card.add_item(ui.TextDisplay("\n".join(map(subtext, [*([note] if note else []), *footer]))))
    return card


def _about(release: Release) -> str:
    lines = [escape(shorten(release.artist, MAX_TITLE))]
    first = " · ".join(part for part in (str(release.year or ""), release.country) if part)
    styles = ", ".join((*release.genres, *release.styles)[:6])
    small = (first, *release.formats[:2], ", ".join(release.labels[:3]), styles)
    lines.extend(subtext(escape(shorten(text, MAX_TITLE))) for text in small if text)
    return "\n".join(line for line in lines if line)


def _within(rows: list[str], texts: Texts) -> str:
    """Join as many rows as fit, and count the others."""
    shown: list[str] = []
    size = 0
    for row in rows[:_MAX_TRACKS]:
        size += len(row) + 1
        if size > _MAX_TRACK_TEXT:
            break
        shown.append(row)
    left = len(rows) - len(shown)
    if left:
        shown.append(
            subtext(texts.ngettext("and {count} more track", "and {count} more tracks", left))
        )
    return "\n".join(shown)
