"""What exists on Discord, as far as a bot that only talks can see it: users, servers, channels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, IntFlag


class Permission(IntFlag):
    """The permission bits that matter to a bot that only talks.

    https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags
    """

    NONE = 0
    CREATE_INSTANT_INVITE = 1 << 0
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    USE_APPLICATION_COMMANDS = 1 << 31
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50


EVERYONE = (
    Permission.CREATE_INSTANT_INVITE
    | Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.USE_EXTERNAL_APPS
)
"""What every member may do unless a channel says otherwise."""

ALL_PERMISSIONS = (1 << 53) - 1
"""What a server's owner may do."""


class ChannelKind(IntEnum):
    """Discord's channel types, as far as they occur here."""

    TEXT = 0
    DM = 1
    GROUP = 3


class Context(IntEnum):
    """Where a command was used, in Discord's numbers."""

    GUILD = 0
    BOT_DM = 1
    PRIVATE_CHANNEL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person or the bot; `installed` says whether they added the bot to their account."""

    id: int
    name: str
    global_name: str | None
    is_bot: bool = False
    installed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A server role; the one whose id is the server's own id is @everyone."""

    id: int
    name: str
    permissions: int
    position: int
    mentionable: bool = False
    managed_for: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One user's place in a server."""

    user: User
    joined_at: datetime
    role_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guild:
    """A server."""

    id: int
    name: str
    owner: User
    joined_at: datetime
    has_bot: bool
    roles: tuple[Role, ...]
    members: Mapping[int, Member]
    locale: str = "en-US"


@dataclass(eq=False, slots=True, kw_only=True)
class Channel:
    """A place where messages stand: a server's text channel, a direct message or a group.

    What the bot is denied may change, as a moderator changes it; nothing else does.
    """

    key: str
    id: int
    kind: ChannelKind
    name: str | None = None
    topic: str | None = None
    position: int = 0
    guild: Guild | None = None
    recipients: tuple[User, ...] = ()
    bot_is_denied: Permission = Permission.NONE

    @property
    def has_bot(self) -> bool:
        """Whether the bot is a member here and so may use the channel's own routes."""
        return self.guild.has_bot if self.guild else self.kind is ChannelKind.DM

    @property
    def context(self) -> Context:
        """The interaction context that commands used here carry."""
        if self.guild:
            return Context.GUILD
        return Context.BOT_DM if self.kind is ChannelKind.DM else Context.PRIVATE_CHANNEL

    @property
    def guild_id(self) -> int | None:
        """The server's id, None in direct messages and groups."""
        return self.guild.id if self.guild else None

    def admits(self, user: User) -> bool:
        """Return whether a person can be in this channel."""
        if self.guild:
            return user.id in self.guild.members
        return user in self.recipients
