"""Everything that was said since the chat server started, and who may see it."""

import itertools
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Final

from bot.sandbox.chat.views import Json, message_view
from bot.sandbox.discord import Exchange, Message, User

_KEPT_MESSAGES: Final = 5_000
_KEPT_MODALS: Final = 100


class History:
    """Messages in order of appearance, and the notes that only their reader sees."""

    def __init__(self) -> None:
        """Start empty."""
        self._messages: OrderedDict[str, Message] = OrderedDict()
        self._notes: OrderedDict[str, tuple[User, Json]] = OrderedDict()
        self._modals: OrderedDict[str, Exchange] = OrderedDict()
        self._numbers = itertools.count(1)

    def add(self, message: Message) -> None:
        """Remember a message; the oldest ones are forgotten."""
        self._messages[str(message.id)] = message
        if len(self._messages) > _KEPT_MESSAGES:
            self._messages.popitem(last=False)

    def forget(self, message_id: str) -> None:
        """Forget a message or a note."""
        self._messages.pop(message_id, None)
        self._notes.pop(message_id, None)

    def message(self, message_id: str) -> Message:
        """Return a message.

        Raises:
            ValueError: It is unknown or gone.
        """
        if message_id not in self._messages:
            reason = "this message is gone"
            raise ValueError(reason)
        return self._messages[message_id]

    def note_failure(self, exchange: Exchange, bot: User) -> Json:
        """Remember that a command got no answer, and return the note its user sees."""
        note_id = f"note-{next(self._numbers)}"
        note: Json = {
            "id": note_id,
            "channel": exchange.channel.key,
            "author": str(bot.id),
            "at": datetime.now(UTC).isoformat(),
            "used": {"user": str(exchange.user.id), "command": exchange.title.removeprefix("/")},
            "ephemeral": True,
            "failed": True,
        }
        self._notes[note_id] = (exchange.user, note)
        return note

    def note_for(self, note_id: str, user: User) -> bool:
        """Return whether that is a note of this person's."""
        return note_id in self._notes and self._notes[note_id][0] is user

    def seen_by(self, user: User) -> list[Json]:
        """Return all that a person may see, oldest first."""
        messages = [message_view(m) for m in self._messages.values() if may_see(user, m)]
        notes = [note for reader, note in self._notes.values() if reader is user]
        return sorted([*messages, *notes], key=lambda view: str(view["at"]))

    def keep_modal(self, exchange: Exchange) -> str:
        """Remember a modal that is being filled in, and return its key."""
        key = str(exchange.interaction_id)
        self._modals[key] = exchange
        if len(self._modals) > _KEPT_MODALS:
            self._modals.popitem(last=False)
        return key

    def modal(self, key: str) -> Exchange:
        """Return the exchange that was answered with a modal.

        Raises:
            ValueError: It is unknown.
        """
        if key not in self._modals:
            reason = "this form is no longer open"
            raise ValueError(reason)
        return self._modals[key]


def may_see(user: User, message: Message) -> bool:
    """Return whether a message is shown to a person."""
    return not message.deleted and message.only_for in (None, user) and message.channel.admits(user)
