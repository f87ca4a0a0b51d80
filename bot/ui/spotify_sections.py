"""Spotify's part of a card: an album, an artist, a track, or what little is known of them.

Artwork is Spotify's own and unaltered, titles link back to its pages, and "Listen on Spotify" is
always there (https://developer.spotify.com/documentation/design). Nothing of Discogs is in here.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from discord import ui

from bot.errors import sentence
from bot.i18n import Texts
from bot.ui.buttons import link_button, row_of
from bot.ui.layout import MAX_TITLE, SPOTIFY_COLOUR, subtext, with_picture
from bot.ui.playlist_buttons import ADDABLE, add_button
from bot.ui.provenance import source_line
from bot.ui.search_card import by_line
from bot.ui.spotify_names import (
    cut_name,
    joined,
    length,
    linked_names,
    nameless,
    plain_names,
    title_of,
    type_name,
)
from bot.ui.text import escape, isolate, link, one_line
from services.answers import Answer
from services.catalogue.music_view import MusicView, SpotifyThing
from services.catalogue.own_records import Belongings
from services.errors import ExternalServiceException
from services.spotify.models import (
    Credit,
    SpotifyAlbum,
    SpotifyArtist,
    SpotifyItem,
    SpotifyKind,
    SpotifyTrack,
)

TRACKS_ON_A_PAGE: Final = 20
RELEASES_ON_A_PAGE: Final = 10
_MAX_TRACK: Final = 55
_MAX_GUESTS: Final = 35
_MAX_RELEASE: Final = 60
_MAX_ISRC: Final = 20
_MAX_GENRES: Final = 100
_OWNED: Final = "✅"
_WANTED: Final = "⭐"

Container = ui.Container[ui.LayoutView]


def spotify_section(view: MusicView, thing: Answer[SpotifyThing], texts: Texts) -> Container:
    """Return Spotify's part, without buttons."""
    value = thing.value
    if isinstance(value, SpotifyAlbum) and value.name:
        parts = _album(value, view.page, texts)
    elif isinstance(value, SpotifyArtist) and value.name:
        parts = _artist(value, view, texts)
    elif isinstance(value, SpotifyTrack) and value.name:
        parts = _track(value, texts)
    elif isinstance(value, SpotifyItem) and value.name:
        parts = _item(value, texts)
    else:
        parts = _unnamed(view.kind, value.url, texts)
    heading, picture, *rest = parts
    alt = texts.gettext("Picture of {name}", name=value.name or "?")
    card: Container = ui.Container(
        with_picture(heading, picture or None, alt), accent_colour=SPOTIFY_COLOUR
    )
    for text in filter(None, rest):
        card.add_item(ui.Separator())
        card.add_item(ui.TextDisplay(text))
    note = source_line("spotify", thing, texts)
    if note is not None:
        card.add_item(ui.TextDisplay(subtext(note)))
    return card


def listen_row(
    kind: SpotifyKind, thing: SpotifyThing, user_id: int, texts: Texts
) -> ui.ActionRow[ui.LayoutView]:
    """Return the link back to Spotify, and the way into a playlist for what goes into one."""
    listen = link_button(texts.gettext("Listen on Spotify"), thing.url)
    if kind not in ADDABLE:
        return row_of(listen)
    return row_of(listen, add_button(kind, thing.spotify_id, user_id, texts))


