"""Digests with the real bot: set up, joined, posted at their hour on a clock that is moved."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from harness.bots import SHORT_LIMITS, check_conduct, eventually, final_message
from harness.openapi import DiscordContract
from harness.warm import WarmStarter

from bot.demo.process import RemoteClock, bot_process
from bot.sandbox.discord import Message, Permission
from bot.sandbox.sandbox import Sandbox
from services.resilience.clock import SystemClock

DAILY = {"channel": "vinyl", "cadence": "daily", "timezone": "UTC"}


@dataclass
class World:
    """A bot whose clock can be moved, and who talks to it."""

    sandbox: Sandbox
    clock: RemoteClock
    database: Path

    async def say(self, name: str, user: str = "alice", /, **options: object) -> Message:
        exchange = await self.sandbox.discord.run_command(name, options, user=user)
        return await final_message(exchange)

    async def press(self, message: Message, label: str, user: str = "alice") -> Message:
        [custom_id] = [str(b["custom_id"]) for b in message.buttons if b.get("label") == label]
        exchange = await self.sandbox.discord.press(message, custom_id, user=user)
        return await final_message(exchange)

    async def digest_in(self, hours: int) -> None:
        """Have a daily digest set up that is due in at most so many hours."""
        hour = (self.clock.now() + timedelta(hours=hours)).hour
        panel = await self.say("digest create", hour=hour, **DAILY)
        assert "It's set up" in panel.text, panel.text

    def has_refused(self, times: int) -> Callable[[], bool]:
        """Return what tells whether Discord has refused so many posts."""
        requests = self.sandbox.discord.requests
        return lambda: sum(each.status == 403 for each in requests) == times

    def stored_of_digests(self) -> str:
        """Return who is in digests, and what those that were posted say, as the database has it."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            tables = ("digest_members", "digest_posts", "digest_slots")
            rows = [database.execute(f"SELECT * FROM {table}").fetchall() for table in tables]  # noqa: S608
        return str(rows)

    def posted(self, channel: str = "vinyl") -> list[Message]:
        """Return what stands in a channel, oldest first."""
        return self.sandbox.discord.messages_in(channel)


@pytest.fixture
async def world(
    tmp_path: Path, discord_contract: DiscordContract, warm: WarmStarter
) -> AsyncIterator[World]:
    log = tmp_path / "bot.log"
    async with running(log, warm) as started:
        yield started
    check_conduct(started.sandbox, log.read_text("utf-8"), discord_contract)


@asynccontextmanager
async def running(log: Path, warm: WarmStarter) -> AsyncIterator[World]:
    async with (
        Sandbox() as sandbox,
        bot_process(
            sandbox,
            settings={**SHORT_LIMITS, "DATA_DIR": str(log.parent)},
            log_path=log,
            has_movable_clock=True,
            start=warm.start,
        ) as process,
    ):
        yield World(sandbox, RemoteClock(process), log.parent / "aime.db")


async def test_digest_is_set_up_joined_previewed_and_posted_once_at_its_hour(world: World) -> None:
    linked = await world.say("account link-discogs", username="crate_digger")
    assert "is linked" in linked.text
    await world.digest_in(2)
    await world.press(await world.say("digest join"), "Join")
    preview = await world.say("digest preview")

    await world.clock.move(timedelta(hours=2))
    await eventually(lambda: bool(world.posted()), 20)
    await world.clock.move(timedelta(minutes=30))
    listed = await world.say("digest list")

    [post] = world.posted()
    assert preview.ephemeral
    assert "Data provided by Discogs" in preview.text
    assert "Data provided by Discogs" in post.text
    assert not post.ephemeral
    assert "1 person" in listed.text


async def test_digest_that_is_refused_three_times_is_paused_and_its_creator_told(
    world: World,
) -> None:
    await world.digest_in(1)
    world.sandbox.discord.moderation.deny("vinyl", Permission.SEND_MESSAGES)

    for hours, times in ((1, 1), (24, 2), (24, 3)):
        await world.clock.move(timedelta(hours=hours))
        await eventually(world.has_refused(times), 20)
    await eventually(lambda: bool(world.posted("dm:alice")), 20)
    listed = await world.say("digest list")

    [told] = world.posted("dm:alice")
    assert "I've paused a digest of yours" in told.text
    assert "**Send Messages**" in told.text
    assert "three times in a row I wasn't allowed" in listed.text
    assert world.posted() == []


@pytest.mark.long
async def test_who_unlinks_discogs_is_gone_from_the_digest_and_from_what_it_posted(
    world: World,
) -> None:
    alice = world.sandbox.discord.users["alice"].id
    await world.say("account link-discogs", username="crate_digger")
    await world.digest_in(12)
    await world.press(await world.say("digest join"), "Join")
    preview = await world.say("digest preview")
    while f"<@{alice}>" not in preview.text:  # the collection is still being read
        await SystemClock().sleep(0.3)
        preview = await world.say("digest preview")
    await world.say("digest post")
    await eventually(lambda: bool(world.posted()), 20)
    [post] = world.posted()
    said = post.text

    await world.press(await world.say("account unlink", service="discogs"), "Unlink")
    await eventually(lambda: f"<@{alice}>" not in post.text, 20)
    listed = await world.say("digest list")
    left = await world.say("digest leave")

    assert f"<@{alice}>" in said
    assert "0 people" in listed.text
    assert "You aren't in the digest" in left.text
    assert str(alice) not in world.stored_of_digests()
