"""Plain messages: direct messages, mentions, replies, deletions, pings and the event stream."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import discord
import pytest
from discord.ext import commands

from bot.sandbox.discord import (
    DiscordStandIn,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    TypingStarted,
)
from bot.sandbox.discord.messages import Pings

RunBot = Callable[..., Awaitable[commands.Bot]]


def _parrot(bot: commands.Bot) -> None:
    """Answer every message of a person: type, then repeat what can be seen of it."""

    @bot.listen()
    async def on_message(message: discord.Message) -> None:
        if not message.author.bot:
            await message.channel.typing()
            await message.channel.send(f"{message.guild}: {message.content or '(nothing)'}")

    @bot.listen()
    async def on_message_delete(message: discord.Message) -> None:
        await message.channel.send(f"gone: {message.content}")


async def test_direct_message_is_answered(stand_in: DiscordStandIn, run_bot: RunBot) -> None:
    await run_bot(_parrot)

    exchange = await stand_in.send_message("abba")
    await exchange.wait_until(lambda e: bool(e.messages))

    assert exchange.last.text == "None: abba"
    assert exchange.acknowledged_at is not None
    assert exchange.interaction_id is None
    assert [r.route for r in stand_in.requests[-2:]] == [
        "/channels/{channel_id}/typing",
        "/channels/{channel_id}/messages",
    ]


async def test_content_in_a_server_is_blank_unless_the_bot_is_mentioned(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    await run_bot(_parrot)

    plain = await stand_in.send_message("abba", channel="general")
    await plain.wait_until(lambda e: bool(e.messages))
    mention = await stand_in.send_message(f"<@{stand_in.bot_user.id}> abba", channel="vinyl")
    await mention.wait_until(lambda e: bool(e.messages))

    assert plain.last.text == "Crate Diggers: (nothing)"
    assert mention.last.text.endswith("abba")


async def test_reply_belongs_to_the_message_it_points_at(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    def register(bot: commands.Bot) -> None:
        @bot.listen()
        async def on_message(message: discord.Message) -> None:
            if not message.author.bot:
                await message.reply(f"re {message.content}")

    await run_bot(register)

    first = await stand_in.send_message("one")
    second = await stand_in.send_message("two")
    await first.wait_until(lambda e: bool(e.messages))
    await second.wait_until(lambda e: bool(e.messages))

    assert [m.text for m in first.messages] == ["re one"]
    assert [m.text for m in second.messages] == ["re two"]
    assert second.last.reference is second.message


async def test_deletion_by_a_person_is_heard_by_the_bot(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    await run_bot(_parrot)
    exchange = await stand_in.send_message("abba")
    await exchange.wait_until(lambda e: bool(e.messages))

    await stand_in.delete_message(exchange.messages[0])
    await exchange.wait_until(lambda e: len(e.messages) == 2)

    assert exchange.messages[0].deleted
    assert exchange.last.text == "gone: None: abba"


async def test_person_cannot_write_where_they_are_not(stand_in: DiscordStandIn) -> None:
    with pytest.raises(ValueError, match="bob is not in dm:alice"):
        await stand_in.send_message("hello", user="bob", channel="dm:alice")


async def test_bot_can_open_a_direct_channel_and_fetch_what_it_needs(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    bot = await run_bot(lambda _: None)
    general = stand_in.channels["general"]

    bob = await bot.fetch_user(stand_in.users["bob"].id)
    sent = await bob.send("hello")
    channel = await bot.fetch_channel(general.id)
    assert isinstance(channel, discord.TextChannel)
    guild = await bot.fetch_guild(general.guild_id or 0, with_counts=False)
    member = await guild.fetch_member(bob.id)
    application = await bot.application_info()
    fetched = await sent.channel.fetch_message(sent.id)
    history = [message.id async for message in sent.channel.history(limit=5)]

    assert (channel.name, guild.name, member.name) == ("general", "Crate Diggers", "bob")
    assert application.id == stand_in.bot_user.id
    assert (fetched.content, history) == ("hello", [sent.id])
    assert stand_in.unknown_requests == []


async def _pings(stand_in: DiscordStandIn, api: Any, body: Mapping[str, object]) -> Pings:  # noqa: ANN401  RawApi of conftest.py
    general = stand_in.channels["general"].id
    answer = await api("POST", f"/channels/{general}/messages", body)
    return stand_in._platform.board.get(answer.body["id"]).pings


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        pytest.param(None, (True, True, True), id="left out"),
        pytest.param({"parse": []}, (False, False, False), id="nobody"),
        pytest.param({"parse": ["roles"]}, (False, True, False), id="roles only"),
        pytest.param({"parse": ["everyone"]}, (False, False, True), id="everyone only"),
    ],
)
async def test_regular_message_pings_whom_allowed_mentions_permit(
    stand_in: DiscordStandIn,
    api: Any,  # noqa: ANN401  RawApi of conftest.py
    allowed: dict[str, object] | None,
    expected: tuple[bool, bool, bool],
) -> None:
    guild = stand_in.channels["general"].guild
    assert guild is not None
    role = next(role for role in guild.roles if role.mentionable)
    text = f"<@{stand_in.users['bob'].id}> <@&{role.id}> @everyone <@1> `<@{role.id}>`"
    body = {"content": text} | ({} if allowed is None else {"allowed_mentions": allowed})

    pings = await _pings(stand_in, api, body)

    assert (bool(pings.users), bool(pings.roles), pings.everyone) == expected


async def test_answer_to_an_interaction_pings_users_only_and_an_edit_starts_over(
    stand_in: DiscordStandIn,
    api: Any,  # noqa: ANN401  RawApi of conftest.py
) -> None:
    bob = stand_in.users["bob"].id
    text = f"<@{bob}> @everyone"
    exchange = await api.open()

    nobody = {"content": text, "allowed_mentions": {"parse": []}}
    await api.answer(exchange, 4, nobody)
    await api("PATCH", api.webhook(exchange, "@original"), {"content": f"{text}!"})
    [message] = exchange.messages

    assert not message.versions[0].pings
    assert message.pings.users == {bob}
    assert not message.pings.everyone


async def test_text_display_pings_and_embed_does_not(
    stand_in: DiscordStandIn,
    api: Any,  # noqa: ANN401  RawApi of conftest.py
) -> None:
    mention = f"<@{stand_in.users['bob'].id}>"
    v2 = {"flags": 1 << 15, "components": [{"type": 10, "content": mention}]}

    assert await _pings(stand_in, api, v2)
    assert not await _pings(stand_in, api, {"embeds": [{"description": mention}]})
    assert not await _pings(stand_in, api, {"content": f"```{mention}```"})


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        pytest.param({}, True, id="left out"),
        pytest.param({"allowed_mentions": {"parse": []}}, False, id="nobody"),
        pytest.param({"allowed_mentions": {"replied_user": True}}, True, id="asked for"),
    ],
)
async def test_reply_pings_the_person_it_answers_unless_told_otherwise(
    stand_in: DiscordStandIn,
    api: Any,  # noqa: ANN401  RawApi of conftest.py
    allowed: dict[str, object],
    expected: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    exchange = await stand_in.send_message("hello", user="bob", channel="general")
    assert exchange.message is not None
    body = {"content": "hi", "message_reference": {"message_id": str(exchange.message.id)}}

    pings = await _pings(stand_in, api, body | allowed)

    assert (stand_in.users["bob"].id in pings.users) is expected


async def test_content_is_trimmed_as_discord_does(
    stand_in: DiscordStandIn,
    api: Any,  # noqa: ANN401  RawApi of conftest.py
) -> None:
    exchange = await api.open()

    await api.answer(exchange, 4, {"content": " \n hello \n"})

    assert exchange.last.content == "hello"
    assert stand_in.unknown_requests == []


async def test_bot_hears_its_public_messages_but_neither_ephemeral_nor_private_ones(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    heard: list[str] = []
    ended = asyncio.Event()

    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        async def say(interaction: discord.Interaction, text: str, hidden: bool) -> None:  # noqa: FBT001  how discord.py declares options
            await interaction.response.send_message(text, ephemeral=hidden)

        @bot.listen()
        async def on_message(message: discord.Message) -> None:
            heard.append(message.content)
            if message.content == "the end":
                ended.set()

    await run_bot(register)

    for channel, hidden in (("general", True), ("group", False), ("general", False)):
        options = {"text": f"{channel} {hidden}", "hidden": hidden}
        exchange = await stand_in.run_command("say", options, channel=channel)
        await exchange.wait_until(lambda e: bool(e.messages))
    await stand_in.send_message("the end")
    await ended.wait()

    assert heard == ["general False", "the end"]


async def test_event_stream_tells_everything_and_ends_when_closed(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    bot = await run_bot(_parrot)
    stream = stand_in.subscribe()
    reader = asyncio.create_task(_collect(stream))

    exchange = await stand_in.send_message("abba")
    await exchange.wait_until(lambda e: bool(e.messages))
    channel = await bot.fetch_channel(stand_in.channels["dm:alice"].id)
    assert isinstance(channel, discord.DMChannel)
    message = await channel.fetch_message(exchange.last.id)
    await message.edit(content="edited")
    await message.delete()
    stream.close()

    events = await reader
    assert [type(event) for event in events] == [
        MessageCreated,
        TypingStarted,
        MessageCreated,
        MessageEdited,
        MessageDeleted,
    ]
    assert events[3].version.content == "edited"


async def _collect(stream: Any) -> list[Any]:  # noqa: ANN401  any stream
    return [event async for event in stream]


async def test_stopping_the_stand_in_ends_its_streams() -> None:
    stand_in = DiscordStandIn()
    await stand_in.start()
    reader = asyncio.create_task(_collect(stand_in.subscribe()))

    await stand_in.stop()

    assert await reader == []


async def test_closed_stream_ends_for_every_reader(stand_in: DiscordStandIn) -> None:
    stream = stand_in.subscribe()
    readers = [asyncio.create_task(_collect(stream)) for _ in range(2)]
    await stand_in.send_message("hello")

    stream.close()

    assert sum(len(events) for events in await asyncio.gather(*readers)) == 1
