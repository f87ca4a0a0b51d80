"""Releases, and what Spotify has, as the choices that Discord offers while somebody types."""

import logging
from collections.abc import Awaitable, Iterable, Mapping
from typing import Final, Protocol, TypeVar

from discord.app_commands import Choice

from bot.ui.text import shorten
from services.catalogue.models import Suggestion
from services.catalogue.music_suggestions import MusicSuggestion
from services.spotify.models import SpotifyKind

_LOGGER = logging.getLogger(__name__)

_MAX_CHOICE: Final = 100
_MOST_CHOICES: Final = 25
_OWNED: Final = "💿"

S = TypeVar("S")


class Suggesting(Protocol):
    """``Suggestions``, which says what is raised."""

    async def releases(self, user_id: int, text: str, /) -> tuple[Suggestion, ...]:
        """Return releases that a person may mean."""


class SuggestingMusic(Protocol):
    """``MusicSuggestions``, which says what is raised."""

    async def find(
        self, user_id: int, kind: SpotifyKind, text: str, /
    ) -> tuple[MusicSuggestion, ...]:
        """Return albums, artists or tracks that a person may mean."""


async def release_choices(
    suggesting: Awaitable[Iterable[Suggestion]], *, by_name: bool = False
) -> list[Choice[str]]:
    """Return suggestions as choices; none when they cannot be had: nobody waits for an error.

    Args:
        suggesting: Finds them.
        by_name: The value is title and artist, for who looks for words; else the release's id.
    """
    found = await _settled(suggesting)
    return _choices({_value(each, by_name=by_name): _name(each) for each in found})


async def music_choices(suggesting: Awaitable[Iterable[MusicSuggestion]]) -> list[Choice[str]]:
    """Return suggestions as choices; what the person owns is marked. None instead of an error."""
    return _choices({each.value: _music_name(each) for each in await _settled(suggesting)})


async def _settled(suggesting: Awaitable[Iterable[S]]) -> list[S]:
    try:
        return list(await suggesting)
    except Exception:
        _LOGGER.exception("no suggestions")
        return []


def _choices(named: Mapping[str, str]) -> list[Choice[str]]:
    fitting = {value: name for value, name in named.items() if 0 < len(value) <= _MAX_CHOICE}
    return [
        Choice(name=shorten(name, _MAX_CHOICE) or "?", value=value)
        for value, name in list(fitting.items())[:_MOST_CHOICES]
    ]


def _music_name(suggestion: MusicSuggestion) -> str:
    name = " – ".join(part for part in (suggestion.artist, suggestion.name) if part)
    return f"{_OWNED} {name}" if suggestion.is_owned else name


def _value(suggestion: Suggestion, *, by_name: bool) -> str:
    if not by_name:
        return str(suggestion.release_id)
    return " ".join(name for name in (suggestion.title, suggestion.artist) if name)


def _name(suggestion: Suggestion) -> str:
    name = " – ".join(part for part in (suggestion.artist, suggestion.title) if part)
    return " · ".join([name, *suggestion.facts])
