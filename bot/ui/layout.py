"""The building blocks of our messages, within Discord's limits.

A message of components V2 holds at most 40 components (nested ones count) and 4,000 characters.
https://discord.com/developers/docs/components/reference
"""

from typing import Any, Final

import discord
from discord import ui

from bot.ui.text import shorten
from services.music import clean_text

SPOTIFY_COLOUR: Final = discord.Colour(0x1DB954)
DISCOGS_COLOUR: Final = discord.Colour(0x6E6E6E)
WRITING_COLOUR: Final = discord.Colour.orange()
WRITTEN_COLOUR: Final = discord.Colour.green()
CUT_COLOUR: Final = discord.Colour.light_grey()

MAX_TITLE: Final = 120
MAX_ALT_TEXT: Final = 200
MAX_OPTION: Final = 100
_MAX_GALLERY_ALT: Final = 256
_MAX_MEDIA_URL: Final = 2_048


def view_of(*items: ui.Item[ui.LayoutView]) -> ui.LayoutView:
    """Return a message made of ``items``."""
    view = ui.LayoutView(timeout=None)
    for item in items:
        view.add_item(item)
    return view


def with_picture(
    text: str, url: str | None, alt: str
) -> ui.Section[ui.LayoutView] | ui.TextDisplay[ui.LayoutView]:
    """Return ``text`` with a picture beside it, or alone when there is none."""
    if not url or not url.startswith(("http://", "https://")) or len(url) > _MAX_MEDIA_URL:
        return ui.TextDisplay(text)
    alt = shorten(clean_text(alt), MAX_ALT_TEXT)
    picture: ui.Thumbnail[ui.LayoutView] = ui.Thumbnail(url, description=alt)
    return ui.Section(text, accessory=picture)


def gallery(name: str, alt: str) -> ui.MediaGallery[ui.LayoutView]:
    """Return a file that comes with the message, as a picture as wide as the message.

    Args:
        name: The file's.
        alt: What it shows.
    """
    alt = shorten(clean_text(alt), _MAX_GALLERY_ALT)
    return ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{name}", description=alt))


def subtext(text: str) -> str:
    """Return one small grey line."""
    return f"-# {text}"


def looks_of(view: ui.LayoutView) -> list[dict[str, Any]]:
    """Return what Discord is sent for ``view``; equal for messages that look alike."""
    return list(view.to_components())  # type: ignore[no-untyped-call]  # discord.py's
