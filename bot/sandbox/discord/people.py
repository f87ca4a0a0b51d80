"""What people do on Discord, as far as the bot can notice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.sandbox.discord.acts import (
    Scene,
    autocomplete_act,
    command_act,
    component_act,
    message_command_act,
    modal_act,
)
from bot.sandbox.discord.composing import Draft
from bot.sandbox.discord.controls import choose_data, press_data
from bot.sandbox.discord.exchange import Exchange
from bot.sandbox.discord.mentions import EVERYTHING
from bot.sandbox.discord.messages import Message
from bot.sandbox.discord.places import Channel, User
from bot.sandbox.discord.platform import Platform
from bot.sandbox.discord.snowflakes import Json

_LOCALE = "en-US"


@dataclass(frozen=True, slots=True)
class Choice:
    """One suggestion of autocomplete, with its name in the person's language."""

    name: str
    value: str | int | float


class People:
    """Acts as people; every act is a mistake of the test when the client would not allow it."""

    def __init__(self, platform: Platform) -> None:
        """Act on this platform."""
        self._platform = platform

    async def run_command(
        self,
        name: str,
        options: Mapping[str, object] | None = None,
        *,
        user: str = "alice",
        channel: str = "general",
        locale: str = _LOCALE,
    ) -> Exchange:
        """Use a slash command.

        Args:
            name: "search", or "collection browse" for a subcommand.
            options: Values by option name. People, channels and roles are given by name, files as
                (name, bytes), choices by value or name.
            user: Who.
            channel: Where.
            locale: The person's language.

        Raises:
            ValueError: The command or an option is not registered, a required one is missing, a
                value is not allowed, or the command is not offered to this person here.
        """
        scene = Scene(self._platform, *self._person(user, channel), locale)
        return self._platform.open(command_act(scene, name, options or {})).exchange

    async def autocomplete(
        self,
        name: str,
        focused: str,
        value: str,
        options: Mapping[str, object] | None = None,
        *,
        user: str = "alice",
        channel: str = "general",
        locale: str = _LOCALE,
        timeout: float = 3,  # noqa: ASYNC109  the control API names it so
    ) -> list[Choice]:
        """Type into an option and return what the bot suggests.

        Args:
            name: The command.
            focused: The option being typed into.
            value: What was typed so far.
            options: Other options already filled in.
            user: Who.
            channel: Where.
            locale: The person's language.
            timeout: Seconds.

        Raises:
            ValueError: The option has no autocomplete, or the client would not allow the rest.
            TimeoutError: The bot suggested nothing in time: "Loading options failed".
        """
        scene = Scene(self._platform, *self._person(user, channel), locale)
        act = autocomplete_act(scene, name, options or {}, focused=focused, value=value)
        interaction = self._platform.open(act)
        await interaction.exchange.wait_acknowledged(timeout)
        return [
            Choice((c.get("name_localizations") or {}).get(locale) or c["name"], c["value"])
            for c in interaction.choices or ()
        ]

    def offered_commands(self, *, user: str, channel: str) -> list[Json]:
        """Return the commands that the client lists for a person in a channel, as received.

        Raises:
            ValueError: This person is not in that channel.
        """
        return Scene(self._platform, *self._person(user, channel), _LOCALE).offered()

    async def run_message_command(
        self,
        name: str,
        message: Message,
        *,
        user: str = "alice",
        channel: str | None = None,
        locale: str = _LOCALE,
    ) -> Exchange:
        """Use a command of a message's context menu.

        Args:
            name: The menu's entry.
            message: The message it is used on.
            user: Who.
            channel: Where; None means where the message stands.
            locale: The person's language.

        Raises:
            ValueError: There is no such entry, or it is not offered to this person here.
        """
        place = channel or message.channel.key
        scene = Scene(self._platform, *self._person(user, place), locale)
        return self._platform.open(message_command_act(scene, name, message)).exchange

    async def send_message(
        self, text: str, *, user: str = "alice", channel: str = "dm:alice"
    ) -> Exchange:
        """Write a message; the exchange follows what the bot writes in the channel afterwards.

        A reply of the bot belongs to the message it points at only.

        Args:
            text: At most 2,000 characters.
            user: Who.
            channel: Where.

        Raises:
            ValueError: This person is not in that channel.
        """
        person, place = self._person(user, channel)
        exchange = Exchange(
            self._platform.changes,
            title=text,
            user=person,
            channel=place,
            locale=_LOCALE,
            ack_seconds=None,
        )
        draft = Draft(body={"content": text}, uploads=(), channel=place, default_pings=EVERYTHING)
        self._platform.chats.setdefault(place.id, []).append(exchange)
        exchange.message = self._platform.board.post(draft, author=person)
        return exchange

    async def press(
        self, message: Message, custom_id: str, *, user: str = "alice", locale: str | None = None
    ) -> Exchange:
        """Press a button.

        Args:
            message: The message it is on.
            custom_id: The button's.
            user: Who.
            locale: The person's language; None means that of whoever made the message appear.

        Raises:
            ValueError: There is no such enabled button that this person sees.
        """
        scene = self._scene(message, user, locale)
        data = press_data(message, custom_id, scene.user)
        act = component_act(scene, message, f"press {custom_id}", data)
        return self._platform.open(act).exchange

    async def choose(
        self,
        message: Message,
        custom_id: str,
        values: Sequence[str],
        *,
        user: str = "alice",
        locale: str | None = None,
    ) -> Exchange:
        """Choose in a select menu.

        Args:
            message: The message it is on.
            custom_id: The menu's.
            values: The chosen options' values; people, roles and channels by name.
            user: Who.
            locale: The person's language; None means that of whoever made the message appear.

        Raises:
            ValueError: There is no such enabled menu, or it does not offer the values.
        """
        scene = self._scene(message, user, locale)
        data = choose_data(message, custom_id, values, scene.user, scene.resolver())
        act = component_act(scene, message, f"choose {custom_id} {list(values)}", data)
        return self._platform.open(act).exchange

    async def submit_modal(
        self, exchange: Exchange, values: Mapping[str, object], *, user: str | None = None
    ) -> Exchange:
        """Fill in the modal that an exchange was answered with, and send it.

        Args:
            exchange: The one that was answered with a modal.
            values: By custom id; see `modal_data`.
            user: Who; None means the one who got the modal.

        Raises:
            ValueError: There is no modal, or the client would not accept the values.
        """
        if exchange.modal is None or user not in (None, exchange.user.name):
            message = f"{exchange!r} was not answered with a modal for {user}"
            raise ValueError(message)
        scene = Scene(self._platform, exchange.user, exchange.channel, exchange.locale)
        return self._platform.open(modal_act(scene, exchange, exchange.modal, values)).exchange

    async def delete_message(self, message: Message) -> None:
        """Delete a message, or dismiss an ephemeral one; only the former is heard by the bot."""
        self._platform.board.delete(message)

    def _scene(self, message: Message, user: str, locale: str | None) -> Scene:
        spoken = locale or self._platform.locale_of(message) or _LOCALE
        return Scene(self._platform, *self._person(user, message.channel.key), spoken)

    def _person(self, user: str, channel: str) -> tuple[User, Channel]:
        world = self._platform.world
        if user not in world.users or channel not in world.channels:
            message = f"no {user!r} or no {channel!r}; {[*world.users]}, {[*world.channels]}"
            raise ValueError(message)
        person, place = world.users[user], world.channels[channel]
        if not place.admits(person):
            message = f"{user} is not in {channel}"
            raise ValueError(message)
        return person, place
