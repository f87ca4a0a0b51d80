"""Sharing, comparing and playing, through the real bot and the sandbox."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from harness.bots import BotFactory, RunningBot, final_message
from harness.people import make_collector, remember
from harness.talking import button_id, said

from bot.sandbox.discord import DiscordStandIn, Message

NOT_SHARED = "That person shares no records here."
StartKnowing = Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture
def know(tmp_path: Path) -> StartKnowing:
    """Return what makes a bot know Alice's and Bob's records; who shares is given by name."""

    async def make(*sharing: str) -> dict[str, str]:
        users = DiscordStandIn().users
        people = [
            make_collector(users["alice"], 1, more=1),
            make_collector(users["bob"], 2, more=9),
        ]
        folder = tmp_path / "data"
        folder.mkdir()
        await remember(folder / "aime.db", people, [users[name].id for name in sharing])
        return {"DATA_DIR": str(folder)}

    return make


async def pressed(bot: RunningBot, message: Message, prefix: str, **more: Any) -> Message:  # noqa: ANN401  # passed through
    """Press a button; returns the message that answers."""
    return await final_message(
        await bot.sandbox.discord.press(message, button_id(message, prefix), **more)
    )


# --- Settings


async def test_settings_tell_what_others_would_see_and_switch_it(bot: RunningBot) -> None:
    before = await said(bot, "settings")
    refused = await final_message(
        await bot.sandbox.discord.press(before, button_id(before, "settings:share"))
    )
    await said(bot, "account link-discogs", username="empty_shelf")
    on = await said(bot, "settings", share="on")
    said_on = on.text
    off = await pressed(bot, on, "settings:share")

    assert before.ephemeral
    assert "**Sharing your records: off**" in before.text
    assert "which records you own (artist, title, pressing, genre)" in before.text
    assert "haven't linked your Discogs account" in refused.text
    assert "You share your records from now on." in said_on
    assert "You no longer share your records" in off.text


async def test_unlinking_ends_sharing(start_bot: BotFactory, know: StartKnowing) -> None:
    async with start_bot(await know("bob")) as bot:
        before = await said(bot, "settings", "bob")
        asked = await said(bot, "account unlink", "bob", service="discogs")
        await pressed(bot, asked, "account:unlink", user="bob")
        after = await said(bot, "settings", "bob")

    assert "on**, since" in before.text
    assert "**Sharing your records: off**" in after.text


# --- Who owns it here


async def test_who_names_those_who_share_and_pings_nobody(
    start_bot: BotFactory, know: StartKnowing
) -> None:
    async with start_bot(await know("bob")) as bot:
        users = bot.sandbox.discord.users
        found = await said(bot, "collection who", query="common ground")

    assert not found.ephemeral
    assert f"<@{users['bob'].id}> · 1 copy" in found.text
    assert str(users["alice"].id) not in found.text  # she does not share
    assert "ondiscogs" not in found.text
    assert not found.versions[-1].pings
    assert "[Data provided by Discogs]" in found.text


async def test_who_is_refused_where_nobody_can_tell_who_is_there(bot: RunningBot) -> None:
    direct = await bot.sandbox.discord.run_command(
        "collection who", {"query": "blue"}, channel="dm:alice"
    )
    foreign = await bot.sandbox.discord.run_command(
        "collection who", {"query": "blue"}, channel="elsewhere"
    )

    assert "ask me in one" in (await final_message(direct)).text
    assert "I'm not a member of this server" in (await final_message(foreign)).text


# --- Comparing


async def test_comparison_is_public_once_both_share_and_its_buttons_survive_a_restart(
    start_bot: BotFactory, know: StartKnowing
) -> None:
    folder = await know("bob")
    async with start_bot(folder) as bot:
        private = await said(bot, "collection compare", user="bob")
        await said(bot, "settings", share="on")
        public = await said(bot, "collection compare", user="bob")
        first = public.text
        bot.process.terminate()
        await bot.process.wait()
        async with bot.restarted(folder):
            await look(bot, public, ":theirs:1:section", "Page 1 of")
            await look(bot, public, ":theirs:2:on", "Page 2 of")
            custom_id = button_id(public, "collection:compare")
            pressed_by_bob = await bot.sandbox.discord.press(public, custom_id, user="bob")
            stranger = await final_message(pressed_by_bob)
            await said(bot, "settings", "bob", share="off")
            await look(bot, public, ":both:1:section", NOT_SHARED)

    assert private.ephemeral
    assert "Only you see this" in private.text
    assert not public.ephemeral
    assert "Only you see this" not in first
    assert "Both, the same pressing: **1**" in first
    assert "🎼 Taste: **100%** in common" in first
    assert "This belongs to whoever asked for it" in stranger.text


async def look(bot: RunningBot, message: Message, place: str, expected: str) -> None:
    """Press a button of a comparison, and wait for what the message shows then."""
    custom_id = button_id(message, "collection:compare", place=place)
    exchange = await bot.sandbox.discord.press(message, custom_id)
    await exchange.wait_until(lambda _: expected in message.text, 10)


async def test_comparison_says_the_same_of_everybody_who_does_not_share(
    start_bot: BotFactory, know: StartKnowing
) -> None:
    async with start_bot(await know()) as bot:
        known = await said(bot, "collection compare", user="bob")
        unknown = await said(bot, "collection compare", user="olivia")
        oneself = await said(bot, "collection compare", user="alice")
        robot = await said(bot, "collection compare", user="AIME")

    assert known.ephemeral
    assert known.text == unknown.text
    assert known.text.startswith(NOT_SHARED)
    assert "That's you!" in oneself.text
    assert "Bots collect no records." in robot.text


# --- Playing


async def test_record_is_played_from_a_pick_after_a_restart_and_from_a_page(
    start_bot: BotFactory, know: StartKnowing
) -> None:
    folder = await know()
    async with start_bot(folder) as bot:
        pick = await said(bot, "collection random")
        first = pick.text
        bot.process.terminate()
        await bot.process.wait()
        async with bot.restarted(folder):
            await pressed(bot, pick, "collection:play")
            playing = pick.text
            picks = [(await said(bot, "collection random")).text for _ in range(5)]
            page = await said(bot, "collection browse", sort="title")
            shown = page.text
            [menu] = page.selects
            chosen = await bot.sandbox.discord.choose(
                page, str(menu["custom_id"]), [str(menu["options"][0]["value"])]
            )
            told = await final_message(chosen)

    assert "never played" in first
    assert "▶️ Playing since <t:" in playing
    # The rest of this round, and in the next one what was played comes last.
    assert ["never played" in text for text in picks] == [True, True, True, True, False]
    assert "last played <t:" in picks[4]
    assert told.ephemeral
    assert "is playing" in told.text
    assert page.text == shown
