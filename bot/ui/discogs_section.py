"""Discogs' part of a card of Spotify: what the asker has of it, and what Discogs calls it."""

from collections.abc import Iterable, Iterator
from typing import Final

from discord import ui

from bot.errors import SERVICE_NAMES
from bot.i18n import Texts
from bot.ui.buttons import Button, button, own_id, row_of
from bot.ui.layout import DISCOGS_COLOUR, subtext
from bot.ui.match_card import describe_button
from bot.ui.provenance import failure_line
from bot.ui.search_card import PENDING_MARK, by_line, title_line
from bot.ui.text import isolate, link, one_line
from services.catalogue.models import CatalogueMatch
from services.catalogue.music_view import MusicView, album_of
from services.collection.models import StoredCopy
from services.discogs.models import DiscogsKind, SearchHit
from services.errors import ExternalServiceException
from services.spotify.models import SpotifyArtist, SpotifyTrack

SHOW_PREFIX: Final = "release:show"
_HOME: Final = "https://www.discogs.com/"
_MAX_PRESSING: Final = 60
_MOST_PRESSINGS: Final = 3
_MAX_TITLE: Final = 60
_MAX_FACTS: Final = 90


def discogs_section(
    view: MusicView, *, user_id: int, texts: Texts
) -> ui.Container[ui.LayoutView] | None:
    """Return Discogs' part; None where Discogs can know nothing of it."""
    if view.thing is None or album_of(view.thing.value) is None:
        return None
    own = "\n".join(_own(view, texts))
    match = _match(view, texts)
    card: ui.Container[ui.LayoutView] = ui.Container(accent_colour=DISCOGS_COLOUR)
    for text in filter(None, (own, match)):
        card.add_item(ui.TextDisplay(text))
    hit = _hit(view)
    source = link(texts.gettext("Data provided by Discogs"), hit.url if hit else _HOME)
    card.add_item(ui.TextDisplay(subtext(source)))
    buttons = list(_buttons(view, hit, user_id, texts))
    if buttons:
        card.add_item(row_of(*buttons))
    return card


def show_button(release_id: int, user_id: int, texts: Texts) -> Button:
    """Return the button that shows a release of Discogs with everything about it."""
    custom_id = own_id(SHOW_PREFIX, user_id, release_id)
    return button(texts.gettext("Show the release"), custom_id, emoji="💿")


# --- What the asker has of it


def _own(view: MusicView, texts: Texts) -> Iterator[str]:
    thing = view.thing.value if view.thing is not None else None
    if isinstance(thing, SpotifyArtist):
        yield from _own_of_artist(view, texts)
        return
    own, is_track = view.own, isinstance(thing, SpotifyTrack)
    if own.copies:
        which = _pressings(own.copies)
        yield (
            texts.gettext("✅ Its album is in your collection: {which}", which=which)
            if is_track
            else texts.gettext("✅ In your collection: {which}", which=which)
        )
    elif own.doubtful:
        which = _pressings(own.doubtful, with_title=True)
        yield texts.gettext("📀 In your collection, perhaps the same: {which}", which=which)
    if own.wants:
        yield (
            texts.gettext("⭐ Its album is in your wantlist")
            if is_track
            else texts.gettext("⭐ In your wantlist")
        )


def _own_of_artist(view: MusicView, texts: Texts) -> Iterator[str]:
    """Explain the marks in the discography, which stand in Spotify's part."""
    owned = sum(bool(own.copies) for own in view.belongings.values())
    wanted = sum(bool(own.wants) and not own.copies for own in view.belongings.values())
    if owned:
        yield texts.ngettext(
            "✅ {count} of these is in your collection",
            "✅ {count} of these are in your collection",
            owned,
        )
    if wanted:
        yield texts.ngettext(
            "⭐ {count} of these is in your wantlist",
            "⭐ {count} of these are in your wantlist",
            wanted,
        )


def _pressings(copies: tuple[StoredCopy, ...], *, with_title: bool = False) -> str:
    """Return the newest few: ``1997, Vinyl; 2014, CD +2``."""
    told = [_pressing(copy, with_title=with_title) for copy in copies]
    shown = list(dict.fromkeys(filter(None, told)))[:_MOST_PRESSINGS]
    left = len(copies) - len(shown)
    return "; ".join(shown) + (f" +{left}" if left else "")


def _pressing(copy: StoredCopy, *, with_title: bool) -> str:
    first = copy.formats[0] if copy.formats else None
    medium = (first.text or first.name) if first else ""
    facts = (copy.title if with_title else "", str(copy.year or ""), copy.country or "", medium)
    return isolate(one_line(", ".join(fact for fact in facts if fact), _MAX_PRESSING))


# --- What Discogs calls it


def _match(view: MusicView, texts: Texts) -> str:
    found = view.discogs
    if found is None:
        if view.is_complete:
            return ""
        waiting = texts.gettext("Looking it up on {service}…", service=SERVICE_NAMES["discogs"])
        return f"{PENDING_MARK} {waiting}"
    if isinstance(found, ExternalServiceException):
        return failure_line(found, texts)
    if found.confidence is None:
        return texts.gettext("I found nothing on Discogs under this name.")
    hit = found.hits[0]
    line = _joined((isolate(title_line(hit, _MAX_TITLE)), by_line(hit, texts, _MAX_FACTS)))
    if found.is_sure:
        return texts.gettext("On Discogs: {match}", match=line)
    return texts.gettext("The closest I found on Discogs, perhaps another: {match}", match=line)


def _hit(view: MusicView) -> SearchHit | None:
    found = view.discogs
    if not isinstance(found, CatalogueMatch) or found.confidence is None:
        return None
    return found.hits[0]


def _buttons(
    view: MusicView, hit: SearchHit | None, user_id: int, texts: Texts
) -> Iterator[Button]:
    if not view.is_complete or view.thing is None:
        return
    if hit is not None and hit.kind is DiscogsKind.RELEASE:
        yield show_button(hit.discogs_id, user_id, texts)
    album = album_of(view.thing.value)
    is_sure = isinstance(view.discogs, CatalogueMatch) and view.discogs.is_sure
    # Where Discogs' own entry is not sure, the button asks which one is meant.
    subject = hit if hit is not None and is_sure else album
    describe = describe_button(subject, user_id, texts) if subject is not None else None
    if describe is not None:
        yield describe


def _joined(facts: Iterable[str]) -> str:
    return " · ".join(fact for fact in facts if fact)
