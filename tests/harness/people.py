"""More people on Discord and Discogs than the sandbox has by itself, each with own records."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast

from bot.sandbox.catalogue import Catalogue, LivingCollection, collection, default_catalogue
from bot.sandbox.discogs import DiscogsStandIn
from bot.sandbox.discogs.people import Person
from bot.sandbox.discord import DiscordStandIn, User
from bot.sandbox.discord.places import Channel, ChannelKind, Member
from bot.sandbox.discord.snowflakes import snowflake_at

_DAY = datetime(2023, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Collector:
    """Somebody with an account on both.

    Attributes:
        user: On Discord.
        username: On Discogs.
        title: Of the record that only they have.
        release_id: Of that record.
        note: What they wrote beside it.
    """

    user: User
    username: str
    title: str
    release_id: int
    note: str


def catalogue_with(*titles: str) -> Catalogue:
    """Return the sandbox's catalogue, and an album of each title."""
    albums = default_catalogue().albums
    model = next(album for album in albums if album.on_discogs)
    more = [
        replace(
            model, title=title, editions=(replace(model.editions[0], release_id=900_001 + number),)
        )
        for number, title in enumerate(titles)
    ]
    return Catalogue([*albums, *more])


def join_discord(discord: DiscordStandIn, name: str, number: int, *, is_home: bool = True) -> User:
    """Have somebody join the bot's server, or only the one that the bot is not in."""
    world = discord._platform.world
    user = User(
        id=snowflake_at(_DAY, number), name=name, global_name=name.title(), installed=not is_home
    )
    world.people[name] = user
    guild = world.guilds[0 if is_home else 1]
    cast("dict[int, Member]", guild.members)[user.id] = Member(user=user, joined_at=_DAY)
    world.channels[f"dm:{name}"] = Channel(
        key=f"dm:{name}",
        id=snowflake_at(_DAY, 100 + number),
        kind=ChannelKind.DM,
        recipients=(user,),
    )
    return user


def leave_discord(discord: DiscordStandIn, user: User) -> None:
    """Have somebody leave the bot's server."""
    guild = discord._platform.world.guilds[0]
    del cast("dict[int, Member]", guild.members)[user.id]


def join_discogs(
    discogs: DiscogsStandIn, user: User, number: int, *, also: tuple[int, ...], is_private: bool
) -> Collector:
    """Give somebody a collection: the records ``also``, and one that only they have.

    The catalogue of ``discogs`` must have been made with ``title_of`` that person.
    """
    title, username = title_of(user.name), f"{user.name}_on_discogs"
    release_id = next(
        each
        for each, pressing in discogs.catalogue.pressings.items()
        if pressing.album.title == title
    )
    owned = LivingCollection(collection(0, 700 + number, discogs.catalogue))
    for each in also:
        owned.add(each)
    own, note = owned.add(release_id), f"note of {user.name}"
    owned.change(own.instance_id, rating=5, notes={3: note})
    discogs.add_person(
        Person(
            user_id=700 + number,
            username=username,
            collection=owned,
            wants=[],
            is_private=is_private,
        )
    )
    return Collector(user=user, username=username, title=title, release_id=release_id, note=note)


def title_of(name: str) -> str:
    """Return the title of the record that only this person has."""
    return f"Canary of {name}"
