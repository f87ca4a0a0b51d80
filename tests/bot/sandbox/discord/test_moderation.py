"""Channels that change under the bot: permissions taken away and given back, a channel deleted."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import discord
import pytest
from discord.ext import commands
from harness.bots import eventually

from bot.sandbox.discord import DiscordStandIn, Permission
from bot.sandbox.discord.interactions import interaction_payload

RunBot = Callable[..., Awaitable[commands.Bot]]
Api = Any
"""The `RawApi` of conftest.py, which cannot be imported from here."""


@pytest.mark.parametrize(
    ("denied", "status", "code"),
    [
        pytest.param(Permission.SEND_MESSAGES, 403, 50013, id="may not write"),
        pytest.param(Permission.VIEW_CHANNEL, 403, 50001, id="may not even look"),
        pytest.param(Permission.READ_MESSAGE_HISTORY, 200, None, id="may not read back"),
    ],
)
async def test_channel_refuses_what_the_bot_is_denied(
    stand_in: DiscordStandIn, api: Api, denied: Permission, status: int, code: int | None
) -> None:
    path = f"/channels/{stand_in.channels['vinyl'].id}/messages"

    stand_in.moderation.deny("vinyl", denied)
    sent = await api("POST", path, {"content": "x"})
    stand_in.moderation.deny("vinyl", Permission.NONE)
    sent_again = await api("POST", path, {"content": "y"})

    assert (sent.status, sent.body.get("code")) == (status, code)
    assert sent_again.status == 200


async def test_history_is_empty_rather_than_refused_when_the_bot_may_not_read_it(
    stand_in: DiscordStandIn, api: Api
) -> None:
    path = f"/channels/{stand_in.channels['vinyl'].id}/messages"
    await api("POST", path, {"content": "x"})

    readable = await api("GET", path)
    stand_in.moderation.deny("vinyl", Permission.READ_MESSAGE_HISTORY)
    unreadable = await api("GET", path)

    assert [message["content"] for message in readable.body] == ["x"]
    assert (unreadable.status, unreadable.body) == (200, [])


async def test_deleted_channel_is_unknown(stand_in: DiscordStandIn, api: Api) -> None:
    path = f"/channels/{stand_in.channels['vinyl'].id}"

    stand_in.moderation.delete_channel("vinyl")

    for method, rest in (("GET", ""), ("POST", "/messages")):
        refused = await api(method, path + rest, {"content": "x"})
        assert (refused.status, refused.code) == (404, 10003)
    assert "vinyl" not in stand_in.channels


@pytest.mark.parametrize("channel", ["dm:alice", "elsewhere", "nowhere"])
async def test_only_channels_of_the_bots_servers_are_moderated(
    stand_in: DiscordStandIn, channel: str
) -> None:
    with pytest.raises(ValueError, match="no channel in a server of the bot's"):
        stand_in.moderation.deny(channel, Permission.SEND_MESSAGES)


async def test_bot_hears_what_it_may_do_and_which_channel_is_gone(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    bot = await run_bot(lambda _: None)

    async def on_change(*_: object) -> None:
        heard.put_nowait("changed")

    async def on_delete(_: object) -> None:
        heard.put_nowait("deleted")

    bot.add_listener(on_change, "on_guild_channel_update")
    bot.add_listener(on_delete, "on_guild_channel_delete")
    vinyl_id = stand_in.channels["vinyl"].id
    await eventually(lambda: bot.get_channel(vinyl_id) is not None)
    vinyl = bot.get_channel(vinyl_id)
    assert isinstance(vinyl, discord.TextChannel)
    before = vinyl.permissions_for(vinyl.guild.me)

    stand_in.moderation.deny("vinyl", Permission.SEND_MESSAGES)
    assert await heard.get() == "changed"
    after = vinyl.permissions_for(vinyl.guild.me)
    stand_in.moderation.delete_channel("vinyl")

    assert await heard.get() == "deleted"
    assert (before.send_messages, after.send_messages) == (True, False)
    assert bot.get_channel(vinyl.id) is None


async def test_interaction_says_what_the_bot_may_do_where_it_was_used(
    stand_in: DiscordStandIn, api: Api
) -> None:
    stand_in.moderation.deny("vinyl", Permission.SEND_MESSAGES)
    exchange = await api.open(channel="vinyl")

    interaction = stand_in._platform.interaction_of(exchange)
    told = interaction_payload(stand_in._platform.world, interaction)
    answered = await api.answer(exchange, 4, {"content": "a command is answered all the same"})

    may = discord.Permissions(int(told["app_permissions"]))
    assert (may.send_messages, may.read_message_history) == (False, True)
    assert answered.status == 200


async def test_bot_that_cannot_see_a_channel_can_do_nothing_in_it(stand_in: DiscordStandIn) -> None:
    world = stand_in._platform.world
    vinyl = stand_in.channels["vinyl"]

    before = world.permissions(world.bot, vinyl)
    stand_in.moderation.deny("vinyl", Permission.VIEW_CHANNEL)

    assert before & Permission.SEND_MESSAGES
    assert world.permissions(world.bot, vinyl) == 0
