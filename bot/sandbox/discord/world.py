"""The little world the bot lives in: who exists, where they talk and what they may do.

Two servers: "Crate Diggers", which the bot has joined, and "Somebody Else's Server", where only
alice can use the bot because she installed it for herself. Alice may manage the server, bob may
not, and the bot may not speak in #listening-room.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.sandbox.discord.places import (
    ALL_PERMISSIONS,
    EVERYONE,
    Channel,
    ChannelKind,
    Guild,
    Member,
    Permission,
    Role,
    User,
)
from bot.sandbox.discord.snowflakes import snowflake_at


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, 0, 0, tzinfo=UTC)


def _everyone(guild_id: int) -> Role:
    return Role(id=guild_id, name="@everyone", permissions=int(EVERYONE), position=0)


def _members(users: Iterable[User], extra_roles: Mapping[str, Role]) -> dict[int, Member]:
    """Return the members of a server by id; a name may have a role besides @everyone."""
    return {
        user.id: Member(
            user=user,
            joined_at=_JOINED_AT,
            role_ids=(extra_roles[user.name].id,) if user.name in extra_roles else (),
        )
        for user in users
    }


_BOT_ID = snowflake_at(_day(2024, 2, 3))
_JOINED_AT = _day(2024, 6, 1)


@dataclass(slots=True)
class World:
    """Everyone and every place, with ids that are the same in each run."""

    bot: User = field(
        default_factory=lambda: User(id=_BOT_ID, name="AIME", global_name=None, is_bot=True)
    )
    people: dict[str, User] = field(default_factory=dict)
    guilds: list[Guild] = field(default_factory=list)
    channels: dict[str, Channel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._settle_people()
        self._settle_guilds()
        self._settle_private_channels()

    @property
    def application_id(self) -> int:
        """The application's id: for every application made since 2016 it equals the bot's."""
        return self.bot.id

    @property
    def users(self) -> dict[str, User]:
        """The people whom tests can act as, by name."""
        return {name: user for name, user in self.people.items() if name != "olivia"}

    def user_by_id(self, user_id: int) -> User | None:
        """Return a person or the bot."""
        everyone = (*self.people.values(), self.bot)
        return next((user for user in everyone if user.id == user_id), None)

    def channel_by_id(self, channel_id: int) -> Channel | None:
        """Return a channel."""
        return next((c for c in self.channels.values() if c.id == channel_id), None)

    def remove_channel(self, channel: Channel) -> None:
        """Let a channel be gone; the messages in it can no longer be reached."""
        del self.channels[channel.key]

    def add_channels(self, number: int) -> None:
        """Let the bot's server have so many more channels: "shelf-1" and so on."""
        for each in range(1, number + 1):
            self._add_channel(f"shelf-{each}", self.guilds[0])

    def channels_of(self, guild: Guild) -> list[Channel]:
        """Return a server's channels from top to bottom."""
        return [channel for channel in self.channels.values() if channel.guild is guild]

    def permissions(self, user: User, channel: Channel) -> int:
        """Return what a user may do in a channel, as Discord computes it."""
        guild = channel.guild
        if guild is None:
            return int(EVERYONE | Permission.MENTION_EVERYONE)
        if guild.owner is user:
            return ALL_PERMISSIONS
        member = guild.members.get(user.id)
        held = {guild.id, *(member.role_ids if member else ())}
        granted = 0
        for role in guild.roles:
            granted |= role.permissions if role.id in held else 0
        if user is self.bot:
            granted &= ~int(channel.bot_is_denied)
        # Who cannot see a channel can do nothing in it, whatever else was granted:
        # https://docs.discord.com/developers/topics/permissions#implicit-permissions
        return granted if granted & Permission.VIEW_CHANNEL else 0

    def _settle_people(self) -> None:
        for index, (name, shown, installed) in enumerate(
            (("alice", "Alice", True), ("bob", "Bob", False), ("olivia", "Olivia", False))
        ):
            user_id = snowflake_at(_day(2019, 4 + index, 9), index)
            self.people[name] = User(id=user_id, name=name, global_name=shown, installed=installed)

    def _settle_guilds(self) -> None:
        home, foreign = self._home(), self._foreign()
        self.guilds += [home, foreign]
        self._add_channel("general", home, topic="Everything with a groove")
        self._add_channel("vinyl", home, topic="Pressings, matrices, sleeves")
        self._add_channel("listening-room", home, denied=Permission.SEND_MESSAGES)
        self._add_channel("elsewhere", foreign)

    def _home(self) -> Guild:
        """Return the bot's server, where alice is a moderator."""
        guild_id = snowflake_at(_day(2021, 3, 14))
        moderators = Role(
            id=snowflake_at(_day(2021, 3, 15), 1),
            name="Moderators",
            permissions=int(Permission.MANAGE_GUILD | Permission.MANAGE_MESSAGES),
            position=1,
            mentionable=True,
        )
        bot_role = Role(
            id=snowflake_at(_JOINED_AT, 2),
            name="AIME",
            permissions=int(EVERYONE | Permission.MENTION_EVERYONE),
            position=2,
            managed_for=self.bot.id,
        )
        extra_roles = {"alice": moderators, self.bot.name: bot_role}
        return Guild(
            id=guild_id,
            name="Crate Diggers",
            owner=self.people["olivia"],
            joined_at=_JOINED_AT,
            has_bot=True,
            roles=(_everyone(guild_id), bot_role, moderators),
            members=_members((*self.people.values(), self.bot), extra_roles),
        )

    def _foreign(self) -> Guild:
        """Return a server that the bot was never added to."""
        guild_id = snowflake_at(_day(2022, 8, 20))
        return Guild(
            id=guild_id,
            name="Somebody Else's Server",
            owner=self.people["olivia"],
            joined_at=_JOINED_AT,
            has_bot=False,
            roles=(_everyone(guild_id),),
            members=_members(self.people.values(), {}),
        )

    def _add_channel(
        self,
        key: str,
        guild: Guild,
        *,
        topic: str | None = None,
        denied: Permission = Permission.NONE,
    ) -> None:
        position = len(self.channels)
        self.channels[key] = Channel(
            key=key,
            id=snowflake_at(_day(2021, 3, 16), position),
            kind=ChannelKind.TEXT,
            name=key,
            topic=topic,
            position=position,
            guild=guild,
            bot_is_denied=denied,
        )

    def _settle_private_channels(self) -> None:
        for index, user in enumerate(self.users.values()):
            key = f"dm:{user.name}"
            self.channels[key] = Channel(
                key=key,
                id=snowflake_at(_day(2024, 7, 1), index),
                kind=ChannelKind.DM,
                recipients=(user,),
            )
        self.channels["group"] = Channel(
            key="group",
            id=snowflake_at(_day(2024, 7, 2)),
            kind=ChannelKind.GROUP,
            name="Late night listening",
            recipients=tuple(self.users.values()),
        )
