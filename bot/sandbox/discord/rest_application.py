"""Routes about the bot itself: its user, its gateway, its application and its commands."""

from http import HTTPStatus

from bot.sandbox.discord.call import NOTHING, Call, Reply, Route
from bot.sandbox.discord.errors import ApiError, missing_access, unknown
from bot.sandbox.discord.payloads import (
    application_payload,
    channel_payload,
    guild_payload,
    member_payload,
    own_user_payload,
    role_payload,
    user_payload,
)
from bot.sandbox.discord.places import Guild
from bot.sandbox.discord.platform import Platform

_DAILY_IDENTIFIES = 1_000
_MAX_CONCURRENCY = 1
_RESET_MILLISECONDS = 14_400_000
_COMMANDS = "/applications/{application_id}/commands"
_GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"


class ApplicationRoutes:
    """Users, gateway, application, commands and servers."""

    def __init__(self, platform: Platform) -> None:
        """Serve this platform."""
        self._platform = platform
        self._world = platform.world

    def routes(self) -> list[Route]:
        """Return the addresses."""
        table = [
            Route("GET", "/gateway", self._gateway, needs_token=False),
            Route("GET", "/gateway/bot", self._gateway_bot),
            Route("GET", "/users/@me", self._me),
            Route("GET", "/users/{user_id}", self._user),
            Route("POST", "/users/@me/channels", self._direct_channel),
            Route("GET", "/applications/@me", self._application),
            Route("GET", "/oauth2/applications/@me", self._application),
            Route("GET", "/guilds/{guild_id}", self._guild),
            Route("GET", "/guilds/{guild_id}/channels", self._channels),
            Route("GET", "/guilds/{guild_id}/roles", self._roles),
            Route("GET", "/guilds/{guild_id}/members/{user_id}", self._member),
        ]
        for base in (_COMMANDS, _GUILD_COMMANDS):
            one = base + "/{command_id}"
            table += [
                Route("GET", base, self._list),
                Route("PUT", base, self._overwrite),
                Route("POST", base, self._create),
                Route("GET", one, self._get),
                Route("PATCH", one, self._edit),
                Route("DELETE", one, self._delete),
            ]
        return table

    def _gateway(self, _call: Call) -> Reply:
        return Reply({"url": self._platform.gateway.url})

    def _gateway_bot(self, _call: Call) -> Reply:
        remaining = max(0, _DAILY_IDENTIFIES - self._platform.gateway.identifies)
        return Reply(
            {
                "url": self._platform.gateway.url,
                "shards": self._platform.rules.recommended_shards,
                "session_start_limit": {
                    "total": _DAILY_IDENTIFIES,
                    "remaining": remaining,
                    "reset_after": _RESET_MILLISECONDS,
                    "max_concurrency": _MAX_CONCURRENCY,
                },
            }
        )

    def _me(self, _call: Call) -> Reply:
        return Reply(own_user_payload(self._world.bot))

    def _user(self, call: Call) -> Reply:
        user = self._world.user_by_id(_number(call.params["user_id"]))
        if user is None:
            raise unknown(10013, "User")
        return Reply(user_payload(user))

    def _direct_channel(self, call: Call) -> Reply:
        recipient_id = _number(str(call.form.get("recipient_id")))
        channels = self._world.channels
        key = f"dm:{getattr(self._world.user_by_id(recipient_id), 'name', None)}"
        if key not in channels:
            raise ApiError(HTTPStatus.BAD_REQUEST, 50007, "Cannot send messages to this user")
        return Reply(channel_payload(channels[key]))

    def _application(self, _call: Call) -> Reply:
        return Reply(application_payload(self._world))

    def _guild(self, call: Call) -> Reply:
        return Reply(guild_payload(self._joined(call)))

    def _channels(self, call: Call) -> Reply:
        channels = self._world.channels_of(self._joined(call))
        return Reply([channel_payload(channel) for channel in channels])

    def _roles(self, call: Call) -> Reply:
        return Reply([role_payload(role) for role in self._joined(call).roles])

    def _member(self, call: Call) -> Reply:
        member = self._joined(call).members.get(_number(call.params["user_id"]))
        if member is None:
            raise unknown(10007, "Member")
        return Reply(member_payload(member))

    def _joined(self, call: Call) -> Guild:
        guild_id = call.params["guild_id"]
        guild = next((g for g in self._world.guilds if str(g.id) == guild_id), None)
        if guild is None:
            raise unknown(10004, "Guild")
        if not guild.has_bot:
            raise missing_access()
        return guild

    def _scope(self, call: Call) -> int | None:
        if call.params["application_id"] != str(self._world.application_id):
            raise ApiError(
                HTTPStatus.FORBIDDEN,
                20012,
                "You are not authorized to perform this action on this application",
            )
        return self._joined(call).id if "guild_id" in call.params else None

    def _list(self, call: Call) -> Reply:
        return Reply(self._platform.commands.in_scope(self._scope(call)))

    def _overwrite(self, call: Call) -> Reply:
        if not isinstance(call.body, list):
            raise ApiError(HTTPStatus.BAD_REQUEST, 50109, "The request body contains invalid JSON.")
        commands = self._platform.commands.overwrite(self._scope(call), call.body)
        self._platform.changes.notify()
        return Reply(commands)

    def _create(self, call: Call) -> Reply:
        command, is_new = self._platform.commands.upsert(self._scope(call), call.form)
        self._platform.changes.notify()
        return Reply(command, HTTPStatus.CREATED if is_new else HTTPStatus.OK)

    def _get(self, call: Call) -> Reply:
        return Reply(self._platform.commands.get(self._scope(call), call.params["command_id"]))

    def _edit(self, call: Call) -> Reply:
        command_id = call.params["command_id"]
        return Reply(self._platform.commands.edit(self._scope(call), command_id, call.form))

    def _delete(self, call: Call) -> Reply:
        self._platform.commands.delete(self._scope(call), call.params["command_id"])
        return NOTHING


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
