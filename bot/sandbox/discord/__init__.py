"""A loopback stand-in for Discord: gateway and REST over real sockets, and people to act as."""

from bot.sandbox.discord.changes import (
    Acknowledged,
    ChannelChanged,
    Event,
    EventStream,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    ModalOpened,
    TypingStarted,
)
from bot.sandbox.discord.connection import GatewayConnection
from bot.sandbox.discord.exchange import Exchange
from bot.sandbox.discord.messages import Attachment, Message, MessageFlag, MessageVersion, Pings
from bot.sandbox.discord.people import Choice
from bot.sandbox.discord.places import Channel, Context, Permission, User
from bot.sandbox.discord.protocol import CloseCode, Intent
from bot.sandbox.discord.ratelimits import Limit, RateLimits
from bot.sandbox.discord.report import StreamReport, stream_report
from bot.sandbox.discord.rest import RecordedRequest
from bot.sandbox.discord.stand_in import DiscordStandIn

__all__ = [
    "Acknowledged",
    "Attachment",
    "Channel",
    "ChannelChanged",
    "Choice",
    "CloseCode",
    "Context",
    "DiscordStandIn",
    "Event",
    "EventStream",
    "Exchange",
    "GatewayConnection",
    "Intent",
    "Limit",
    "Message",
    "MessageCreated",
    "MessageDeleted",
    "MessageEdited",
    "MessageFlag",
    "MessageVersion",
    "ModalOpened",
    "Permission",
    "Pings",
    "RateLimits",
    "RecordedRequest",
    "StreamReport",
    "TypingStarted",
    "User",
    "stream_report",
]
