"""Releases as the choices that Discord offers while somebody types."""

import logging
from collections.abc import Awaitable, Iterable
from typing import Final, Protocol

from discord.app_commands import Choice

from bot.ui.text import shorten
from services.catalogue.models import Suggestion

_LOGGER = logging.getLogger(__name__)

_MAX_CHOICE: Final = 100
_MOST_CHOICES: Final = 25


class Suggesting(Protocol):
    """``Suggestions``, which says what is raised."""

    async def releases(self, user_id: int, text: str, /) -> tuple[Suggestion, ...]:
        """Return releases that a person may mean."""


async def release_choices(
    suggesting: Awaitable[Iterable[Suggestion]], *, by_name: bool = False
) -> list[Choice[str]]:
    """Return suggestions as choices; none when they cannot be had: nobody waits for an error.

    Args:
        suggesting: Finds them.
        by_name: The value is title and artist, for who looks for words; else the release's id.
    """
    try:
        found = list(await suggesting)
    except Exception:
        _LOGGER.exception("no suggestions")
        return []
    choices = {_value(each, by_name=by_name): _name(each) for each in found}
    fitting = {value: name for value, name in choices.items() if 0 < len(value) <= _MAX_CHOICE}
    return [
        Choice(name=shorten(name, _MAX_CHOICE) or "?", value=value)
        for value, name in list(fitting.items())[:_MOST_CHOICES]
    ]


def _value(suggestion: Suggestion, *, by_name: bool) -> str:
    if not by_name:
        return str(suggestion.release_id)
    return " ".join(name for name in (suggestion.title, suggestion.artist) if name)


def _name(suggestion: Suggestion) -> str:
    name = " – ".join(part for part in (suggestion.artist, suggestion.title) if part)
    return " · ".join([name, *suggestion.facts])
