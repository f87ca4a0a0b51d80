"""The progressive message: one message that grows while its content is still being made."""

from bot.ui.stream._message import (
    CHANNEL_PAUSE_SECONDS,
    FIRST_AFTER_SECONDS,
    FIRST_CHARACTERS,
    FIRST_TEXT_SECONDS,
    LONGEST_PAUSE_SECONDS,
    PAUSE_SECONDS,
    EditFailed,
    MessageGone,
    ProgressiveMessage,
)
from bot.ui.stream._messages import ProgressiveMessages
from bot.ui.stream._traffic import Allowance, Traffic

__all__ = [
    "CHANNEL_PAUSE_SECONDS",
    "FIRST_AFTER_SECONDS",
    "FIRST_CHARACTERS",
    "FIRST_TEXT_SECONDS",
    "LONGEST_PAUSE_SECONDS",
    "PAUSE_SECONDS",
    "Allowance",
    "EditFailed",
    "MessageGone",
    "ProgressiveMessage",
    "ProgressiveMessages",
    "Traffic",
]
