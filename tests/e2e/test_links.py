"""Links in messages and commands, through the real bot; short ones lead to the sandbox's hosts."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from harness.bots import RunningBot, final_message, running_bot
from harness.openapi import DiscordContract
from harness.talking import said
from harness.warm import WarmStarter

from bot.sandbox.discord import Message
from bot.sandbox.faults import Fault, FaultKind

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHORT = "https://spotify.link/dark"
SHOW = "https://open.spotify.com/show/1weenld61qoidwYuZ1GESA"
RELEASE = 1705694
FIND = "Find music links"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(
    tmp_path_factory: pytest.TempPathFactory, discord_contract: DiscordContract, warm: WarmStarter
) -> AsyncIterator[RunningBot]:
    """One bot for all of them."""
    log_path: Path = tmp_path_factory.mktemp("bot") / "bot.log"
    async with running_bot(log_path, discord_contract, start=warm.start, is_demo=True) as running:
        running.sandbox.spotify.short_links.redirect(SHORT, f"{album(running, 1)}?si=x")
        yield running


def album(bot: RunningBot, number: int) -> str:
    """Return the page of one of the sandbox's albums: Kind of Blue, The Dark Side of the Moon."""
    albums = list(bot.sandbox.spotify.catalogue.spotify_albums.values())
    return f"https://open.spotify.com/album/{albums[number].spotify_id}"


async def written(bot: RunningBot, text: str, channel: str) -> Message:
    """Have Bob write into a channel."""
    user = "alice" if channel == "dm:alice" else "bob"
    exchange = await bot.sandbox.discord.send_message(text, user=user, channel=channel)
    assert exchange.message is not None
    if channel == "dm:alice":
        await final_message(exchange)
    return exchange.message


async def found(bot: RunningBot, text: str, channel: str = "general") -> Message:
    message = await written(bot, text, channel)
    exchange = await bot.sandbox.discord.run_message_command(FIND, message)
    return await final_message(exchange)


@pytest.mark.parametrize("channel", ["general", "elsewhere", "group", "dm:alice"])
async def test_links_of_a_message_are_found_wherever_it_stands(
    bot: RunningBot, channel: str
) -> None:
    text = f"<{album(bot, 0)}?si=1> and https://www.discogs.com/release/{RELEASE}, {SHOW}"

    message = await found(bot, text, channel)

    assert f"[Kind of Blue]({album(bot, 0)})" in message.text
    assert f"[Kind Of Blue](https://www.discogs.com/release/{RELEASE})" in message.text
    assert "That link leads to a podcast on Spotify." in message.text
    assert message.text.index("Listen on Spotify") < message.text.index("Data provided by Discogs")


async def test_message_without_links_is_answered_kindly_to_the_asker_alone(bot: RunningBot) -> None:
    message = await found(bot, "no links here: https://example.org/album/1")

    assert message.ephemeral
    assert "I see no link to Spotify or Discogs in that message." in message.text


async def test_each_link_is_one_request_and_fails_alone(bot: RunningBot) -> None:
    spotify, discogs = bot.sandbox.spotify, bot.sandbox.discogs
    discogs.faults.set(Fault(kind=FaultKind.STATUS, status=404))
    before = len(spotify.requests), len(discogs.requests)
    try:
        message = await found(bot, f"{album(bot, 2)} https://www.discogs.com/master/1")
    finally:
        discogs.faults.clear()

    assert "Listen on Spotify" in message.text
    assert "Discogs has no such entry" in message.text
    paths = [request.path for request in spotify.requests[before[0] :]]
    assert len([path for path in paths if path.startswith("/v1/")]) == 1
    assert len(discogs.requests) - before[1] == 1


async def test_one_of_several_is_opened_from_the_menu(bot: RunningBot) -> None:
    message = await found(bot, f"{album(bot, 0)} {album(bot, 1)}")
    assert "So What" not in message.text
    [menu] = message.selects

    exchange = await bot.sandbox.discord.choose(
        message, str(menu["custom_id"]), [menu["options"][0]["value"]]
    )
    await exchange.wait_until(lambda _: "So What" in message.text, 5)


async def test_cards_of_the_bot_are_searched_for_links_as_well(bot: RunningBot) -> None:
    card = await said(bot, "search", query=album(bot, 0))

    message = await final_message(await bot.sandbox.discord.run_message_command(FIND, card))

    assert f"[Kind of Blue]({album(bot, 0)})" in message.text


async def test_search_opens_what_a_link_leads_to_short_or_long(bot: RunningBot) -> None:
    long = await said(bot, "search", query=f"<{album(bot, 1)}?si=1&utm_source=x>")
    short = await said(bot, "search", query=SHORT)

    assert "Speak to Me" in long.text
    assert short.text == long.text
    asked = [each for each in bot.sandbox.spotify.requests if each.path.startswith("/short/")]
    assert [each.path for each in asked] == ["/short/spotify.link/dark"]
    assert not {"Authorization", "Cookie"} & set(asked[0].headers)


async def test_short_link_that_leads_nowhere_is_asked_for_in_full(bot: RunningBot) -> None:
    message = await said(bot, "search", query="https://spotify.link/nowhere")

    assert message.ephemeral
    assert message.text.startswith("I can't find out where https://spotify.link/nowhere leads.")


async def test_release_is_found_by_the_link_to_its_album(bot: RunningBot) -> None:
    message = await said(bot, "release", query=album(bot, 0))
    refused = await said(bot, "release", query=SHOW)

    assert re.search(r"\[Kind Of Blue\]\(https://www\.discogs\.com/release/\d+\)", message.text)
    assert "That link leads to no record." in refused.text
    assert refused.ephemeral


async def test_direct_message_with_links_is_answered_with_what_they_lead_to(
    bot: RunningBot,
) -> None:
    text = f"have you heard {SHORT} or https://www.discogs.com/release/{RELEASE}-Miles-Davis?"

    message = await final_message(await bot.sandbox.discord.send_message(text))

    assert "The Dark Side of the Moon" in message.text
    assert "Data provided by Discogs" in message.text
    assert "Results for" not in message.text
