"""Who may reach which message, and what an edit keeps."""

import io
from collections.abc import Awaitable, Callable
from typing import Any

import discord
import pytest
from discord.ext import commands

from bot.sandbox.discord import DiscordStandIn

RunBot = Callable[..., Awaitable[commands.Bot]]
Api = Any
"""The `RawApi` of conftest.py, which cannot be imported from here."""


async def test_ephemeral_message_is_unknown_to_the_channel(
    stand_in: DiscordStandIn, api: Api
) -> None:
    exchange = await api.open()
    await api.answer(exchange, 4, {"content": "x", "flags": 64})
    general = stand_in.channels["general"].id

    refused = await api("GET", f"/channels/{general}/messages/{exchange.last.id}")
    history = await api("GET", f"/channels/{general}/messages")
    reached = await api("GET", api.webhook(exchange, str(exchange.last.id)))

    assert (refused.status, refused.code) == (404, 10008)
    assert history.body == []
    assert reached.body["content"] == "x"


async def test_message_of_somebody_else_cannot_be_edited_but_deleted_by_moderators_only(
    stand_in: DiscordStandIn, api: Api
) -> None:
    exchange = await stand_in.send_message("mine", user="bob", channel="general")
    assert exchange.message is not None
    path = f"/channels/{stand_in.channels['general'].id}/messages/{exchange.message.id}"

    edited = await api("PATCH", path, {"content": "yours"})
    deleted = await api("DELETE", path)

    assert (edited.status, edited.code) == (403, 50005)
    assert (deleted.status, deleted.code) == (403, 50013)
    assert exchange.message.text == "mine"


async def test_token_does_not_reach_messages_of_another_interaction(api: Api) -> None:
    first, second = await api.open(), await api.open()
    await api.answer(first, 4, {"content": "first"})
    await api.answer(second, 4, {"content": "second"})

    refused = await api("PATCH", api.webhook(second, str(first.last.id)), {"content": "mine now"})

    assert (refused.status, refused.code) == (404, 10008)


async def test_press_by_another_person_keeps_the_installation_of_the_message(
    stand_in: DiscordStandIn, api: Api
) -> None:
    exchange = await api.open(channel="group", user="alice")
    button = {"type": 2, "style": 1, "label": "A", "custom_id": "a"}
    await api.answer(exchange, 4, {"components": [{"type": 1, "components": [button]}]})

    pressed = await stand_in.press(exchange.last, "a", user="bob")

    alice = str(stand_in.users["alice"].id)
    assert stand_in._platform.interaction_of(pressed).owners == {"1": alice}


async def test_edit_keeps_files_unless_it_lists_others_and_embeds_find_them(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    bot = await run_bot(lambda _: None)
    channel = await bot.fetch_channel(stand_in.channels["general"].id)
    assert isinstance(channel, discord.TextChannel)
    embed = discord.Embed(title="Cover").set_image(url="attachment://cover.png")
    cover = discord.File(io.BytesIO(b"png"), "cover.png")

    sent = await channel.send(embed=embed, file=cover)
    edited = await sent.edit(content="text")
    emptied = await edited.edit(attachments=[])

    message = stand_in._platform.board.get(sent.id)
    assert [len(version.attachments) for version in message.versions] == [1, 1, 0]
    assert sent.embeds[0].image.url == edited.attachments[0].url
    assert edited.attachments[0].url.startswith(stand_in.cdn_url)
    assert emptied.attachments == []


async def test_layout_view_shows_a_file_that_came_with_it(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        async def export(interaction: discord.Interaction) -> None:
            view = discord.ui.LayoutView()
            view.add_item(discord.ui.TextDisplay("Your records"))
            view.add_item(discord.ui.File("attachment://records.csv"))
            file = discord.File(io.BytesIO(b"a,b"), "records.csv")
            await interaction.response.send_message(view=view, file=file)

    await run_bot(register)

    exchange = await stand_in.run_command("export")
    await exchange.wait_until(lambda e: bool(e.messages))

    shown = exchange.last.components[1]
    assert shown["file"]["url"] == exchange.last.attachments[0].url
    assert (shown["name"], shown["size"]) == ("records.csv", 3)


@pytest.mark.parametrize("count", [25, 26])
async def test_autocomplete_offers_25_choices_at_most(
    stand_in: DiscordStandIn, api: Api, count: int
) -> None:
    option = {"type": 3, "name": "q", "description": "What.", "autocomplete": True}
    command = {"name": "find", "description": "Find.", "options": [option]}
    await api("PUT", f"/applications/{api.application_id}/commands", [command])
    with pytest.raises(TimeoutError):
        await stand_in.autocomplete("find", "q", "x", timeout=0)
    [interaction] = stand_in._platform.interactions.values()
    choices = [{"name": str(number), "value": str(number)} for number in range(count)]

    answer = await api.answer(interaction.exchange, 8, {"choices": choices})

    assert answer.status == (200 if count == 25 else 400)


def nonced(text: str, nonce: str = "slot 1", **more: object) -> dict[str, object]:
    return {"content": text, "nonce": nonce, "enforce_nonce": True} | more


async def test_enforced_nonce_answers_with_the_message_that_has_it(
    stand_in: DiscordStandIn, api: Api
) -> None:
    path = f"/channels/{stand_in.channels['general'].id}/messages"

    first = await api("POST", path, nonced("first"))
    again = await api("POST", path, nonced("again"))
    other = await api("POST", path, nonced("other", nonce="slot 2"))
    elsewhere = await api(
        "POST", f"/channels/{stand_in.channels['vinyl'].id}/messages", nonced("elsewhere")
    )
    loose = await api("POST", path, nonced("loose", enforce_nonce=False))

    assert (again.status, again.body["id"], again.body["content"]) == (
        200,
        first.body["id"],
        "first",
    )
    assert len({answer.body["id"] for answer in (first, other, elsewhere, loose)}) == 4
    assert len((await api("GET", path)).body) == 3


@pytest.mark.parametrize("stand_in_options", [{"nonce_seconds": 0.0}])
async def test_nonce_is_forgotten_after_its_window(stand_in: DiscordStandIn, api: Api) -> None:
    path = f"/channels/{stand_in.channels['general'].id}/messages"

    first = await api("POST", path, nonced("first"))
    again = await api("POST", path, nonced("again"))

    assert again.body["id"] != first.body["id"]
