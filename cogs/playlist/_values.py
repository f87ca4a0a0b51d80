"""What buttons and menus of playlists carry, and what is suggested while somebody types."""

import logging
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, Final

import discord
from discord.app_commands import Choice

from bot.ui.buttons import Press
from bot.ui.text import shorten
from cogs.playlist._ports import Links
from services.errors import ExternalServiceException
from services.music import clean_text
from services.spotify.links import ShortLink, SpotifyLink, parse_link
from services.spotify.playlist_models import SpotifyPlaylist

_LOGGER = logging.getLogger(__name__)

_MAX_CHOICE: Final = 100
_MOST_CHOICES: Final = 25
_MOST_DIGITS: Final = 9


def page_of(press: Press) -> int:
    """Return the page that a button of ``page_buttons`` leads to; 1 for nonsense."""
    number = press.rest[1] if len(press.rest) > 1 else ""
    is_number = number.isdecimal() and len(number) <= _MOST_DIGITS
    return max(1, int(number)) if is_number else 1


def run_of(press: Press) -> int:
    """Return the number of the run that a button is about; 0, which none has, for nonsense."""
    number = press.rest[0] if press.rest else ""
    return int(number) if number.isdecimal() and len(number) <= 2 * _MOST_DIGITS else 0


def chosen(interaction: discord.Interaction) -> str:
    """Return the value that was picked from a menu."""
    data: Mapping[str, Any] = interaction.data or {}
    return str(next(iter(data.get("values") or []), ""))


async def long_link(links: Links, text: str) -> str:
    """Return the address that a short link leads to; anything else as it is."""
    if not isinstance(parse_link(text), ShortLink):
        return text
    link = await links.read(text)
    return link.url if isinstance(link, SpotifyLink) else text


async def playlist_choices(
    suggesting: Awaitable[Iterable[SpotifyPlaylist]],
) -> list[Choice[str]]:
    """Return playlists as choices; none when they cannot be had: nobody waits for an error."""
    try:
        found = list(await suggesting)
    except ExternalServiceException as error:  # not linked, most often
        _LOGGER.debug("no suggestions: %s", error)
        return []
    except Exception:
        _LOGGER.exception("no suggestions")
        return []
    return [
        Choice(name=shorten(clean_text(each.name), _MAX_CHOICE) or "?", value=each.spotify_id)
        for each in found[:_MOST_CHOICES]
    ]
