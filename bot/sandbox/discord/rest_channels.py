"""Routes of channels and their messages, for channels the bot is in."""

from bot.sandbox.discord.call import NOTHING, Call, Reply, Route
from bot.sandbox.discord.changes import TypingStarted
from bot.sandbox.discord.composing import Draft
from bot.sandbox.discord.errors import ApiError, missing_access, missing_permissions, unknown
from bot.sandbox.discord.mentions import EVERYTHING, replied_user_is_pinged
from bot.sandbox.discord.messages import Message, MessageKind
from bot.sandbox.discord.payloads import channel_payload
from bot.sandbox.discord.places import Channel, Permission
from bot.sandbox.discord.platform import Platform
from bot.sandbox.discord.wire import message_payload

_CHANNEL = "/channels/{channel_id}"
_MESSAGES = f"{_CHANNEL}/messages"
_MESSAGE = _MESSAGES + "/{message_id}"
_MOST_MESSAGES = 100
_USUAL_MESSAGES = 50


class ChannelRoutes:
    """Channels, their messages and typing."""

    def __init__(self, platform: Platform) -> None:
        """Serve this platform."""
        self._platform = platform
        self._world = platform.world
        self._board = platform.board

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("GET", _CHANNEL, self._get),
            Route("POST", f"{_CHANNEL}/typing", self._type),
            Route("GET", _MESSAGES, self._history),
            Route("POST", _MESSAGES, self._post),
            Route("GET", _MESSAGE, self._get_message),
            Route("PATCH", _MESSAGE, self._edit),
            Route("DELETE", _MESSAGE, self._delete),
        ]

    def _get(self, call: Call) -> Reply:
        channel = self._channel(call)
        newest = self._board.in_channel(channel)
        return Reply(channel_payload(channel, newest[0].id if newest else None))

    def _type(self, call: Call) -> Reply:
        channel = self._channel(call, Permission.SEND_MESSAGES)
        for chat in self._platform.chats_answered_by(channel, None):
            chat.acknowledge(None)
        self._platform.events.publish(TypingStarted(channel))
        self._platform.changes.notify()
        return NOTHING

    def _history(self, call: Call) -> Reply:
        channel = self._channel(call)
        if not self._may(channel, Permission.READ_MESSAGE_HISTORY):
            # Not a refusal: "no messages will be returned".
            # https://docs.discord.com/developers/resources/message#get-channel-messages
            return Reply([])
        limit = int(call.query.get("limit", _USUAL_MESSAGES))
        before = int(call.query.get("before", 0)) or 2**63
        after = int(call.query.get("after", 0))
        found = [m for m in self._board.in_channel(channel) if after < m.id < before]
        return Reply([message_payload(self._world, m) for m in found[: min(limit, _MOST_MESSAGES)]])

    def _post(self, call: Call) -> Reply:
        channel = self._channel(call, Permission.SEND_MESSAGES)
        if call.uploads and not self._may(channel, Permission.ATTACH_FILES):
            raise missing_permissions()
        body = call.form
        nonce = str(body["nonce"]) if body.get("nonce") and body.get("enforce_nonce") else None
        known = nonce and self._board.with_nonce(channel, self._world.bot, nonce)
        if known:
            return self._shown(known)
        reference = self._reference(call, channel)
        exchanges = self._platform.chats_answered_by(channel, reference)
        message = self._board.post(
            Draft(body=body, uploads=call.uploads, channel=channel, default_pings=EVERYTHING),
            author=self._world.bot,
            exchanges=exchanges,
            kind=MessageKind.REPLY if reference else MessageKind.DEFAULT,
            reference=reference,
            pings_reference=replied_user_is_pinged(body.get("allowed_mentions")),
        )
        for exchange in exchanges:
            exchange.acknowledge(None)
        if nonce:
            self._board.remember_nonce(message, nonce)
        self._platform.changes.notify()
        return self._shown(message)

    def _get_message(self, call: Call) -> Reply:
        return self._shown(self._message(call))

    def _edit(self, call: Call) -> Reply:
        message = self._message(call)
        if message.author is not self._world.bot:
            raise ApiError(403, 50005, "Cannot edit a message authored by another user")
        draft = Draft(
            body=call.form,
            uploads=call.uploads,
            channel=message.channel,
            default_pings=EVERYTHING,
        )
        self._board.edit(message, draft)
        return self._shown(message)

    def _delete(self, call: Call) -> Reply:
        message = self._message(call)
        if message.author is not self._world.bot:
            if message.channel.guild is None:
                raise ApiError(403, 50003, "Cannot execute action on a DM channel")
            self._channel(call, Permission.MANAGE_MESSAGES)
        self._board.delete(message)
        return NOTHING

    def _channel(self, call: Call, needed: Permission = Permission.VIEW_CHANNEL) -> Channel:
        channel_id = call.params["channel_id"]
        found = self._world.channel_by_id(int(channel_id)) if channel_id.isdigit() else None
        if found is None:
            raise unknown(10003, "Channel")
        if not found.has_bot:
            raise missing_access()
        if not self._may(found, Permission.VIEW_CHANNEL):
            raise missing_access()
        if not self._may(found, needed):
            raise missing_permissions()
        return found

    def _may(self, channel: Channel, needed: Permission) -> bool:
        """Return whether the bot may do something in a channel."""
        return bool(self._world.permissions(self._world.bot, channel) & needed)

    def _message(self, call: Call) -> Message:
        message = self._board.get(call.params["message_id"], self._channel(call))
        if message.ephemeral:
            # Only the interaction's own webhook reaches it.
            raise unknown(10008, "Message")
        return message

    def _reference(self, call: Call, channel: Channel) -> Message | None:
        reference = call.form.get("message_reference")
        if not reference:
            return None
        try:
            return self._board.get(str(reference.get("message_id")), channel)
        except ApiError:
            if reference.get("fail_if_not_exists") is False:
                return None
            error = {"code": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "message": "Unknown message"}
            tree = {"message_reference": {"_errors": [error]}}
            raise ApiError(400, 50035, "Invalid Form Body", errors=tree) from None

    def _shown(self, message: Message) -> Reply:
        return Reply(message_payload(self._world, message))
