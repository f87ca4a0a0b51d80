"""From the options of a command to filters, and what is suggested while they are typed."""

import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import discord
from discord import app_commands

from bot.ui.text import shorten
from services.music import clean_text

_LOGGER = logging.getLogger(__name__)

MAX_NAME: Final = 100
_MAX_CHOICE: Final = 100
_MOST_CHOICES: Final = 25
_DAY: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_DAYS_BACK: Final = (7, 30, 90, 365)

StringChoice = app_commands.Choice[str]


def parse_day(text: str) -> datetime | None:
    """Return the start of ``2024``, ``2024-05`` or ``2024-05-31`` (UTC); None for anything else."""
    found = _DAY.fullmatch(clean_text(text))
    if found is None:
        return None
    year, month, day = (int(part) if part else 1 for part in found.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def name(text: str | None) -> str:
    """Return what was typed as a name to filter by: tidy, and no longer than names are."""
    return clean_text(text or "")[:MAX_NAME]


async def suggest(names: Callable[[], Awaitable[Iterable[str]]]) -> list[StringChoice]:
    """Return names as choices; none when they cannot be had, since nobody waits for an error."""
    try:
        found = list(await names())
    except Exception:
        _LOGGER.exception("no suggestions")
        return []
    # A name that is too long for a choice's value would be another name when cut.
    fitting = [each for each in found if 0 < len(each) <= _MAX_CHOICE]
    return [app_commands.Choice(name=each, value=each) for each in fitting[:_MOST_CHOICES]]


async def suggest_items(
    items: Callable[[], Awaitable[Iterable[tuple[int, str]]]],
) -> list[StringChoice]:
    """Return numbered things as choices whose value is the number."""
    try:
        found = list(await items())
    except Exception:
        _LOGGER.exception("no suggestions")
        return []
    return [
        app_commands.Choice(name=shorten(text, _MAX_CHOICE) or "?", value=str(number))
        for number, text in found[:_MOST_CHOICES]
    ]


def suggest_days(interaction: discord.Interaction, typed: str) -> list[StringChoice]:
    """Return some days of the past; what was typed comes first where it is one."""
    today = interaction.created_at
    days = [f"{today - timedelta(days=back):%Y-%m-%d}" for back in _DAYS_BACK]
    if parse_day(typed) is not None:
        days.insert(0, clean_text(typed))
    return [app_commands.Choice(name=day, value=day) for day in dict.fromkeys(days)]
