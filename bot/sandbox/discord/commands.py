"""The application commands that the bot registered, global and per server."""

from copy import deepcopy
from dataclasses import dataclass

from bot.sandbox.discord.command_checks import CommandType, check_command_count, check_commands
from bot.sandbox.discord.errors import unknown
from bot.sandbox.discord.snowflakes import Json, SnowflakeMint

_DEFAULTS: Json = {
    "default_member_permissions": None,
    "description": "",
    "dm_permission": True,
    "contexts": None,
    "integration_types": [0],
    "nsfw": False,
}


@dataclass(frozen=True, slots=True)
class _Key:
    kind: int
    name: str


class CommandRegistry:
    """Commands by scope; a scope is a server's id, or None for global commands."""

    def __init__(self, mint: SnowflakeMint, application_id: int) -> None:
        """Start empty."""
        self._mint = mint
        self._application_id = application_id
        self._scopes: dict[int | None, dict[_Key, Json]] = {}
        self.was_synced = False

    def everything(self) -> list[Json]:
        """Return every command as received, with the members Discord adds."""
        return [command for scope in self._scopes.values() for command in scope.values()]

    def in_scope(self, scope: int | None) -> list[Json]:
        """Return a scope's commands."""
        return list(self._scopes.get(scope, {}).values())

    def find(self, name: str, kind: int, guild_id: int | None) -> Json | None:
        """Return the command a person in that server means; the server's own comes first."""
        for scope in (guild_id, None):
            found = self._scopes.get(scope, {}).get(_Key(kind, name))
            if found is not None:
                return found
        return None

    def get(self, scope: int | None, command_id: str) -> Json:
        """Return a command by id.

        Raises:
            ApiError: 404 with 10063.
        """
        for command in self.in_scope(scope):
            if command["id"] == command_id:
                return command
        raise unknown(10063, "application command")

    def overwrite(self, scope: int | None, commands: list[Json]) -> list[Json]:
        """Replace a scope's commands.

        Raises:
            ApiError: A command is refused; then nothing changed.
        """
        check_commands(commands, listed=True)
        before = self._scopes.get(scope, {})
        after = {_key(command): command for command in commands}
        self._scopes[scope] = {
            key: self._stored(scope, command, before.get(key)) for key, command in after.items()
        }
        self.was_synced = True
        return self.in_scope(scope)

    def upsert(self, scope: int | None, command: Json) -> tuple[Json, bool]:
        """Add a command, or replace the one of the same name; also say whether it is new.

        Raises:
            ApiError: The command is refused.
        """
        check_commands([command], listed=False)
        held = self._scopes.setdefault(scope, {})
        before = held.get(_key(command))
        if before is None:
            check_command_count([*held.values(), command])
        held[_key(command)] = self._stored(scope, command, before)
        self.was_synced = True
        return held[_key(command)], before is None

    def edit(self, scope: int | None, command_id: str, changes: Json) -> Json:
        """Change some members of a command.

        Raises:
            ApiError: There is no such command, or the result is refused.
        """
        before = self.get(scope, command_id)
        merged = before | changes
        check_commands([merged], listed=False)
        held = self._scopes[scope]
        del held[_key(before)]
        held[_key(merged)] = self._stored(scope, merged, before)
        return held[_key(merged)]

    def delete(self, scope: int | None, command_id: str) -> None:
        """Remove a command.

        Raises:
            ApiError: There is no such command.
        """
        del self._scopes[scope][_key(self.get(scope, command_id))]

    def _stored(self, scope: int | None, command: Json, before: Json | None) -> Json:
        received = {key: value for key, value in deepcopy(command).items() if value is not None}
        stored = _DEFAULTS | {"type": int(CommandType.CHAT_INPUT)} | received
        permissions = stored["default_member_permissions"]
        stored |= {
            "id": before["id"] if before else str(self._mint.mint()),
            "application_id": str(self._application_id),
            "version": str(self._mint.mint()),
            "default_member_permissions": None if permissions is None else str(permissions),
        }
        return stored | ({"guild_id": str(scope)} if scope is not None else {})


def _key(command: Json) -> _Key:
    return _Key(int(command.get("type") or CommandType.CHAT_INPUT), command["name"])
