"""A person's playlists as messages: the list, and one of them with its tracks."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import Button, button, own_id, row_of
from bot.ui.layout import MAX_OPTION, MAX_TITLE, SPOTIFY_COLOUR, subtext, view_of, with_picture
from bot.ui.paging import page_buttons
from bot.ui.playlist_buttons import (
    OPEN_PREFIX,
    PAGE_PREFIX,
    TRACKS_PREFIX,
    WATCH_PREFIX,
)
from bot.ui.playlist_run_card import latest_text
from bot.ui.spotify_account_card import expiry_line
from bot.ui.spotify_names import tracks_text
from bot.ui.text import escape, fit, isolate, link, number, one_line, shorten
from services.accounts.models import SpotifyLink
from services.music import clean_text
from services.playlists.models import Run
from services.playlists.service import Contents
from services.spotify.playlist_models import PlaylistPage, PlaylistTrack, SpotifyPlaylist

LISTED: Final = 10
_MAX_NAME: Final = 50
_OUR_MARK: Final = re.compile(r"\baime-[a-z0-9]{10}$")  # by which we find it again

Menu = ui.Select[ui.LayoutView]


def playlists_card(
    page: PlaylistPage,
    at: int,
    latest: Run | None,
    *,
    linked: SpotifyLink | None = None,
    user_id: int,
    texts: Texts,
) -> ui.LayoutView:
    """Return ten of a person's playlists.

    Args:
        page: What is shown.
        at: Which page that is, 1 or more.
        latest: The run under way or that ended lately, or None.
        linked: Their link, whose end is told when it is near.
        user_id: Who asked, and may press the buttons.
        texts: Their language.
    """
    card: ui.Container[ui.LayoutView] = ui.Container(accent_colour=SPOTIFY_COLOUR)
    title = texts.gettext("Your playlists on Spotify")
    card.add_item(ui.TextDisplay(f"## 🎧 {title}"))
    lines = [_playlist_line(each, texts) for each in page.playlists]
    nothing = texts.gettext("None yet. `/playlist create` makes one, also from your records.")
    card.add_item(ui.TextDisplay("\n".join(lines) or nothing))
    card.add_item(ui.TextDisplay(subtext(" · ".join(_list_footer(page, at, texts)))))
    ending = expiry_line(linked, texts) if linked is not None else None
    if ending is not None:
        card.add_item(ui.TextDisplay(ending))
    if latest is not None:
        card.add_item(ui.Separator())
        card.add_item(ui.TextDisplay(latest_text(latest, texts)))
    view = view_of(card)
    if page.playlists:
        view.add_item(ui.ActionRow(_open_menu(page.playlists, user_id, texts)))
    pages = _pages(page.total)
    if pages > 1:
        view.add_item(row_of(*page_buttons(PAGE_PREFIX, user_id, "-", at=at, last=pages)))
    if latest is not None:
        view.add_item(row_of(_run_button(latest, user_id, texts)))
    return view


def _run_button(run: Run, user_id: int, texts: Texts) -> Button:
    """Return what opens the run's own message again, with its lists and buttons."""
    custom_id = own_id(WATCH_PREFIX, user_id, run.run_id)
    if run.is_running:
        return button(texts.gettext("Show the one being filled"), custom_id, emoji="⏳")
    return button(texts.gettext("Show how it ended"), custom_id, emoji="📋")


