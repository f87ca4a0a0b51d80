"""A text that EurIA could not write at first comes later, into the same message.

The bot runs on a movable clock: what waits for a minute or an hour need not be waited for.
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from harness.bots import SHORT_LIMITS, check_conduct, eventually, final_message
from harness.openapi import DiscordContract
from harness.warm import WarmStarter

from bot.demo.process import BotProcess, Start, bot_process, move_clock
from bot.sandbox.discord import Exchange, Message
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.sandbox import Sandbox
from bot.ui.description_ids import AGAIN_PREFIX

PROMISE = "I'll write the text here as soon as it's back."
DOWN = Fault(kind=FaultKind.STATUS, status=503)
STALL = Fault(kind=FaultKind.STALL, seconds=60)


class World:
    """A sandbox and a folder that outlive the bot's processes."""

    def __init__(self, sandbox: Sandbox, folder: Path, start: Start) -> None:
        self.sandbox = sandbox
        self.log_path = folder / "bot.log"
        self._data_dir = folder / "data"
        self._start = start

    @asynccontextmanager
    async def bot(self, settings: Mapping[str, str] | None = None) -> AsyncIterator[BotProcess]:
        async with bot_process(
            self.sandbox,
            has_movable_clock=True,
            settings={
                **SHORT_LIMITS,
                "DATA_DIR": str(self._data_dir),
                # It opens for real seconds, which no moved clock makes shorter.
                "EURIA_BREAKER_FAILURES": "1000",
                **(settings or {}),
            },
            log_path=self.log_path,
            start=self._start,
        ) as process:
            yield process

    async def describe_in_vain(
        self, channel: str = "general", fault: Fault = DOWN, command: str = "describe"
    ) -> tuple[Exchange, Message]:
        """Ask while EurIA is down; then it is up again."""
        self.sandbox.euria.faults.set(fault)
        option = {"describe": "topic", "haiku": "subject"}[command]
        exchange = await self.sandbox.discord.run_command(
            command, {option: "Blue Train by John Coltrane"}, channel=channel
        )
        message = await final_message(exchange)
        self.sandbox.euria.faults.clear()
        return exchange, message

    def check(self, contract: DiscordContract) -> None:
        check_conduct(self.sandbox, self.log_path.read_text("utf-8"), contract)


@asynccontextmanager
async def world(folder: Path, warm: WarmStarter) -> AsyncIterator[World]:
    async with Sandbox() as sandbox:
        yield World(sandbox, folder, warm.start)


def is_written(exchange: Exchange) -> bool:
    return "Written by AI" in exchange.last.text


async def test_promised_text_comes_by_the_interactions_token(
    tmp_path: Path, discord_contract: DiscordContract, warm: WarmStarter
) -> None:
    async with world(tmp_path, warm) as around:
        async with around.bot() as process:
            exchange, template = await around.describe_in_vain()
            assert PROMISE in template.text
            assert "Blue Note" in template.text

            await move_clock(process, timedelta(minutes=2))
            await exchange.wait_until(is_written, 10)

            late = exchange.last
            last_request = around.sandbox.discord.requests[-1]
        around.check(discord_contract)

    assert late.id == template.id
    assert "Asked for" in late.text
    assert PROMISE not in late.text
    assert "/webhooks/" in last_request.path


@pytest.mark.long
async def test_promised_text_comes_through_the_channel_once_the_token_has_expired(
    tmp_path: Path, discord_contract: DiscordContract, warm: WarmStarter
) -> None:
    async with world(tmp_path, warm) as around:
        async with around.bot() as process:
            exchange, template = await around.describe_in_vain()

            await move_clock(process, timedelta(minutes=20))
            await exchange.wait_until(is_written, 10)

            late = exchange.last
            last_request = around.sandbox.discord.requests[-1]
        around.check(discord_contract)

    assert late.id == template.id
    assert "/channels/" in last_request.path


