"""The options of ``/digest``, with what is offered and suggested for them."""

from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import Choice, Range, locale_str

from bot.ui.digest_form import MOST_ZONE
from services.digests.models import Cadence
from services.digests.slots import zones

Choices = list[Choice[str]]
Zone = Range[str, 1, MOST_ZONE]
Day = Range[int, 1, 31]
DigestOption = Range[str, 1, 100] | None
"""The number of a digest, as suggested; None when the server has only one."""

CADENCES: Final = [
    Choice(name=locale_str("every day"), value=Cadence.DAILY.value),
    Choice(name=locale_str("every week"), value=Cadence.WEEKLY.value),
    Choice(name=locale_str("every month"), value=Cadence.MONTHLY.value),
]
HOURS: Final = [
    Choice(name=locale_str("00:00 (midnight)"), value=0),
    *(Choice(name=f"{hour:02}:00", value=hour) for hour in range(1, 12)),
    Choice(name=locale_str("12:00 (noon)"), value=12),
    *(Choice(name=f"{hour:02}:00", value=hour) for hour in range(13, 24)),
]
WEEKDAYS: Final = [
    Choice(name=locale_str("Monday"), value=0),
    Choice(name=locale_str("Tuesday"), value=1),
    Choice(name=locale_str("Wednesday"), value=2),
    Choice(name=locale_str("Thursday"), value=3),
    Choice(name=locale_str("Friday"), value=4),
    Choice(name=locale_str("Saturday"), value=5),
    Choice(name=locale_str("Sunday"), value=6),
]

Channel = app_commands.AppCommandChannel | app_commands.AppCommandThread


class PostableChannel(app_commands.Transformer):
    """A channel or a thread with text, whether or not the bot can see it: it then says so."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        """The option's type."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """What Discord's clients offer."""
        kinds = discord.ChannelType
        return [
            kinds.text,
            kinds.news,
            kinds.news_thread,
            kinds.public_thread,
            kinds.private_thread,
        ]

    async def transform(self, interaction: discord.Interaction, value: Any, /) -> Channel:  # noqa: ANN401  # as discord.py has it
        """Return the channel as Discord described it."""
        del interaction
        chosen: Channel = value
        return chosen


ChannelOption = app_commands.Transform[Channel, PostableChannel]


def zone_choices(typed: str) -> Choices:
    """Return time zones for what somebody has typed."""
    return [Choice(name=name.replace("_", " "), value=name) for name in zones(typed)]