def _pages(total: int) -> int:
    return max(1, -(-total // LISTED))


def _playlist_line(playlist: SpotifyPlaylist, texts: Texts) -> str:
    name = fit(clean_text(playlist.name), _MAX_NAME) or texts.gettext("Untitled")
    facts = subtext(" · ".join(_facts(playlist, texts)))
    return f"**{isolate(link(name, playlist.url))}**\n{facts}"


def _facts(playlist: SpotifyPlaylist, texts: Texts) -> Iterator[str]:
    if playlist.track_count is not None:
        yield tracks_text(playlist.track_count, texts)
    if playlist.owner:
        name = isolate(one_line(playlist.owner, _MAX_NAME))
        yield texts.gettext("by {name}", name=name)
    if playlist.is_public is not None:
        yield texts.gettext("public") if playlist.is_public else texts.gettext("private")


def _list_footer(page: PlaylistPage, at: int, texts: Texts) -> Iterator[str]:
    pages = _pages(page.total)
    if pages > 1:
        yield texts.gettext("Page {page} of {pages}", page=at, pages=number(pages, texts.language))
    shown = number(page.total, texts.language)
    yield texts.ngettext("{number} playlist", "{number} playlists", page.total, number=shown)
    yield texts.gettext("from Spotify, just now")


def _open_menu(playlists: Sequence[SpotifyPlaylist], user_id: int, texts: Texts) -> Menu:
    placeholder = texts.gettext("Look into one of them")
    return playlist_menu(own_id(OPEN_PREFIX, user_id), placeholder, playlists, texts)


def playlist_menu(
    custom_id: str, placeholder: str, playlists: Sequence[SpotifyPlaylist], texts: Texts
) -> Menu:
    """Return a menu of playlists whose values are their ids; at most 25."""
    menu: Menu = ui.Select(custom_id=custom_id, placeholder=placeholder)
    for each in {each.spotify_id: each for each in playlists}.values():
        count = each.track_count
        menu.add_option(
            label=shorten(clean_text(each.name), MAX_OPTION) or texts.gettext("Untitled"),
            value=each.spotify_id,
            description=None if count is None else tracks_text(count, texts),
        )
    return menu


def contents_card(contents: Contents, *, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return one playlist with some of its tracks."""
    playlist, tracks = contents.playlist, contents.tracks
    name = fit(clean_text(playlist.name), MAX_TITLE) or texts.gettext("Untitled")
    heading = [f"## 🎧 {isolate(link(name, playlist.url))}", " · ".join(_facts(playlist, texts))]
    description = _OUR_MARK.sub("", playlist.description).strip()
    if description:
        heading.append(subtext(one_line(description, 2 * MAX_TITLE)))
    alt = texts.gettext("Picture of {name}", name=playlist.name or "?")
    card: ui.Container[ui.LayoutView] = ui.Container(
        with_picture("\n".join(heading), playlist.image_url, alt), accent_colour=SPOTIFY_COLOUR
    )
    card.add_item(ui.TextDisplay(_tracks_text(contents, texts)))
    footer = [link(texts.gettext("Listen on Spotify"), playlist.url)]
    if contents.pages > 1:
        pages = number(contents.pages, texts.language)
        footer.insert(0, texts.gettext("Page {page} of {pages}", page=contents.page, pages=pages))
    card.add_item(ui.TextDisplay(subtext(" · ".join(footer))))
    view = view_of(card)
    if tracks is not None and contents.pages > 1:
        turns = page_buttons(
            TRACKS_PREFIX, user_id, playlist.spotify_id, at=contents.page, last=contents.pages
        )
        view.add_item(row_of(*turns))
    return view


def _tracks_text(contents: Contents, texts: Texts) -> str:
    if contents.tracks is None:
        return texts.gettext(
            "🔒 What is in it isn't available: Spotify shows the tracks of a playlist only to its "
            "owner and to people who may change it."
        )
    if not contents.tracks:
        return texts.gettext("It's empty. `/playlist add` puts music in it.")
    return "\n".join(_track_line(track, texts) for track in contents.tracks)


def _track_line(track: PlaylistTrack, texts: Texts) -> str:
    if not track.name:
        gone = texts.gettext("No longer on Spotify")
        return f"- {gone}"
    name = fit(clean_text(track.name), _MAX_NAME)
    parts = [isolate(link(name, track.url) if track.url else escape(name))]
    if track.artists:
        parts.append(isolate(one_line(", ".join(track.artists), _MAX_NAME)))
    if track.duration_ms:
        seconds = track.duration_ms // 1_000
        parts.append(f"{seconds // 60}:{seconds % 60:02d}")
    return f"- {' · '.join(parts)}"
