"""One Discogs release with everything about it, as ``/release`` shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from discord import ui

from bot.errors import sentence
from bot.i18n import Texts
from bot.ui.buttons import Button, button, link_button, own_id, row_of
from bot.ui.layout import DISCOGS_COLOUR, subtext, view_of, with_picture
from bot.ui.match_card import release_button
from bot.ui.provenance import source_line
from bot.ui.release_details import details
from bot.ui.release_market import market_text
from bot.ui.text import escape_paragraphs, fit, isolate, link, one_line
from bot.ui.tracklist import tracklist
from services.answers import Answer
from services.catalogue.queries import Reading
from services.catalogue.release_view import ReleaseView
from services.collection.models import Owned, StoredCopy
from services.discogs.models import Release
from services.errors import ExternalServiceException

ADD_PREFIX: Final = "release:add"
WISH_PREFIX: Final = "release:wish"
# What a message holds, 4,000 characters, shared out.
_MAX_QUERY: Final = 80
_MAX_NAME: Final = 140
_MAX_LINE: Final = 150
_MAX_BADGE: Final = 60
_MAX_TRACKS: Final = 1_050
_MAX_NOTES: Final = 350

Menu = ui.Select[ui.LayoutView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Badges:
    """What the asker has to do with a release.

    Attributes:
        owned: What they have of it.
        is_wanted: It is on their wantlist.
        is_other_wanted: Another pressing of it is.
    """

    owned: Owned
    is_wanted: bool = False
    is_other_wanted: bool = False


def release_card(
    view: ReleaseView,
    release: Answer[Release],
    badges: Badges,
    *,
    menus: tuple[Menu, ...],
    user_id: int,
    texts: Texts,
) -> ui.LayoutView:
    """Return the message for a release, with what is known of it so far.

    Args:
        view: What is known.
        release: The release of it.
        badges: What the asker has to do with it.
        menus: Other releases to pick; at most 2.
        user_id: Who asked, and may use buttons and menus.
        texts: The asker's language.
    """
    found = _reading(view, texts)
    message = view_of(*([ui.TextDisplay(found)] if found else []))
    message.add_item(_card(view, release, badges, texts))
    for menu in menus:
        message.add_item(ui.ActionRow(menu))
    message.add_item(row_of(*_buttons(release.value, badges, user_id, texts)))
    return message


def nothing_card(view: ReleaseView, texts: Texts) -> ui.LayoutView:
    """Return what to say when nothing was found, or Discogs could not look."""
    name = one_line(view.query, _MAX_QUERY)
    lines = [texts.gettext("Nothing to show for **{query}**", query=name)]
    search = view.search
    note = source_line("discogs", search, texts) if search is not None else None
    lines.append(note or texts.gettext("Nothing found. Check the spelling?"))
    if search is not None:
        link_text = texts.gettext("Search on {service}", service="Discogs")
        lines.append(link(link_text, search.value.search_url))
    return view_of(ui.Container(ui.TextDisplay("\n".join(lines)), accent_colour=DISCOGS_COLOUR))


def _reading(view: ReleaseView, texts: Texts) -> str:
    query = one_line(view.query, _MAX_QUERY)
    if view.is_doubtful:
        return texts.gettext("Nothing fits **{query}** well; this comes closest", query=query)
    return {
        None: "",
        Reading.RELEASE: texts.gettext("Found by its number on Discogs"),
        Reading.MASTER: texts.gettext("Found by its master: this is the main pressing"),
        Reading.BARCODE: texts.gettext("Found by its barcode **{query}**", query=query),
        Reading.CATNO: texts.gettext("Found by its catalogue number **{query}**", query=query),
        Reading.TEXT: texts.gettext("Best match for **{query}**", query=query),
    }[view.reading]


def _card(
    view: ReleaseView, answer: Answer[Release], badges: Badges, texts: Texts
) -> ui.Container[ui.LayoutView]:
    release = answer.value
    alt = texts.gettext("Picture of {name}", name=release.title or "?")
    card: ui.Container[ui.LayoutView] = ui.Container(
        with_picture("\n".join(_heading(view, release, texts)), release.image_url, alt),
        accent_colour=DISCOGS_COLOUR,
    )
    own = "\n".join(_badges(badges, texts))
    notes = escape_paragraphs(fit(release.notes, _MAX_NOTES))
    small_print = "\n".join(map(subtext, details(release)))
    tracks = tracklist(release.tracks, texts, limit=_MAX_TRACKS)
    if own:
        card.add_item(ui.TextDisplay(own))
    for text in (tracks, notes, small_print, market_text(view, release, texts)):
        if text:
            card.add_item(ui.Separator())
            card.add_item(ui.TextDisplay(text))
    card.add_item(ui.TextDisplay("\n".join(map(subtext, _footer(view, answer, texts)))))
    return card


def _heading(view: ReleaseView, release: Release, texts: Texts) -> Iterator[str]:
    title = fit(release.title, _MAX_NAME) or texts.gettext("Untitled")
    yield f"## {isolate(link(title, release.url))}"
    if artist := one_line(release.artist, _MAX_NAME):
        yield isolate(artist)
    first = view.first_released
    issued = (
        ", ".join(release.labels[:3]),
        str(release.year or ""),
        release.country or "",
        texts.gettext("first released in {year}", year=first) if first else "",
    )
    lines = (
        " · ".join(part for part in issued if part),
        " · ".join(release.formats[:4]),
        ", ".join((*release.genres, *release.styles)[:6]),
    )
    yield from (subtext(line) for text in lines if (line := one_line(text, _MAX_LINE)))


def _badges(badges: Badges, texts: Texts) -> Iterator[str]:
    owned = badges.owned
    if owned.copies > 1:
        yield texts.gettext("✅ In your collection, {count}×", count=owned.copies)
    elif owned.copies:
        yield texts.gettext("✅ In your collection")
    if owned.others:
        said = texts.ngettext(
            "📀 {count} other pressing in your collection",
            "📀 {count} other pressings in your collection",
            owned.others,
        )
        facts = "; ".join(filter(None, map(_pressing, owned.pressings)))
        yield f"{said}: {facts}" if facts else said
    if badges.is_wanted:
        yield texts.gettext("⭐ In your wantlist")
    elif badges.is_other_wanted:
        yield texts.gettext("⭐ Another pressing in your wantlist")


def _pressing(copy: StoredCopy) -> str:
    """Tell a pressing from others: ``1997, CD``; the colour of the vinyl where it has one."""
    first = copy.formats[0] if copy.formats else None
    medium = (first.text or first.name) if first else ""
    facts = (str(copy.year or ""), copy.country or "", medium)
    return isolate(one_line(", ".join(fact for fact in facts if fact), _MAX_BADGE))


def _footer(view: ReleaseView, answer: Answer[Release], texts: Texts) -> Iterator[str]:
    note = source_line("discogs", answer, texts)
    if note is None and view.search is not None:
        note = source_line("discogs", view.search, texts)
    if note is not None:
        yield note
    if isinstance(view.versions, ExternalServiceException):
        why = sentence(view.versions, texts)
        yield "⚠️ " + texts.gettext("The other pressings are missing: {why}", why=why)
    yield link(texts.gettext("Data provided by Discogs"), answer.value.url)


def _buttons(release: Release, badges: Badges, user_id: int, texts: Texts) -> Iterator[Button]:
    add_id = own_id(ADD_PREFIX, user_id, release.release_id)
    yield button(texts.gettext("Add to collection"), add_id, emoji="💿")
    if not badges.is_wanted:
        wish_id = own_id(WISH_PREFIX, user_id, release.release_id)
        yield button(texts.gettext("Add to wantlist"), wish_id, emoji="⭐")
    yield release_button(release.release_id, user_id, texts)
    yield link_button(texts.gettext("Open on Discogs"), release.url)
