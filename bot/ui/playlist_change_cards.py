"""What was made of playlists and put into them, and the questions before: which one, and what."""

from collections.abc import Sequence
from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import link_button, own_id, row_of
from bot.ui.layout import MAX_OPTION, MAX_TITLE, SPOTIFY_COLOUR, subtext, view_of
from bot.ui.playlist_buttons import INTO_PREFIX, PICK_PREFIX
from bot.ui.playlist_cards import Menu, playlist_menu
from bot.ui.spotify_names import tracks_text
from bot.ui.text import isolate, link, number, one_line, shorten
from services.music import clean_text
from services.playlists.service import Added
from services.spotify.models import SpotifyItem, SpotifyKind
from services.spotify.playlist_models import SpotifyPlaylist

_MAX_NAME: Final = 50
_MOST_OPTIONS: Final = 25


def created_card(playlist: SpotifyPlaylist, texts: Texts) -> ui.LayoutView:
    """Return that an empty playlist was made."""
    name = isolate(one_line(playlist.name, MAX_TITLE))
    lines = [
        texts.gettext("✅ **{name}** is there", name=name),
        _visibility(playlist, texts),
        texts.gettext("`/playlist add` puts music in it."),
    ]
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay("\n".join(lines)), accent_colour=SPOTIFY_COLOUR
    )
    return view_of(card, _listen_row(playlist, texts))


def _visibility(playlist: SpotifyPlaylist, texts: Texts) -> str:
    if playlist.is_public:
        return texts.gettext("It's public: everybody can see it on your Spotify profile.")
    return texts.gettext("It's private: only you see it on Spotify.")


def _listen_row(playlist: SpotifyPlaylist, texts: Texts) -> ui.ActionRow[ui.LayoutView]:
    return row_of(link_button(texts.gettext("Listen on Spotify"), playlist.url))


def added_card(added: Added, texts: Texts) -> ui.LayoutView:
    """Return what was added where."""
    playlist = isolate(one_line(added.playlist.name, MAX_TITLE))
    name = isolate(one_line(added.name, MAX_TITLE)) or texts.gettext("Untitled")
    said = texts.gettext("✅ **{name}** is in **{playlist}**", name=name, playlist=playlist)
    lines = [said]
    if added.kind is SpotifyKind.ALBUM:
        lines.append(subtext(tracks_text(added.tracks, texts)))
    if added.missing:
        lines[0] = texts.gettext(
            "⚠️ Only a part of **{name}** is in **{playlist}**", name=name, playlist=playlist
        )
        shown = number(added.missing, texts.language)
        lines.append(
            texts.ngettext(
                "Spotify stopped answering: {number} track is missing.",
                "Spotify stopped answering: {number} tracks are missing.",
                added.missing,
                number=shown,
            )
        )
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay("\n".join(lines)), accent_colour=SPOTIFY_COLOUR
    )
    return view_of(card, _listen_row(added.playlist, texts))


def into_card(
    playlists: Sequence[SpotifyPlaylist],
    kind: SpotifyKind,
    spotify_id: str,
    *,
    user_id: int,
    texts: Texts,
) -> ui.LayoutView:
    """Return the question into which playlist something goes; there is at least one."""
    said = texts.gettext("Which of your playlists shall it go into?")
    if kind is SpotifyKind.ALBUM:
        said += "\n" + subtext(texts.gettext("All tracks of the album are added at the end."))
    custom_id = own_id(INTO_PREFIX, user_id, kind.value, spotify_id)
    menu = playlist_menu(custom_id, texts.gettext("Pick a playlist"), playlists, texts)
    return view_of(ui.TextDisplay(said), ui.ActionRow(menu))


def pick_card(
    items: Sequence[SpotifyItem], playlist_id: str, *, user_id: int, texts: Texts
) -> ui.LayoutView:
    """Return the question which album or track was meant; there is at least one."""
    placeholder = texts.gettext("Pick what goes into the playlist")
    menu: Menu = ui.Select(
        custom_id=own_id(PICK_PREFIX, user_id, playlist_id), placeholder=placeholder
    )
    options = {f"{item.kind.value}:{item.spotify_id}": item for item in items}
    for value, item in list(options.items())[:_MOST_OPTIONS]:
        menu.append_option(_item_option(value, item, texts))
    first = items[0]
    name = isolate(one_line(first.name, _MAX_NAME))
    shown = link(texts.gettext("Listen on Spotify"), first.url)
    said = texts.gettext("This is what Spotify has. Which one do you mean?")
    return view_of(
        ui.TextDisplay(said),
        ui.ActionRow(menu),
        ui.TextDisplay(subtext(f"{name} · {shown}")),
    )


def _item_option(value: str, item: SpotifyItem, texts: Texts) -> discord.SelectOption:
    is_album = item.kind is SpotifyKind.ALBUM
    kind = texts.gettext("album") if is_album else texts.gettext("track")
    facts = [kind, ", ".join(item.artists), "" if is_album else item.album, str(item.year or "")]
    described = " · ".join(clean_text(fact) for fact in facts if fact)
    return discord.SelectOption(
        label=shorten(clean_text(item.name), MAX_OPTION) or "?",
        value=value,
        description=shorten(described, MAX_OPTION),
        emoji="💿" if is_album else "🎵",
    )
