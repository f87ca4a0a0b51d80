"""One thing a person did, and everything the bot answered."""

import time
from collections.abc import Callable

from bot.sandbox.discord.changes import Changes
from bot.sandbox.discord.messages import Message
from bot.sandbox.discord.places import Channel, User
from bot.sandbox.discord.snowflakes import Json


class Exchange:
    """A command, a press or a message, and what came of it.

    Attributes:
        interaction_id: The interaction's snowflake; None for a plain message.
        title: What was done, for dumps: "/collection browse", "press stop".
        user: Who did it.
        channel: Where.
        locale: The person's language.
        message: What the person wrote, for a plain message.
        started_at: Monotonic time, in seconds.
        acknowledged_at: Monotonic time of the callback, or None. A plain message is acknowledged by
            the bot's first message or by its typing.
        callback_type: Discord's number of the callback, or None.
        modal: The modal it was answered with, as received, or None.
        messages: The bot's answers in order of creation, deleted ones included. A message that the
            bot changed in answer to a press counts as an answer to that press.
    """

    def __init__(
        self,
        changes: Changes,
        *,
        title: str,
        user: User,
        channel: Channel,
        locale: str,
        ack_seconds: float | None,
        interaction_id: int | None = None,
        message: Message | None = None,
    ) -> None:
        """Start now.

        Args:
            changes: Notified whenever anything happens.
            title: What was done.
            user: Who did it.
            channel: Where.
            locale: The person's language.
            ack_seconds: Time the bot has to answer an interaction; None for plain messages.
            interaction_id: The interaction's snowflake.
            message: What the person wrote.
        """
        self._changes = changes
        self._ack_seconds = ack_seconds
        self.title = title
        self.user = user
        self.channel = channel
        self.locale = locale
        self.interaction_id = interaction_id
        self.message = message
        self.started_at = time.monotonic()
        self.acknowledged_at: float | None = None
        self.callback_type: int | None = None
        self.modal: Json | None = None
        self.messages: list[Message] = []

    def __repr__(self) -> str:
        return f"<Exchange {self.title!r} by {self.user.name} in {self.channel.key}>"

    @property
    def failed(self) -> bool:
        """Whether Discord shows "The application did not respond"."""
        if self._ack_seconds is None or self.acknowledged_at is not None:
            return False
        return time.monotonic() >= self.started_at + self._ack_seconds

    @property
    def thinking(self) -> bool:
        """Whether a "thinking…" is still shown."""
        return any(message.thinking for message in self.messages)

    @property
    def last(self) -> Message:
        """The newest answer that was not deleted.

        Raises:
            IndexError: There is none.
        """
        return [message for message in self.messages if not message.deleted][-1]

    def acknowledge(self, callback_type: int | None) -> None:
        """Note the first sign of life."""
        if self.acknowledged_at is None:
            self.acknowledged_at = time.monotonic()
            self.callback_type = callback_type

    def include(self, message: Message) -> None:
        """Count a message that the bot changes among the answers."""
        if message not in self.messages:
            self.messages.append(message)

    async def wait_acknowledged(self, timeout: float = 5) -> None:  # noqa: ASYNC109  the control API names it so
        """Wait for the callback.

        Args:
            timeout: Seconds.

        Raises:
            TimeoutError: It did not come, or Discord stopped waiting for it.
        """
        await self._wait(lambda: self.acknowledged_at is not None or self.failed, timeout)
        if self.acknowledged_at is None:
            raise TimeoutError(self.dump("not acknowledged in time"))

    async def wait_until(self, predicate: Callable[["Exchange"], bool], timeout: float = 5) -> None:  # noqa: ASYNC109  the control API names it so
        """Wait until the predicate is true; it is asked again after every change anywhere.

        Args:
            predicate: Given this exchange.
            timeout: Seconds.

        Raises:
            TimeoutError: With a description of what is there instead.
        """
        await self._wait(lambda: predicate(self), timeout)

    def dump(self, reason: str) -> str:
        """Describe what is there, for an error message."""
        answered = (
            "never"
            if self.acknowledged_at is None
            else f"after {self.acknowledged_at - self.started_at:.2f} s"
        )
        lines = [
            f"{reason}: {self.title!r} by {self.user.name} in {self.channel.key}",
            f"  acknowledged {answered}, callback {self.callback_type}, failed {self.failed}",
            *(f"  {message!r} versions {len(message.versions)}" for message in self.messages),
        ]
        if self.modal:
            lines.append(f"  modal {self.modal.get('custom_id')!r}")
        return "\n".join(lines)

    async def _wait(self, condition: Callable[[], bool], timeout: float) -> None:  # noqa: ASYNC109  as its callers
        if not await self._changes.wait_until(condition, timeout):
            raise TimeoutError(self.dump(f"nothing after {timeout:g} s"))
