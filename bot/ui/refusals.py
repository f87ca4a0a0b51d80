"""What Discord's refusals mean for a message of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
import discord

from bot.ui.stream import EditFailed, MessageGone

# Unknown message, webhook, channel or interaction; expired or invalid interaction token; missing
# access; a user who takes no messages.
_GONE_CODES: Final = frozenset({10003, 10008, 10015, 10062, 50001, 50007, 50013, 50027})
# Those of them that end an interaction's token, but not the message.
_TOKEN_CODES: Final = frozenset({10015, 50027})
_UNAUTHORISED: Final = 401
REFUSALS: Final = (discord.HTTPException, aiohttp.ClientError, OSError)
"""What discord.py raises when Discord refuses, or lets through when the network fails."""


def is_gone(error: discord.HTTPException) -> bool:
    """Return whether the message can never be edited again, by this way at least."""
    return error.code in _GONE_CODES or error.status == _UNAUTHORISED  # the token expired


def is_token_over(error: Exception) -> bool:
    """Return whether only the interaction's token has ended; the message may still stand."""
    if not isinstance(error, discord.HTTPException):
        return False
    return error.code in _TOKEN_CODES or error.status == _UNAUTHORISED


def edit_error(error: Exception) -> MessageGone | EditFailed:
    """Return what a progressive message is told about a refusal."""
    if not isinstance(error, discord.HTTPException):
        return EditFailed(type(error).__name__)
    if is_gone(error):
        return MessageGone(str(error.code))
    return EditFailed(f"{error.status} {error.code}")


@contextmanager
def refusals_told() -> Iterator[None]:
    """Raise what a progressive message is told, for refusals inside the block."""
    try:
        yield
    except REFUSALS as error:
        raise edit_error(error) from error
