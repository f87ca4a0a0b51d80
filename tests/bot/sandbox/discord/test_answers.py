"""Slash commands and every way a bot can answer them."""

import asyncio
import io
from collections.abc import Awaitable, Callable

import aiohttp
import discord
import pytest
from discord import app_commands, ui
from discord.ext import commands

from bot.sandbox.discord import DiscordStandIn, MessageFlag

RunBot = Callable[..., Awaitable[commands.Bot]]


def _ping(bot: commands.Bot) -> None:
    @bot.tree.command()
    async def ping(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("pong")


async def test_command_answered_directly_appears_in_the_exchange(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    await run_bot(_ping)

    exchange = await stand_in.run_command("ping")
    await exchange.wait_until(lambda e: bool(e.messages))

    assert [message.text for message in exchange.messages] == ["pong"]
    assert exchange.callback_type == 4
    assert not exchange.failed
    assert stand_in.unknown_requests == []


async def test_deferred_answer_shows_thinking_until_it_is_edited(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    go_on = asyncio.Event()

    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        async def slow(interaction: discord.Interaction) -> None:
            await interaction.response.defer(thinking=True)
            await go_on.wait()
            await interaction.edit_original_response(content="done")

    await run_bot(register)

    exchange = await stand_in.run_command("slow")
    await exchange.wait_acknowledged()
    assert exchange.callback_type == 5
    assert exchange.thinking
    go_on.set()
    await exchange.wait_until(lambda e: not e.thinking)

    [message] = exchange.messages
    assert [version.thinking for version in message.versions] == [True, False]
    assert message.text == "done"


async def test_first_follow_up_fills_the_thinking_message_and_keeps_it_ephemeral(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        async def twice(interaction: discord.Interaction) -> None:
            await interaction.response.defer(thinking=True, ephemeral=True)
            await interaction.followup.send("first", ephemeral=False)
            await interaction.followup.send("second", ephemeral=False)

    await run_bot(register)

    exchange = await stand_in.run_command("twice")
    await exchange.wait_until(lambda e: len(e.messages) == 2)

    first, second = exchange.messages
    assert (first.text, first.ephemeral) == ("first", True)
    assert (second.text, second.ephemeral) == ("second", False)


async def test_layout_view_is_read_in_order_and_keeps_its_flag(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        async def card(interaction: discord.Interaction) -> None:
            view = ui.LayoutView()
            thumbnail: ui.Thumbnail[ui.LayoutView] = ui.Thumbnail(
                "https://example.invalid/cover.jpg"
            )
            view.add_item(
                ui.Container(
                    ui.TextDisplay("# Kind of Blue"),
                    ui.Section("Miles Davis", accessory=thumbnail),
                    ui.ActionRow(ui.Button(label="Versions", custom_id="versions")),
                )
            )
            await interaction.response.defer()
            await interaction.edit_original_response(view=view)

    await run_bot(register)

    exchange = await stand_in.run_command("card")
    await exchange.wait_until(lambda e: bool(e.messages) and not e.thinking)

    [message] = exchange.messages
    assert message.text == "# Kind of Blue\nMiles Davis\nVersions"
    assert message.current.body == "# Kind of Blue\nMiles Davis"
    assert MessageFlag.COMPONENTS_V2 in message.flags
    assert [button["label"] for button in message.buttons] == ["Versions"]


async def test_answer_after_the_deadline_is_refused_with_10062(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    refused: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    exchange_failed = asyncio.Event()

    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        async def late(interaction: discord.Interaction) -> None:
            await exchange_failed.wait()
            try:
                await interaction.response.send_message("too late")
                refused.set_result(0)
            except discord.NotFound as exc:
                refused.set_result(exc.code)

    await run_bot(register)

    exchange = await stand_in.run_command("late")
    with pytest.raises(TimeoutError, match="not acknowledged"):
        await exchange.wait_acknowledged(5)
    exchange_failed.set()

    assert await refused == 10062
    assert exchange.failed
    assert exchange.messages == []


@pytest.fixture
def stand_in_options(request: pytest.FixtureRequest) -> dict[str, float]:
    """Only the test of the deadline has a short one."""
    is_late = "deadline" in request.node.name
    return {"interaction_ack_seconds": 0.3} if is_late else {}


async def test_uploaded_file_can_be_fetched_from_the_address_in_the_message(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        async def export(interaction: discord.Interaction, source: discord.Attachment) -> None:
            data = await source.read()
            file = discord.File(io.BytesIO(data[::-1]), "out.csv", description="All")
            await interaction.response.send_message("here", file=file)

    await run_bot(register)

    exchange = await stand_in.run_command("export", {"source": ("in.csv", b"abc")})
    await exchange.wait_until(lambda e: bool(e.messages))

    [attachment] = exchange.messages[0].attachments
    assert (attachment.filename, attachment.description, attachment.size) == ("out.csv", "All", 3)
    async with aiohttp.ClientSession() as session, session.get(attachment.url) as response:
        assert await response.read() == b"cba"
    [callback] = [r for r in stand_in.requests if r.route.endswith("/callback")]
    assert isinstance(callback.json, dict)
    assert callback.json["data"]["content"] == "here"
    assert [upload.data for upload in callback.files] == [b"cba"]


async def test_every_option_type_reaches_the_callback_as_discord_py_knows_it(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    seen: asyncio.Future[tuple[object, ...]] = asyncio.get_running_loop().create_future()

    def register(bot: commands.Bot) -> None:
        group = app_commands.Group(name="collection", description="Yours")

        @group.command()
        async def browse(  # noqa: PLR0917  discord.py takes options as parameters
            interaction: discord.Interaction,
            text: str,
            who: discord.Member,
            where: discord.TextChannel,
            role: discord.Role,
            year: app_commands.Range[int, 1900, 2100],
            fresh: bool = False,  # noqa: FBT001, FBT002  how discord.py declares options
        ) -> None:
            seen.set_result((text, who.name, where.name, role.name, year, fresh))
            await interaction.response.send_message("ok", ephemeral=True)

        bot.tree.add_command(group)

    await run_bot(register)
    options = {
        "text": "miles",
        "who": "bob",
        "where": "vinyl",
        "role": "Moderators",
        "year": 1959,
        "fresh": True,
    }

    await stand_in.run_command("collection browse", options)

    assert await seen == ("miles", "bob", "vinyl", "Moderators", 1959, True)


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        pytest.param("nothing", {}, "not registered", id="unknown command"),
        pytest.param("find", {"text": "ab", "colour": "red"}, "colour", id="unknown option"),
        pytest.param("find", {}, "required", id="missing required option"),
        pytest.param("find", {"text": "a"}, "2 to 200", id="too short"),
        pytest.param("find", {"text": "ab", "kind": "cassette"}, "choice", id="no such choice"),
        pytest.param("find", {"text": 3}, "takes a str", id="wrong type"),
        pytest.param("find", {"text": "ab", "who": "carol"}, "carol", id="unknown person"),
    ],
)
async def test_client_refuses_what_the_command_does_not_allow(
    stand_in: DiscordStandIn, run_bot: RunBot, name: str, options: dict[str, object], match: str
) -> None:
    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        @app_commands.choices(kind=[app_commands.Choice(name="Album", value="album")])
        async def find(
            interaction: discord.Interaction,
            text: app_commands.Range[str, 2, 200],
            kind: str | None = None,
            who: discord.User | None = None,
        ) -> None: ...

    await run_bot(register)

    with pytest.raises(ValueError, match=match):
        await stand_in.run_command(name, options)


@pytest.mark.parametrize(
    ("user", "channel", "expected"),
    [
        pytest.param("alice", "general", (0, True, True, "Member"), id="server, installed"),
        pytest.param("bob", "vinyl", (0, True, False, "Member"), id="server, not installed"),
        pytest.param("bob", "dm:bob", (1, False, False, "User"), id="direct message"),
        pytest.param("alice", "group", (2, False, True, "User"), id="private channel"),
        pytest.param("alice", "elsewhere", (0, False, True, "Member"), id="foreign server"),
    ],
)
async def test_interaction_tells_where_and_by_which_installation_it_was_made(
    stand_in: DiscordStandIn,
    run_bot: RunBot,
    user: str,
    channel: str,
    expected: tuple[object, ...],
) -> None:
    seen: asyncio.Future[discord.Interaction] = asyncio.get_running_loop().create_future()

    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        async def where(interaction: discord.Interaction) -> None:
            seen.set_result(interaction)
            await interaction.response.send_message("here")

    await run_bot(register)

    await stand_in.run_command("where", user=user, channel=channel, locale="fr")

    interaction = await seen
    context = interaction.context
    contexts = (context.guild, context.dm_channel, context.private_channel)
    assert contexts.index(True) == expected[0]
    assert interaction.is_guild_integration() is expected[1]
    assert interaction.is_user_integration() is expected[2]
    assert type(interaction.user).__name__ == expected[3]
    assert interaction.locale is discord.Locale.french
    assert interaction.channel_id == stand_in.channels[channel].id
    assert interaction.user.id == stand_in.users[user].id


async def test_private_channel_refuses_people_who_did_not_install_the_bot(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    await run_bot(_ping)

    with pytest.raises(ValueError, match="not installed for bob"):
        await stand_in.run_command("ping", user="bob", channel="group")


async def test_contexts_hide_a_command_where_it_is_not_meant_to_be(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
        async def server(interaction: discord.Interaction) -> None: ...

    await run_bot(register)

    with pytest.raises(ValueError, match="not offered in dm:alice"):
        await stand_in.run_command("server", channel="dm:alice")


async def test_default_permissions_hide_a_command_from_members_without_them(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        @app_commands.default_permissions(manage_guild=True)
        async def server(interaction: discord.Interaction) -> None:
            allowed = interaction.permissions.manage_guild
            await interaction.response.send_message(f"manage: {allowed}")

    await run_bot(register)

    exchange = await stand_in.run_command("server", user="alice")
    await exchange.wait_until(lambda e: bool(e.messages))
    assert exchange.last.text == "manage: True"
    with pytest.raises(ValueError, match="permissions"):
        await stand_in.run_command("server", user="bob")


async def test_message_menu_command_gets_the_message(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    def register(bot: commands.Bot) -> None:
        @bot.tree.context_menu(name="Find music links")
        async def find(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.send_message(f"saw {message.content}", ephemeral=True)

    await run_bot(register)
    written = await stand_in.send_message("https://x.invalid", user="bob", channel="general")
    assert written.message is not None

    exchange = await stand_in.run_message_command("Find music links", written.message)
    await exchange.wait_until(lambda e: bool(e.messages))

    assert exchange.last.text == "saw https://x.invalid"
    assert exchange.last.ephemeral


async def test_timeout_describes_what_is_there(stand_in: DiscordStandIn, run_bot: RunBot) -> None:
    await run_bot(_ping)
    exchange = await stand_in.run_command("ping")
    await exchange.wait_until(lambda e: bool(e.messages))

    with pytest.raises(TimeoutError, match="pong"):
        await exchange.wait_until(lambda e: len(e.messages) > 5, timeout=0.01)