@pytest.mark.long
@pytest.mark.parametrize("command", ["describe", "haiku"])
async def test_text_that_stalled_comes_once_also_when_the_bot_was_killed_in_between(
    tmp_path: Path, discord_contract: DiscordContract, warm: WarmStarter, command: str
) -> None:
    limits = {"EURIA_FIRST_TOKEN_TIMEOUT_SECONDS": "1.5"}
    async with world(tmp_path, warm) as around:
        async with around.bot(limits) as process:
            exchange, template = await around.describe_in_vain(fault=STALL, command=command)
            asked, promise = len(around.sandbox.euria.chats), template.text
            process.kill()
            await process.wait()

        async with around.bot(limits) as process:
            await move_clock(process, timedelta(minutes=20))
            await exchange.wait_until(is_written, 10)
            late = exchange.last
            await move_clock(process, timedelta(hours=3))
            await final_message(await around.sandbox.discord.run_command("status", {}))
        around.check(discord_contract)

    assert PROMISE in promise
    assert late.id == template.id
    assert len(exchange.messages) == 1
    assert len(around.sandbox.euria.chats) == asked + 1


async def test_nothing_is_promised_where_the_bot_is_no_member(
    tmp_path: Path, discord_contract: DiscordContract, warm: WarmStarter
) -> None:
    async with world(tmp_path, warm) as around:
        async with around.bot():
            _, template = await around.describe_in_vain(channel="group")
        around.check(discord_contract)

    assert PROMISE not in template.text
    assert "Try again in a minute." in template.text


@pytest.mark.long
async def test_late_text_never_overwrites_one_that_was_regenerated_since(
    tmp_path: Path, discord_contract: DiscordContract, warm: WarmStarter
) -> None:
    async with world(tmp_path, warm) as around:
        async with around.bot() as process:
            exchange, template = await around.describe_in_vain()
            [again] = [
                str(button["custom_id"])
                for button in template.buttons
                if str(button["custom_id"]).startswith(AGAIN_PREFIX)
            ]
            await around.sandbox.discord.press(template, again)
            await exchange.wait_until(is_written, 10)
            regenerated = exchange.last.text
            asked = len(around.sandbox.euria.requests)

            await move_clock(process, timedelta(minutes=20))
            # A second, later promise is kept: so the first one's turn has come and gone.
            other, _ = await around.describe_in_vain()
            await move_clock(process, timedelta(minutes=20))
            await other.wait_until(is_written, 10)
        around.check(discord_contract)

    assert exchange.last.text == regenerated
    assert "Asked for" not in regenerated
    assert asked >= 1


async def test_day_without_euria_ends_in_an_honest_word(
    tmp_path: Path, discord_contract: DiscordContract, warm: WarmStarter
) -> None:
    async with world(tmp_path, warm) as around:
        async with around.bot() as process:
            exchange, _ = await around.describe_in_vain()
            around.sandbox.euria.faults.set(DOWN)

            await move_clock(process, timedelta(hours=25))
            await exchange.wait_until(lambda e: "gave up" in e.last.text, 10)
            last = exchange.last
        around.check(discord_contract)

    assert PROMISE not in last.text
    assert any(str(b["custom_id"]).startswith(AGAIN_PREFIX) for b in last.buttons)


@pytest.mark.long
async def test_deleted_message_is_let_go(
    tmp_path: Path, discord_contract: DiscordContract, warm: WarmStarter
) -> None:
    async with world(tmp_path, warm) as around:
        async with around.bot({"LOG_LEVEL": "INFO"}) as process:
            _, template = await around.describe_in_vain()
            await around.sandbox.discord.delete_message(template)

            await move_clock(process, timedelta(minutes=20))
            await eventually(
                lambda: "a late text was not shown: gone" in around.log_path.read_text("utf-8"), 10
            )
        around.check(discord_contract)


async def test_database_of_a_promise_holds_no_token_in_the_clear(
    tmp_path: Path, warm: WarmStarter
) -> None:
    async with world(tmp_path, warm) as around, around.bot():
        await around.describe_in_vain()
        tokens = {
            found[1]
            for request in around.sandbox.discord.requests
            if (found := re.search(r"/webhooks/\d+/([^/]+)/", request.path))
        }
        files = [path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file()]

    [token] = tokens
    assert any(b"Blue Train" in content for content in files)
    assert not any(token.encode() in content for content in files)