def pages_of(view: MusicView) -> int:
    """Return how many pages the tracks or the discography have, 1 or more."""
    thing = view.thing.value if view.thing is not None else None
    if isinstance(thing, SpotifyAlbum):
        return max(1, -(-len(thing.tracks) // TRACKS_ON_A_PAGE))
    if isinstance(thing, SpotifyArtist):
        total = view.releases.value.total if isinstance(view.releases, Answer) else None
        return max(1, view.page, -(-(total or 0) // RELEASES_ON_A_PAGE))
    return 1


# --- An album


def _album(album: SpotifyAlbum, page: int, texts: Texts) -> Iterator[str]:
    facts = (
        type_name(album.album_type, texts),
        str(album.year or ""),
        *_extent(album, texts),
    )
    lines = (title_of(album.name, album.url), linked_names(album.credits), subtext(joined(facts)))
    yield "\n".join(filter(None, lines))
    yield album.image_url or ""
    yield _tracks(album, page, texts)


def _extent(album: SpotifyAlbum, texts: Texts) -> Iterator[str]:
    count = album.track_count or len(album.tracks)
    if count:
        yield texts.ngettext("{count} track", "{count} tracks", count)
    lengths = [track.duration_ms for track in album.tracks]
    if album.is_complete and lengths and None not in lengths:
        yield length(sum(filter(None, lengths)))


def _tracks(album: SpotifyAlbum, page: int, texts: Texts) -> str:
    first = (page - 1) * TRACKS_ON_A_PAGE
    shown = album.tracks[first : first + TRACKS_ON_A_PAGE]
    has_discs = len({track.disc_number or 1 for track in album.tracks}) > 1
    rows: list[str] = []
    disc: int | None = None
    for track in shown:
        if has_discs and track.disc_number != disc:
            disc = track.disc_number
            heading = texts.gettext("Disc {number}", number=disc or 1)
            rows.append(f"**{heading}**")
        rows.append(_row(track, album.credits, texts))
    pages = max(1, -(-len(album.tracks) // TRACKS_ON_A_PAGE))
    if pages > 1:
        rows.append(subtext(texts.gettext("Page {page}/{pages}", page=page, pages=pages)))
    missing = (album.track_count or 0) - len(album.tracks)
    if not album.is_complete and missing > 0:
        left = texts.ngettext("and {count} more track", "and {count} more tracks", missing)
        rows.append(subtext(left))
    return "\n".join(rows)


def _row(track: SpotifyTrack, album_credits: tuple[Credit, ...], texts: Texts) -> str:
    others = "" if track.credits == album_credits else plain_names(track.credits)
    facts = (
        length(track.duration_ms) if track.duration_ms else "",
        texts.gettext("not available") if track.is_playable is False else "",
    )
    # A guest is told by name; the album's own artist stands above already.
    name = isolate(escape(cut_name(track.name, _MAX_TRACK)) or "?")
    by = f" – {isolate(one_line(others, _MAX_GUESTS))}" if others else ""
    number = f"`{track.track_number}` " if track.track_number else ""
    return joined((f"{number}{name}{by}", *facts))


# --- An artist


def _artist(artist: SpotifyArtist, view: MusicView, texts: Texts) -> Iterator[str]:
    facts = [texts.gettext("artist"), one_line(", ".join(artist.genres[:4]), _MAX_GENRES)]
    if isinstance(view.releases, Answer) and view.releases.value.total:
        total = view.releases.value.total
        facts.append(texts.ngettext("{count} record", "{count} records", total))
    yield f"{title_of(artist.name, artist.url)}\n{subtext(joined(facts))}"
    yield artist.image_url or ""
    if isinstance(view.releases, ExternalServiceException):
        why = sentence(view.releases, texts)
        yield "⚠️ " + texts.gettext("The discography is missing: {why}", why=why)
        return
    listed = view.releases.value.releases if view.releases is not None else ()
    newest_first = sorted(listed, key=lambda each: each.released or "", reverse=True)
    rows = [_release(each, view.belongings, texts) for each in newest_first]
    pages = pages_of(view)
    if pages > 1:
        rows.append(subtext(texts.gettext("Page {page}/{pages}", page=view.page, pages=pages)))
    yield "\n".join(rows)


def _release(release: SpotifyItem, belongings: Mapping[str, Belongings], texts: Texts) -> str:
    own = belongings.get(release.spotify_id, Belongings())
    is_album = release.album_type in (None, "album")
    title = link(cut_name(release.name, _MAX_RELEASE) or "?", release.url)
    facts = (
        f"`{release.year or '????'}` {isolate(title)}",
        "" if is_album else type_name(release.album_type, texts),
        _OWNED if own.copies else _WANTED if own.wants else "",
    )
    return joined(facts)


# --- A track, and what little is known of anything else


def _track(track: SpotifyTrack, texts: Texts) -> Iterator[str]:
    album = track.album
    facts = (
        texts.gettext("track"),
        length(track.duration_ms) if track.duration_ms else "",
        str((album.year if album else None) or ""),
        texts.gettext("explicit") if track.explicit else "",
        texts.gettext("not available") if track.is_playable is False else "",
    )
    on_album = ""
    if album is not None and album.name:
        name = isolate(link(cut_name(album.name, MAX_TITLE), album.url))
        on_album = texts.gettext("From {album}", album=name)
    isrc = f"ISRC {one_line(track.isrc, _MAX_ISRC)}" if track.isrc else ""
    lines = (
        title_of(track.name, track.url),
        linked_names(track.credits),
        on_album,
        subtext(joined(facts)),
        subtext(isrc) if isrc else "",
    )
    yield "\n".join(filter(None, lines))
    yield (album.image_url if album else None) or ""


def _item(item: SpotifyItem, texts: Texts) -> Iterator[str]:
    facts = [by_line(item, texts)]
    if item.kind is SpotifyKind.PLAYLIST and item.track_count:
        facts.append(texts.ngettext("{count} track", "{count} tracks", item.track_count))
    yield f"{title_of(item.name, item.url)}\n{joined(facts)}"
    yield item.image_url or ""


def _unnamed(kind: SpotifyKind, url: str, texts: Texts) -> Iterator[str]:
    yield f"## {link(nameless(kind, texts), url)}"
    yield ""
