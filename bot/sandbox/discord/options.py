"""Fills in a registered command's options as Discord's own client would, or refuses.

The client lets nobody send what the command does not allow, so a wrong call is a mistake of the
test and raises ValueError.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.discord.command_checks import NESTING, CommandType, OptionType
from bot.sandbox.discord.commands import CommandRegistry
from bot.sandbox.discord.places import ALL_PERMISSIONS, Channel, Context, Permission, User
from bot.sandbox.discord.resolving import Resolver
from bot.sandbox.discord.snowflakes import Json
from bot.sandbox.discord.world import World

_LARGEST_INTEGER = 2**53


@dataclass(frozen=True, slots=True)
class Chosen:
    """A command, or a subcommand of one, that a person picked."""

    command: Json
    path: tuple[Json, ...]

    @property
    def options(self) -> list[Json]:
        """The options that can be filled in."""
        leaf = self.path[-1] if self.path else self.command
        return list(leaf.get("options") or ())

    def data(self, filled: list[Json]) -> Json:
        """Return the interaction's `data` with the options filled in."""
        for step in reversed(self.path):
            filled = [{"type": step["type"], "name": step["name"], "options": filled}]
        data: Json = {
            "id": self.command["id"],
            "name": self.command["name"],
            "type": self.command["type"],
        }
        if "guild_id" in self.command:
            data["guild_id"] = self.command["guild_id"]
        return data | ({"options": filled} if filled else {})


def choose_command(registry: CommandRegistry, name: str, channel: Channel) -> Chosen:
    """Return the command that a person types.

    Args:
        registry: The registered commands.
        name: "search", or "collection browse" for a subcommand.
        channel: Where it is typed.

    Raises:
        ValueError: There is no such command, or it is only a group.
    """
    first, *rest = name.split()
    command = registry.find(first, CommandType.CHAT_INPUT, channel.guild_id)
    if command is None:
        known = sorted(c["name"] for c in registry.everything())
        message = f"/{first} is not registered; registered are {known}"
        raise ValueError(message)
    path: list[Json] = []
    node = command
    for step in rest:
        children = {child["name"]: child for child in node.get("options") or ()}
        node = children.get(step, {})
        if node.get("type") not in NESTING:
            message = f"/{name} has no subcommand {step!r}; there are {sorted(children)}"
            raise ValueError(message)
        path.append(node)
    if any(child["type"] in NESTING for child in node.get("options") or ()):
        message = f"/{name} is a group and cannot be used by itself"
        raise ValueError(message)
    return Chosen(command, tuple(path))


def check_available(world: World, command: Json, user: User, channel: Channel) -> None:
    """Refuse a command that the client would not offer to this person here.

    Raises:
        ValueError: Says which of contexts, installation and permissions forbids it.
    """
    name = command["name"]
    contexts = command["contexts"]
    if "guild_id" not in command and contexts is not None and channel.context not in contexts:
        message = f"{name!r} is not offered in {channel.key}: its contexts are {contexts}"
        raise ValueError(message)
    installs = command["integration_types"]
    by_guild = 0 in installs and channel.has_bot and channel.context is not Context.PRIVATE_CHANNEL
    by_user = 1 in installs and user.installed
    if not (by_guild or by_user):
        message = f"{name!r} is not installed for {user.name} in {channel.key}: {installs}"
        raise ValueError(message)
    needed = int(command["default_member_permissions"] or 0)
    held = world.permissions(user, channel) if channel.guild else ALL_PERMISSIONS
    if needed & ~held and not held & Permission.ADMINISTRATOR:
        message = f"{name!r} needs permissions {needed} that {user.name} does not have"
        raise ValueError(message)


def is_available(world: World, command: Json, user: User, channel: Channel) -> bool:
    """Return whether the client offers a command to this person here."""
    try:
        check_available(world, command, user, channel)
    except ValueError:
        return False
    return True


def fill_options(
    options: list[Json], given: Mapping[str, object], resolver: Resolver, *, partial: bool = False
) -> list[Json]:
    """Return the options as the client sends them, in the command's order.

    Args:
        options: As registered.
        given: Values by option name.
        resolver: Looks up people, channels, roles and files.
        partial: Whether required options may still be missing, as during autocomplete.

    Raises:
        ValueError: An option is unknown, missing or has a value the client would not accept.
    """
    names = [option["name"] for option in options]
    unknown = set(given) - set(names)
    if unknown:
        message = f"no option {sorted(unknown)}; there are {names}"
        raise ValueError(message)
    filled: list[Json] = []
    for option in options:
        name = option["name"]
        if given.get(name) is not None:
            value = _value(option, given[name], resolver)
            filled.append({"name": name, "type": option["type"], "value": value})
        elif option.get("required") and not partial:
            message = f"the required option {name!r} is missing"
            raise ValueError(message)
    return filled


def _value(option: Json, given: object, resolver: Resolver) -> object:
    kind = OptionType(option["type"])
    readers: dict[OptionType, Callable[[object], object]] = {
        OptionType.STRING: lambda value: _text(option, value),
        OptionType.INTEGER: lambda value: _number(option, value, int),
        OptionType.NUMBER: lambda value: _number(option, value, float),
        OptionType.BOOLEAN: lambda value: _typed(option, value, bool),
        OptionType.USER: resolver.user,
        OptionType.CHANNEL: resolver.channel,
        OptionType.ROLE: resolver.role,
        OptionType.MENTIONABLE: resolver.mentionable,
        OptionType.ATTACHMENT: resolver.attachment,
    }
    if option.get("choices"):
        given = _choice(option, given)
    return readers[kind](given)


def _choice(option: Json, given: object) -> object:
    for choice in option["choices"]:
        if given in (choice["value"], choice["name"]):
            return choice["value"]
    values = [choice["value"] for choice in option["choices"]]
    message = f"{given!r} is not a choice of {option['name']!r}: {values}"
    raise ValueError(message)


def _text(option: Json, given: object) -> str:
    text: str = _typed(option, given, str)
    least, most = option.get("min_length") or 1, option.get("max_length") or 6_000
    if not least <= len(text) <= most:
        message = f"{option['name']!r} takes {least} to {most} characters, not {len(text)}"
        raise ValueError(message)
    return text


def _number(option: Json, given: object, kind: type[int | float]) -> int | float:
    allowed = (int,) if kind is int else (int, float)
    if isinstance(given, bool) or not isinstance(given, allowed):
        message = f"{option['name']!r} takes a number, not {given!r}"
        raise ValueError(message)  # noqa: TRY004  every refusal of the client is a ValueError
    least = option.get("min_value", -_LARGEST_INTEGER)
    most = option.get("max_value", _LARGEST_INTEGER)
    if not least <= given <= most:
        message = f"{option['name']!r} takes {least} to {most}, not {given}"
        raise ValueError(message)
    return given


def _typed(option: Json, given: object, kind: type) -> Any:  # noqa: ANN401  an instance of `kind`
    if not isinstance(given, kind):
        message = f"{option['name']!r} takes a {kind.__name__}, not {given!r}"
        raise ValueError(message)  # noqa: TRY004  every refusal of the client is a ValueError
    return given
