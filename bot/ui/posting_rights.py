"""What a digest needs to be posted in a channel, and what of that the bot lacks there now."""

from enum import Enum, auto
from typing import Final

import discord

from bot.i18n import Texts


class Lack(Enum):
    """What is missing in a channel."""

    CHANNEL = auto()
    VIEW = auto()
    SEND = auto()
    SEND_IN_THREADS = auto()
    HISTORY = auto()


_HINDRANCES: Final = frozenset({Lack.CHANNEL, Lack.VIEW, Lack.SEND, Lack.SEND_IN_THREADS})


def hinders(lacks: tuple[Lack, ...]) -> bool:
    """Return whether nothing can be posted; without the history only certainty is missing."""
    return not _HINDRANCES.isdisjoint(lacks)


async def lacks_in(client: discord.Client, guild_id: int, channel_id: int) -> tuple[Lack, ...]:
    """Return what the bot lacks in a channel of a server; nothing when all is well.

    The gateway keeps us told of channels, roles and our own ones, so Discord is asked only for a
    channel that the bot does not know of.

    Raises:
        discord.HTTPException: Discord does not answer.
    """
    guild = client.get_guild(guild_id)
    me = guild.get_member(client.user.id) if guild and client.user else None
    if guild is None or me is None:
        # Right after a start, or an outage of Discord's, it is told in a moment.
        return (Lack.CHANNEL,) if client.is_ready() and guild is None else ()
    channel: discord.abc.GuildChannel | discord.Thread | None
    channel = guild.get_channel_or_thread(channel_id)
    try:
        found = channel or await guild.fetch_channel(channel_id)
        return _lacks(found.permissions_for(me), is_thread=isinstance(found, discord.Thread))
    except discord.NotFound:
        return (Lack.CHANNEL,)
    except (discord.Forbidden, discord.ClientException):  # the latter: a thread in a hidden channel
        return (Lack.VIEW,)


def lack_lines(lacks: tuple[Lack, ...], texts: Texts) -> list[str]:
    """Return a line for each thing that is missing, in the words of Discord's own settings."""
    return [f"- {_name(lack, texts)}" for lack in lacks]


def _lacks(may: discord.Permissions, *, is_thread: bool) -> tuple[Lack, ...]:
    if not may.view_channel:
        return (Lack.VIEW,)
    may_send = may.send_messages_in_threads if is_thread else may.send_messages
    sending = Lack.SEND_IN_THREADS if is_thread else Lack.SEND
    missing = {sending: not may_send, Lack.HISTORY: not may.read_message_history}
    return tuple(lack for lack, is_missing in missing.items() if is_missing)


def _name(lack: Lack, texts: Texts) -> str:
    names = {
        Lack.CHANNEL: texts.gettext("the channel itself: it's gone, or I can't see it"),
        Lack.VIEW: texts.gettext("**View Channel**"),
        Lack.SEND: texts.gettext("**Send Messages**"),
        Lack.SEND_IN_THREADS: texts.gettext("**Send Messages in Threads**"),
        Lack.HISTORY: texts.gettext(
            "**Read Message History** – with it I can look whether a digest went out before "
            "something broke; without it I would rather leave one out than post it twice"
        ),
    }
    return names[lack]
