"""Command from gateway event to final edit; a direct message; menus and buttons."""

import asyncio

import pytest
from harness.bots import BotFactory, RunningBot, eventually, final_message

from bot.sandbox.discord import Exchange, Message, stream_report

PICK = "search:pick:{}"


def option_values(message: Message) -> list[str]:
    return [option["value"] for menu in message.selects for option in menu["options"]]


def custom_id_starting(message: Message, prefix: str) -> str:
    ids = [str(button["custom_id"]) for button in message.buttons]
    return next(custom_id for custom_id in ids if custom_id.startswith(prefix))


def has_stop_button(exchange: Exchange) -> bool:
    return any(
        button["custom_id"].startswith("describe:stop")
        for message in exchange.messages
        for button in message.buttons
    )


async def test_search_shows_both_upstreams_side_by_side(bot: RunningBot) -> None:
    exchange = await bot.command("search", query="kind of blue")

    message = await final_message(exchange)

    assert "[Kind of Blue](https://open.spotify.com/album/" in message.text
    assert "[Kind Of Blue](https://www.discogs.com/release/" in message.text
    assert "Listen on Spotify" in message.text
    assert "Data provided by Discogs" in message.text


async def test_search_for_a_release_asks_only_discogs(bot: RunningBot) -> None:
    exchange = await bot.command("search", query="kind of blue", kind="release")

    message = await final_message(exchange)

    assert "spotify" not in message.text
    assert bot.sandbox.spotify.requests == []


async def test_search_finds_nothing_and_says_so(bot: RunningBot) -> None:
    exchange = await bot.command("search", query="zzqx wvvk nothing")

    message = await final_message(exchange)

    assert "Nothing to show for" in message.text
    assert "Search on Discogs" in message.text
    assert message.selects == []


async def test_picking_a_release_shows_its_tracks_and_keeps_the_menu(bot: RunningBot) -> None:
    search = await final_message(await bot.command("search", query="kind of blue"))
    alice = bot.sandbox.discord.users["alice"]
    release = next(v for v in option_values(search) if v.startswith("discogs:release:"))

    picked = await bot.sandbox.discord.choose(search, PICK.format(alice.id), [release])
    await picked.wait_until(lambda _: "Freddie Freeloader" in search.text and "`A2`" in search.text)

    assert release in option_values(search)


async def test_picking_a_spotify_album_shows_its_tracks(bot: RunningBot) -> None:
    search = await final_message(await bot.command("search", query="kind of blue"))
    alice = bot.sandbox.discord.users["alice"]
    album = next(v for v in option_values(search) if v.startswith("spotify:album:"))

    picked = await bot.sandbox.discord.choose(search, PICK.format(alice.id), [album])
    await picked.wait_until(lambda _: "`1` So What" in search.text)

    assert "Listen on Spotify" in search.text


async def test_somebody_elses_menu_is_refused_to_them_alone(bot: RunningBot) -> None:
    search = await final_message(await bot.command("search", query="kind of blue"))
    alice = bot.sandbox.discord.users["alice"]
    before = search.text

    refused = await bot.sandbox.discord.choose(
        search, PICK.format(alice.id), option_values(search)[:1], user="bob"
    )
    await refused.wait_until(lambda exchange: bool(exchange.messages))

    assert refused.last.ephemeral
    assert "belongs to whoever searched" in refused.last.text
    assert search.text == before


async def test_description_grows_in_one_message_until_it_is_complete(bot: RunningBot) -> None:
    exchange = await bot.command("describe", topic="Kind of Blue by Miles Davis", length="long")

    message = await final_message(exchange, 30)
    report = stream_report(message)

    assert exchange.messages == [message]
    assert report.edits >= 3
    assert report.seconds_to_first_text is not None
    assert report.seconds_to_first_text < report.seconds_in_all
    assert report.empty_versions == 0
    assert report.equal_versions == 0
    assert report.worst_window <= 5
    assert not any("▌" in text for text in (message.text,))
    assert "Written by AI (EurIA)" in message.text
    assert "Data provided by Discogs" in message.text


async def test_description_is_grounded_in_discogs_and_never_in_spotify(bot: RunningBot) -> None:
    await final_message(await bot.command("describe", topic="Kind of Blue by Miles Davis"), 30)

    [chat] = bot.sandbox.euria.chats
    assert "Columbia" in chat.prompt
    assert "spotify" not in str(chat.body).casefold()
    assert bot.sandbox.spotify.requests == []


