"""Builds what people do with commands; whatever the client would not allow raises ValueError."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.sandbox.discord.command_checks import CommandType
from bot.sandbox.discord.controls import modal_data
from bot.sandbox.discord.exchange import Exchange
from bot.sandbox.discord.interactions import InteractionKind
from bot.sandbox.discord.messages import Message
from bot.sandbox.discord.options import (
    Chosen,
    check_available,
    choose_command,
    fill_options,
    is_available,
)
from bot.sandbox.discord.places import Channel, User
from bot.sandbox.discord.platform import Act, Platform
from bot.sandbox.discord.resolving import Resolver
from bot.sandbox.discord.snowflakes import Json
from bot.sandbox.discord.wire import message_payload


@dataclass(frozen=True, slots=True)
class Scene:
    """Who does something, where, and in which language."""

    platform: Platform
    user: User
    channel: Channel
    locale: str

    def choose(self, name: str) -> Chosen:
        """Return the slash command that the person picks.

        Raises:
            ValueError: It is not registered, or not offered to the person here.
        """
        chosen = choose_command(self.platform.commands, name, self.channel)
        check_available(self.platform.world, chosen.command, self.user, self.channel)
        return chosen

    def offered(self) -> list[Json]:
        """Return the commands that the client lists for the person here; a server's own win."""
        platform = self.platform
        scopes = (None, self.channel.guild_id)
        commands = {
            (command["type"], command["name"]): command
            for scope in scopes
            for command in platform.commands.in_scope(scope)
        }
        place = (self.user, self.channel)
        return [c for c in commands.values() if is_available(platform.world, c, *place)]

    def resolver(self) -> Resolver:
        """Return what looks up the names that the person uses."""
        platform = self.platform
        return Resolver(platform.world, platform.files, self.user, self.channel)

    def act(
        self,
        kind: InteractionKind,
        title: str,
        command: Json,
        data: Json,
        command_name: str | None = None,
    ) -> Act:
        """Return the act of using a command."""
        return Act(
            kind=kind,
            title=title,
            user=self.user,
            channel=self.channel,
            locale=self.locale,
            data=data,
            installs=frozenset(command["integration_types"]),
            command_name=command_name,
        )


def command_act(scene: Scene, name: str, options: Mapping[str, object]) -> Act:
    """Return the act of using a slash command."""
    chosen, resolver = scene.choose(name), scene.resolver()
    filled = fill_options(chosen.options, options, resolver)
    data = resolver.into(chosen.data(filled))
    return scene.act(InteractionKind.COMMAND, f"/{name}", chosen.command, data, name)


def autocomplete_act(
    scene: Scene, name: str, options: Mapping[str, object], *, focused: str, value: str
) -> Act:
    """Return the act of typing into an option."""
    chosen, resolver = scene.choose(name), scene.resolver()
    option = next((o for o in chosen.options if o["name"] == focused), {})
    if not option.get("autocomplete"):
        message = f"/{name} has no option {focused!r} with autocomplete"
        raise ValueError(message)
    filled = fill_options(chosen.options, options, resolver, partial=True)
    typed: Json = {"name": focused, "type": option["type"], "value": value, "focused": True}
    data = resolver.into(chosen.data([*filled, typed]))
    title = f"/{name} {focused}:{value}"
    return scene.act(InteractionKind.AUTOCOMPLETE, title, chosen.command, data)


def message_command_act(scene: Scene, name: str, message: Message) -> Act:
    """Return the act of using an entry of a message's menu."""
    commands = scene.platform.commands
    command = commands.find(name, CommandType.MESSAGE, scene.channel.guild_id)
    if command is None:
        known = [c["name"] for c in commands.everything() if c["type"] == CommandType.MESSAGE]
        reason = f"the message menu has no {name!r}; its entries are {known}"
        raise ValueError(reason)
    check_available(scene.platform.world, command, scene.user, scene.channel)
    data: Json = {
        "id": command["id"],
        "name": name,
        "type": command["type"],
        "target_id": str(message.id),
        "resolved": {"messages": {str(message.id): message_payload(scene.platform.world, message)}},
    }
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return scene.act(InteractionKind.COMMAND, name, command, data, name)


def component_act(scene: Scene, message: Message, title: str, data: Json) -> Act:
    """Return the act of using a control of a message."""
    return Act(
        kind=InteractionKind.COMPONENT,
        title=title,
        user=scene.user,
        channel=scene.channel,
        locale=scene.locale,
        data=data,
        source=message,
    )


def modal_act(scene: Scene, exchange: Exchange, modal: Json, values: Mapping[str, object]) -> Act:
    """Return the act of sending a modal that an exchange was answered with."""
    trigger = scene.platform.interaction_of(exchange)
    return Act(
        kind=InteractionKind.MODAL_SUBMIT,
        title=f"submit {modal['custom_id']}",
        user=scene.user,
        channel=scene.channel,
        locale=scene.locale,
        data=modal_data(modal, values, scene.resolver()),
        installs=frozenset(int(key) for key in trigger.owners),
        source=trigger.source,
        trigger=trigger,
    )
