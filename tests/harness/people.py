"""More people than the sandbox has by itself, and records of theirs that the bot already knows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from fakes.copies import make_copy, store

from bot.sandbox.discord import DiscordStandIn, User
from bot.sandbox.discord.places import Member
from bot.sandbox.discord.snowflakes import snowflake_at
from harness.databases import open_database
from services.accounts.preferences import Preferences
from services.discogs.shelf_models import Copy
from services.resilience.clock import SystemClock
from services.storage.database import Database
from services.storage.discogs_accounts import AccountRow, DiscogsAccountRepository
from services.storage.migrating import migrate

_DAY = datetime(2023, 1, 1, tzinfo=UTC)
_FIRST_RELEASE = 900_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Somebody who has linked an account, and what only they have.

    Attributes:
        user: On Discord.
        username: On Discogs.
        title: Of their own record.
        release_id: Of that record.
        note: What they wrote beside it.
        is_proven: They have shown that the account is theirs.
        more: So many more records.
    """

    user: User
    username: str
    title: str
    release_id: int
    note: str
    is_proven: bool = False
    more: int = 0

    @property
    def copies(self) -> tuple[Copy, ...]:
        """Their own record, and one that everybody has."""
        own = make_copy(
            self.release_id,
            self.title,
            artist="Somebody",
            release_id=self.release_id,
            notes=((3, self.note),),
            genres=("Jazz",),
        )
        common = make_copy(self.release_id + 1_000, "Common Ground", release_id=7)
        rest = (make_copy(self.release_id + 2_000 + n, f"Number {n}") for n in range(self.more))
        return (own, common, *rest)


def join_discord(discord: DiscordStandIn, name: str, number: int) -> User:
    """Have somebody join both servers; before the bot starts."""
    world = discord._platform.world
    user = User(id=snowflake_at(_DAY, number), name=name, global_name=name.title())
    world.people[name] = user
    for guild in world.guilds:
        cast("dict[int, Member]", guild.members)[user.id] = Member(user=user, joined_at=_DAY)
    return user


def leave_discord(discord: DiscordStandIn, user: User) -> None:
    """Have somebody leave the bot's server; they stay in the other one."""
    del cast("dict[int, Member]", discord._platform.world.guilds[0].members)[user.id]


def make_collector(user: User, number: int, *, is_proven: bool = False, more: int = 0) -> Collector:
    """Return somebody whose every trace can be told from everybody else's."""
    return Collector(
        user=user,
        username=f"{user.name}ondiscogs",
        title=f"Canary of {user.name}",
        release_id=_FIRST_RELEASE + number,
        note=f"note of {user.name}",
        is_proven=is_proven,
        more=more,
    )


async def remember(
    path: Path, collectors: Collection[Collector], sharing: Collection[int] = ()
) -> None:
    """Put into a bot's database what it would know after everybody has linked and synced.

    Args:
        path: SQLite's file, new.
        collectors: Who has linked.
        sharing: User ids of those who share.
    """
    clock = SystemClock()
    async with open_database(path) as database:
        await migrate(database)
        for each in collectors:
            await _link(database, each, clock.now())
        for user_id in sharing:
            await Preferences(database, clock=clock).set_sharing(user_id, on=True)


async def _link(database: Database, each: Collector, now: datetime) -> None:
    row = AccountRow(
        user_id=each.user.id,
        username=each.username,
        discogs_id=each.release_id,
        is_proven=each.is_proven,
        linked_at=now,
    )
    async with database.write() as transaction:
        await DiscogsAccountRepository().put(transaction, row)
    await store(database, each.user.id, *each.copies, synced_at=now)
