"""What Discord sends for the people, channels, roles and files that a test names."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from bot.sandbox.discord.files import FileStore
from bot.sandbox.discord.payloads import (
    channel_payload,
    member_payload,
    role_payload,
    user_payload,
)
from bot.sandbox.discord.places import Channel, User
from bot.sandbox.discord.snowflakes import Json
from bot.sandbox.discord.wire import attachment_payload
from bot.sandbox.discord.world import World


class _HasId(Protocol):
    @property
    def id(self) -> int: ...


_T = TypeVar("_T", bound=_HasId)


class Resolver:
    """Turns values into ids and collects the `resolved` member of an interaction."""

    def __init__(self, world: World, files: FileStore, user: User, channel: Channel) -> None:
        """Resolve for a person who is in a channel."""
        self._world = world
        self._files = files
        self._user = user
        self._channel = channel
        self.resolved: Json = {}

    def into(self, data: Json) -> Json:
        """Return `data` with the `resolved` member, when there is anything in it."""
        return data | ({"resolved": self.resolved} if self.resolved else {})

    def user(self, value: object) -> str:
        """Resolve a person given as `User`, name or id.

        Raises:
            ValueError: Nobody is called that.
        """
        everyone = {**self._world.people, "bot": self._world.bot}
        found = _pick(value, everyone.values(), lambda user: user.name)
        key = str(found.id)
        self._add("users", key, user_payload(found))
        member = self._channel.guild.members.get(found.id) if self._channel.guild else None
        if member is not None and self._channel.guild is not None:
            permissions = str(self._world.permissions(found, self._channel))
            shown = member_payload(member, with_user=False) | {"permissions": permissions}
            # Discord leaves these two out of partial members.
            del shown["deaf"], shown["mute"]
            self._add("members", key, shown)
        return key

    def channel(self, value: object) -> str:
        """Resolve a channel given as `Channel`, name or id.

        Raises:
            ValueError: There is no such channel in this server.
        """
        guild = self._channel.guild
        there = self._world.channels_of(guild) if guild else [self._channel]
        found = _pick(value, there, lambda channel: channel.key)
        shown = channel_payload(found)
        shown.pop("permission_overwrites", None)
        shown["permissions"] = str(self._world.permissions(self._user, found))
        self._add("channels", str(found.id), shown)
        return str(found.id)

    def role(self, value: object) -> str:
        """Resolve a role given by name or id.

        Raises:
            ValueError: There is no such role in this server.
        """
        roles = self._channel.guild.roles if self._channel.guild else ()
        found = _pick(value, roles, lambda role: role.name)
        self._add("roles", str(found.id), role_payload(found))
        return str(found.id)

    def mentionable(self, value: object) -> str:
        """Resolve a person or a role.

        Raises:
            ValueError: There is neither.
        """
        try:
            return self.user(value)
        except ValueError:
            return self.role(value)

    def attachment(self, value: object) -> str:
        """Store a file given as (name, bytes) and resolve it.

        Raises:
            ValueError: It is something else.
        """
        match value:
            case (str() as filename, bytes() as data):
                stored = self._files.add(
                    channel=self._channel, filename=filename, data=data, ephemeral=True
                )
            case _:
                message = f"a file is given as (name, bytes), not {value!r}"
                raise ValueError(message)
        self._add("attachments", str(stored.id), attachment_payload(stored))
        return str(stored.id)

    def _add(self, kind: str, key: str, payload: Json) -> None:
        self.resolved.setdefault(kind, {})[key] = payload


def _pick(value: object, candidates: Iterable[_T], name: Callable[[_T], str]) -> _T:
    known = list(candidates)
    for candidate in known:
        if value in (candidate, name(candidate), candidate.id, str(candidate.id)):
            return candidate
    message = f"{value!r} is not one of {[name(candidate) for candidate in known]}"
    raise ValueError(message)