@pytest.mark.long
async def test_second_description_is_the_kept_one_unless_fresh_is_asked_for(
    bot: RunningBot,
) -> None:
    topic = "Blue Train by John Coltrane"
    await final_message(await bot.command("describe", topic=topic), 30)

    kept = await final_message(await bot.command("describe", topic=topic))
    written = len(bot.sandbox.euria.chats)
    await final_message(await bot.command("describe", topic=topic, fresh=True), 30)

    assert "Regenerate has a new one written" in kept.text
    assert written == 1
    assert len(bot.sandbox.euria.chats) == 2


async def test_stop_ends_the_text_and_the_request_at_once(bot: RunningBot) -> None:
    exchange = await bot.command("describe", topic="Kind of Blue by Miles Davis", length="long")
    await exchange.wait_until(lambda e: has_stop_button(e) and "▌" in e.last.text, 10)
    message = exchange.last

    await bot.sandbox.discord.press(message, custom_id_starting(message, "describe:stop"))
    await exchange.wait_until(lambda _: "Stopped at your request" in message.text, 5)

    assert "▌" not in message.text
    await eventually(lambda: bot.sandbox.euria.aborted_streams == 1)


@pytest.mark.long
async def test_regenerate_writes_another_text_into_the_same_message(bot: RunningBot) -> None:
    exchange = await bot.command("describe", topic="Moon Safari by Air")
    message = await final_message(exchange, 30)

    pressed = await bot.sandbox.discord.press(
        message, custom_id_starting(message, "describe:again")
    )
    await pressed.wait_until(lambda _: len(bot.sandbox.euria.chats) == 2, 10)
    await final_message(pressed, 30)

    assert "## Moon Safari by Air" in message.text
    assert "Written by AI (EurIA)" in message.text


async def test_buttons_work_after_a_restart(start_bot: BotFactory) -> None:
    async with start_bot() as first:
        message = await final_message(await first.command("describe", topic="Homogenic"), 30)
        first.process.terminate()
        await first.process.wait()
        async with first.restarted():
            pressed = await first.sandbox.discord.press(
                message, custom_id_starting(message, "describe:again")
            )
            await final_message(pressed, 30)

    assert "Written by AI (EurIA)" in message.text


async def test_direct_message_is_answered_as_a_search(bot: RunningBot) -> None:
    exchange = await bot.sandbox.discord.send_message("abbey road")

    await exchange.wait_until(lambda e: bool(e.messages) and "Abbey Road" in e.last.text, 10)

    assert exchange.messages == [exchange.last]
    assert "The Beatles" in exchange.last.text


async def test_messages_of_a_server_are_not_read(bot: RunningBot) -> None:
    await bot.sandbox.discord.send_message("abbey road", channel="general")
    await final_message(await bot.command("status"))

    assert bot.sandbox.spotify.requests == []
    assert bot.sandbox.discogs.requests == []


async def test_status_and_help_are_seen_by_the_asker_only(bot: RunningBot) -> None:
    status = await final_message(await bot.command("status"))
    help_message = await final_message(await bot.command("help"))

    assert status.ephemeral
    assert "🟢 **Discogs**" in status.text
    assert help_message.ephemeral
    assert "/search" in help_message.text


async def test_answers_are_french_for_a_french_user(bot: RunningBot) -> None:
    exchange = await bot.sandbox.discord.run_command(
        "search", {"query": "moon safari"}, locale="fr"
    )

    message = await final_message(exchange)

    assert "Résultats" in message.text


async def test_every_command_works_where_the_bot_is_only_user_installed(bot: RunningBot) -> None:
    exchange = await bot.sandbox.discord.run_command(
        "search", {"query": "moon safari"}, channel="group"
    )

    message = await final_message(exchange)

    assert "Moon Safari" in message.text


async def test_many_people_at_once_are_all_answered(start_bot: BotFactory) -> None:
    queries = ["abbey road", "homogenic", "moon safari", "nevermind", "blue train", "mezzanine"]
    async with start_bot({"DISCOGS_DEADLINE_SECONDS": "10"}) as bot:
        exchanges = await asyncio.gather(*(bot.command("search", query=q) for q in queries))
        messages = [await final_message(exchange, 15) for exchange in exchanges]

    assert all("discogs.com/release" in message.text for message in messages)
