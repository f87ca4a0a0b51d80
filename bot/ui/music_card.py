"""Something of Spotify and what belongs to it, as ``/album``, ``/artist`` and ``/track`` show it.

Spotify's part and Discogs' are containers of their own (docs/decisions/0003).
"""

from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import own_id, row_of
from bot.ui.discogs_section import discogs_section, show_button
from bot.ui.kept_menu import Menu
from bot.ui.layout import MAX_OPTION, SPOTIFY_COLOUR, view_of
from bot.ui.notices import lost_short_link
from bot.ui.paging import page_buttons
from bot.ui.provenance import source_line
from bot.ui.spotify_sections import listen_row, pages_of, spotify_section
from bot.ui.text import link, one_line, shorten
from services.catalogue.music_view import MusicView, Unreadable
from services.collection.models import StoredCopy
from services.music import clean_text
from services.spotify.models import SpotifyItem, SpotifyKind

PICK_PREFIX: Final = "music:pick"
PAGE_PREFIX: Final = "music:page"
_MAX_QUERY: Final = 80
_MAX_SEARCH_URL: Final = 1_400
_MOST_OPTIONS: Final = 25


def music_card(view: MusicView, *, menu: Menu | None, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return the message for what is known so far.

    Args:
        view: What is known.
        menu: Other matches, where the message had them before; None: those of ``view``.
        user_id: Who asked, and may use buttons and menus.
        texts: The asker's language.
    """
    if view.thing is None:
        return _nothing(view, user_id, texts)
    said = _reading(view, texts)
    message = view_of(*([ui.TextDisplay(said)] if said else []))
    section = spotify_section(view, view.thing, texts)
    thing = view.thing.value
    key, last = f"{view.kind}.{thing.spotify_id}", pages_of(view)
    if last > 1:
        turns = page_buttons(PAGE_PREFIX, user_id, key, at=view.page, last=last)
        section.add_item(row_of(*turns))
    section.add_item(listen_row(view.kind, thing, user_id, texts))
    message.add_item(section)
    discogs = discogs_section(view, user_id=user_id, texts=texts)
    if discogs is not None:
        message.add_item(discogs)
    menu = menu or (_menu(view, user_id, texts) if view.is_complete else None)
    if menu is not None:
        message.add_item(ui.ActionRow(menu))
    return message


def _reading(view: MusicView, texts: Texts) -> str:
    query = one_line(view.query, _MAX_QUERY)
    if view.owned is not None:
        name = _name_of(view.owned)
        if view.is_doubtful:
            return texts.gettext("The closest I found on Spotify for your **{name}**", name=name)
        return texts.gettext("On Spotify, for your **{name}**", name=name)
    if view.is_doubtful:
        return texts.gettext("Nothing fits **{query}** well; this comes closest", query=query)
    return texts.gettext("Best match for **{query}**", query=query) if query else ""


def _nothing(view: MusicView, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return what to say when there is no card: a link that leads nowhere, or nothing found."""
    if view.unreadable is not None:
        return view_of(ui.TextDisplay(_unreadable(view.unreadable, texts)))
    note = source_line("spotify", view.search, texts) if view.search is not None else None
    if view.owned is not None:
        name = _name_of(view.owned)
        lines = [texts.gettext("I found no album on Spotify for your **{name}**", name=name)]
        lines += [note] if note else []
    else:
        query = one_line(view.query, _MAX_QUERY)
        lines = [
            texts.gettext("Nothing to show for **{query}**", query=query),
            note or texts.gettext("Nothing found. Check the spelling?"),
        ]
    if note and view.kind is SpotifyKind.ALBUM and view.owned is None:
        lines.append(texts.gettext("Meanwhile, `/release` looks on Discogs."))
    url = view.search.value.search_url if view.search is not None else ""
    if 0 < len(url) <= _MAX_SEARCH_URL:
        lines.append(link(texts.gettext("Search on {service}", service="Spotify"), url))
    text: ui.TextDisplay[ui.LayoutView] = ui.TextDisplay("\n".join(lines))
    message = view_of(ui.Container(text, accent_colour=SPOTIFY_COLOUR))
    if view.owned is not None and view.owned.release_id is not None:
        message.add_item(row_of(show_button(view.owned.release_id, user_id, texts)))
    return message


def _unreadable(why: Unreadable, texts: Texts) -> str:
    if why is Unreadable.SHORT_LINK:
        return lost_short_link(texts)
    return texts.gettext(
        "I have cards for albums, artists, tracks and playlists; that link leads to something else."
    )


def _name_of(copy: StoredCopy) -> str:
    name = " – ".join(part for part in (copy.artist, copy.title) if part)
    return one_line(name, _MAX_QUERY)


def _menu(view: MusicView, user_id: int, texts: Texts) -> Menu | None:
    """Return a menu with what else was found; None for nothing."""
    others = {f"{item.kind}:{item.spotify_id}": item for item in view.others}
    if not others:
        return None
    menu: Menu = ui.Select(
        custom_id=own_id(PICK_PREFIX, user_id),
        placeholder=texts.gettext("Not this one? Pick another match"),
    )
    for value, item in list(others.items())[:_MOST_OPTIONS]:
        menu.append_option(_option(item, value, texts))
    return menu


def _option(item: SpotifyItem, value: str, texts: Texts) -> discord.SelectOption:
    album = item.album if item.kind is SpotifyKind.TRACK else None
    single = texts.gettext("single") if item.album_type == "single" else ""
    facts = (", ".join(item.artists), str(item.year or ""), album or "", single)
    return discord.SelectOption(
        label=shorten(clean_text(item.name), MAX_OPTION) or "?",
        value=value,
        description=shorten(clean_text(" · ".join(filter(None, facts))), MAX_OPTION) or None,
    )
