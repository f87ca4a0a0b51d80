"""A digest that could not be set up: what is missing, and the button that tries it once more.

The button carries the whole wish, so that nobody types it again after mending the permissions.
"""

from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import button, own_id, row_of
from bot.ui.digest_ids import AGAIN_PREFIX
from bot.ui.digest_words import timing_words
from bot.ui.layout import subtext, view_of
from bot.ui.posting_rights import Lack, lack_lines
from services.digests.models import Cadence, Timing

# One letter each: with the longest ids and the longest zone 95 of the 100 characters are used.
_LETTERS: Final = {Cadence.DAILY: "d", Cadence.WEEKLY: "w", Cadence.MONTHLY: "m"}
_CADENCES: Final = {letter: cadence for cadence, letter in _LETTERS.items()}


def missing_panel(
    channel_id: int, lacks: tuple[Lack, ...], timing: Timing, *, user_id: int, texts: Texts
) -> ui.LayoutView:
    """Return what is missing in a channel for a digest to be posted there."""
    channel = f"<#{channel_id}>"
    lines = [
        texts.gettext(
            "⚠️ **Not yet: I couldn't post in {channel}.** I lack there:", channel=channel
        ),
        *lack_lines(lacks, texts),
        texts.gettext(
            "Whoever manages the channel can allow it for my role: Edit Channel → Permissions."
        ),
        subtext(texts.gettext("You asked for: {timing}", timing=timing_words(timing, texts))),
    ]
    again = own_id(AGAIN_PREFIX, user_id, channel_id, *_written(timing))
    label, primary = texts.gettext("Try again"), discord.ButtonStyle.primary
    return view_of(
        ui.Container(ui.TextDisplay("\n".join(lines))), row_of(button(label, again, style=primary))
    )


def read_again(rest: tuple[str, ...]) -> tuple[int, Timing]:
    """Return the channel and the timing that the button carries.

    Raises:
        ValueError: It is no button of ours.
    """
    channel_id, letter, hour, day, zone = rest
    cadence = _CADENCES.get(letter, Cadence.DAILY)
    timing = Timing(
        cadence=cadence,
        hour=int(hour),
        zone=zone,
        weekday=int(day) if cadence is Cadence.WEEKLY else None,
        day=int(day) if cadence is Cadence.MONTHLY else None,
    )
    return int(channel_id), timing


def _written(timing: Timing) -> tuple[object, ...]:
    day = timing.weekday if timing.cadence is Cadence.WEEKLY else timing.day
    return _LETTERS[timing.cadence], timing.hour, "" if day is None else day, timing.zone
