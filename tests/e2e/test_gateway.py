"""Discord itself misbehaves: the connection drops, the REST API fails, a token expires."""

import pytest
from harness.bots import BotFactory, RunningBot, eventually, final_message

from bot.sandbox.discord import DiscordStandIn
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.sandbox import Sandbox


async def test_dropped_connection_is_resumed_and_missed_commands_are_answered(
    bot: RunningBot,
) -> None:
    discord = bot.sandbox.discord
    await discord.disconnect()

    exchange = await bot.command("search", query="abbey road")
    await discord.wait_resumed(15)
    await exchange.wait_until(lambda e: bool(e.messages) and not e.thinking, 15)

    assert len(discord.connections) == 2
    assert discord.connections[-1].resumed
    assert "Abbey Road" in exchange.last.text


async def test_reconnect_asked_by_discord_resumes_the_session(bot: RunningBot) -> None:
    await bot.sandbox.discord.request_reconnect()

    await bot.sandbox.discord.wait_resumed(15)

    assert (
        "Abbey Road" in (await final_message(await bot.command("search", query="abbey road"))).text
    )


async def test_lost_session_is_started_anew(bot: RunningBot) -> None:
    discord = bot.sandbox.discord
    await discord.disconnect(code=1000, resumable=False)
    await discord.wait_ready(20)

    message = await final_message(await bot.command("search", query="abbey road"))

    assert "Abbey Road" in message.text


@pytest.mark.long
async def test_failed_edit_is_made_up_for_by_the_next(bot: RunningBot) -> None:
    exchange = await bot.command("describe", topic="Kind of Blue by Miles Davis", length="long")
    await exchange.wait_until(lambda e: bool(e.messages) and not e.thinking, 5)
    bot.sandbox.discord.faults.set(
        Fault(kind=FaultKind.STATUS, status=400, times=1, path_prefix="/api/v10/webhooks")
    )

    message = await final_message(exchange, 30)

    assert "Written by AI (EurIA)" in message.text


async def test_deleted_message_ends_the_paid_stream(bot: RunningBot) -> None:
    exchange = await bot.command("describe", topic="Kind of Blue by Miles Davis", length="long")
    await exchange.wait_until(lambda e: bool(e.messages) and not e.thinking, 5)

    await bot.sandbox.discord.delete_message(exchange.last)
    await eventually(lambda: bot.sandbox.euria.aborted_streams == 1, 8)

    assert bot.sandbox.euria.finished_streams == 0


@pytest.mark.long
async def test_text_goes_on_by_the_bots_own_token_when_the_interactions_has_expired(
    start_bot: BotFactory,
) -> None:
    sandbox = Sandbox(discord=DiscordStandIn(token_lifetime_seconds=2.5))
    async with start_bot(sandbox=sandbox) as bot:
        exchange = await bot.command("describe", topic="Kind of Blue by Miles Davis", length="long")
        message = await final_message(exchange, 30)

    edits = [request.path for request in sandbox.discord.requests if request.method == "PATCH"]
    assert "Written by AI (EurIA)" in message.text
    assert "▌" not in message.text
    assert exchange.messages == [message]
    assert edits[-1] == f"/channels/{message.channel.id}/messages/{message.id}"


async def test_text_whose_token_has_expired_ends_quietly_where_the_bot_is_no_member(
    start_bot: BotFactory,
) -> None:
    sandbox = Sandbox(discord=DiscordStandIn(token_lifetime_seconds=2.5))
    async with start_bot(sandbox=sandbox):
        await sandbox.discord.run_command(
            "describe",
            {"topic": "Kind of Blue by Miles Davis", "length": "long"},
            channel="group",
        )
        await eventually(lambda: sandbox.euria.aborted_streams == 1, 10)


async def test_two_shards_answer_in_servers_and_direct_messages(start_bot: BotFactory) -> None:
    async with start_bot({"SHARD_COUNT": "2"}) as bot:
        direct = await bot.sandbox.discord.send_message("abbey road")
        await direct.wait_until(lambda e: bool(e.messages) and "Abbey Road" in e.last.text, 10)
        message = await final_message(await bot.command("search", query="abbey road"))

        assert "Abbey Road" in message.text
