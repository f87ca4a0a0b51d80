"""Changing a message long after its interaction, and posting to a channel: what services ask for.

Services say *what* is to be shown, as values of their own; ``bot/delivery`` knows how such a value
looks, and reaches Discord. Two rules hold for every late edit: it gives up after
``GIVE_UP_SECONDS``, and it never overwrites a message that was regenerated since.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Final, Protocol

from services.secret import Secret

GIVE_UP_SECONDS: Final = 24 * 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePlace:
    """A message of ours that may be changed later, and the ways to it.

    Attributes:
        channel_id: Where it is.
        message_id: Which it is.
        application_id: Ours, for the way of the interaction's token.
        token: The interaction's, which works where the bot is no member; or None.
        token_until: When that stops working (UTC).
        is_in_reach: True when the bot itself may edit it for ever: it is a member of the channel
            and the message is nobody's alone.
        locale: The reader's, such as ``fr``.
    """

    channel_id: int
    message_id: int
    application_id: int
    token: Secret | None = field(default=None, repr=False)
    token_until: datetime | None = None
    is_in_reach: bool = False
    locale: str = "en"


class LateEdit(Enum):
    """What became of a late edit; none of these gets better by trying again."""

    DONE = auto()
    SUPERSEDED = auto()  # somebody had it written again meanwhile
    GONE = auto()  # deleted, or the bot lost its access
    OUT_OF_REACH = auto()  # the token has expired and the bot is no member of the channel
    TOO_LATE = auto()  # older than ``GIVE_UP_SECONDS``


class DiscordUnavailable(Exception):  # noqa: N818  # says what is wrong
    """Discord cannot be reached, or asks to wait: trying again later makes sense.

    Attributes:
        retry_after: Seconds, or None when nobody knows.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        """Keep the reason, which names a class or a status only."""
        super().__init__(reason)
        self.retry_after = retry_after


class MessageEditor(Protocol):
    """Changes messages long after they were sent, across restarts."""

    async def expect(self, place: MessagePlace) -> int:
        """Note that ``place`` will be changed later; returns the number to do it by.

        An earlier number for the same message becomes void.
        """

    async def supersede(self, message_id: int) -> None:
        """Make every late edit of this message void: somebody has it written again."""

    async def is_expected(self, late_id: int) -> bool:
        """Return whether that change is still wanted: not superseded, not too late."""

    async def edit(self, late_id: int, content: object, *, is_last_word: bool = False) -> LateEdit:
        """Show ``content``, a value that somebody has registered a rendering for.

        Args:
            late_id: From ``expect``.
            content: What to show.
            is_last_word: It only takes a promise back: allowed for ever.

        Raises:
            DiscordUnavailable: Not now.
        """


class Refused(Exception):  # noqa: N818  # says what happened
    """The channel is gone, or the bot may not post there."""


class Publisher(Protocol):
    """Posts to channels."""

    async def post(self, channel_id: int, content: object, *, locale: str, key: str) -> int:
        """Post ``content`` and return the message's id.

        Args:
            channel_id: Where.
            content: A value that somebody has registered a rendering for.
            locale: The server's, such as ``fr``.
            key: Posting again with the same key within Discord's window (minutes) does not make
                a second message.

        Raises:
            DiscordUnavailable: Not now; whether it was posted may be unknown.
            Refused: Never, unless somebody changes the channel or its permissions.
        """

    async def tell(self, user_id: int, content: object, *, locale: str, key: str) -> int:
        """Send ``content`` to a person as a direct message and return the message's id.

        Args:
            user_id: Whom.
            content: A value that somebody has registered a rendering for.
            locale: Theirs, such as ``fr``.
            key: As for ``post``.

        Raises:
            DiscordUnavailable: Not now; whether it was sent may be unknown.
            Refused: They take no messages from the bot.
        """
