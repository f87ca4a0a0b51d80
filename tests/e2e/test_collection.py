"""A Discogs account from linking to unlinking, through the real bot and the sandbox's Discogs."""

import re
from typing import Any

import aiohttp
import pytest
from harness.bots import BotFactory, RunningBot, final_message
from harness.talking import (
    allowed,
    authorize_url,
    button_id,
    is_over,
    linked,
    request_token,
    said,
    sync,
)

from bot.sandbox.discord import Message
from bot.sandbox.faults import Fault, FaultKind

SMALL, LARGE, EMPTY, PRIVATE, OWNER = (
    "Tape.Hiss-88",
    "vinyl_marie",
    "empty_shelf",
    "private_paul",
    "crate_digger",
)
CALLBACK = {"WEB_PUBLIC_URL": "https://bot.example"}
NOT_LINKED = "You haven't linked your Discogs account yet"


async def exported(bot: RunningBot, kind: str, user: str = "alice") -> str:
    [file] = (await said(bot, "collection export", user, format=kind)).attachments
    return file.data.decode()


# --- Linking


async def test_collection_asks_to_link_first_and_says_how(bot: RunningBot) -> None:
    message = await said(bot, "collection browse")

    assert message.ephemeral
    assert NOT_LINKED in message.text
    assert "`/account link-discogs`" in message.text


async def test_public_collection_is_linked_by_name_read_and_shown(bot: RunningBot) -> None:
    await linked(bot, SMALL)

    page = await said(bot, "collection browse")

    assert not page.ephemeral  # what a link by name shows is public
    assert f"{SMALL}'s collection" in page.text
    assert page.text.count("https://www.discogs.com/release/") == 3
    assert "3 records · checked <t:" in page.text
    assert "[Data provided by Discogs](https://www.discogs.com/user/Tape.Hiss-88/" in page.text


async def test_account_is_proven_by_the_code_that_discogs_shows(bot: RunningBot) -> None:
    panel = await allowed(bot, PRIVATE)
    ended = await sync(bot)

    page = await said(bot, "collection browse")

    assert panel.ephemeral
    assert "You've proven that it's yours" in panel.text
    assert "60 records are stored here" in ended.text
    assert page.ephemeral  # what only the owner may see
    assert "Page 1 of 10 · 60 records" in page.text


async def test_account_is_proven_by_the_callback_once_its_person_confirms(
    start_bot: BotFactory,
) -> None:
    async with start_bot(CALLBACK) as bot, aiohttp.ClientSession() as browser:
        _, url = await authorize_url(bot)
        token = request_token(url)
        verifier = bot.sandbox.discogs.oauth.allow(token, PRIVATE)
        found = re.search(r"health pages at (http://\S+)/healthz", bot.log)
        assert found is not None
        page = f"{found[1]}/callback/discogs"
        fields = {"oauth_token": token, "oauth_verifier": verifier}

        async with browser.get(page, params=fields) as answer:
            question, asked = await answer.text(), answer
        before = await said(bot, "account show")
        async with browser.post(page, data=fields) as answer:
            done = await answer.text()
        async with browser.post(page, data=fields) as answer:
            again = answer.status
        after = await said(bot, "account show")

        assert "Is this you?" in question
        assert "@alice" in question
        assert asked.headers["Cache-Control"] == "no-store"
        assert "not linked" in before.text
        assert "private_paul is linked" in done
        assert again == 410
        assert "You've proven that it's yours" in after.text
        assert token not in bot.log
        assert verifier not in bot.log


async def test_callback_of_a_refusal_links_nothing(start_bot: BotFactory) -> None:
    async with start_bot(CALLBACK) as bot, aiohttp.ClientSession() as browser:
        await authorize_url(bot)
        found = re.search(r"health pages at (http://\S+)/healthz", bot.log)
        assert found is not None

        async with browser.get(f"{found[1]}/callback/discogs?denied=x") as answer:
            page = await answer.text()

        assert "nothing was linked" in page
        assert "not linked" in (await said(bot, "account show")).text


async def test_operator_needs_no_oauth_for_the_account_of_the_token(bot: RunningBot) -> None:
    operators = await said(bot, "account link-discogs", username=OWNER)
    strangers = await said(bot, "account link-discogs", "bob", username=OWNER)

    assert "You've proven that it's yours" in operators.text
    assert "By name only" in strangers.text


async def test_private_collection_cannot_be_read_by_its_name(bot: RunningBot) -> None:
    message = await said(bot, "account link-discogs", username=PRIVATE)

    assert "its collection is private" in message.text


async def test_unknown_name_is_not_linked(bot: RunningBot) -> None:
    message = await said(bot, "account link-discogs", username="nobody_at_all")

    assert "Discogs knows nobody called" in message.text
    assert "not linked" in (await said(bot, "account show")).text


# --- Reading and showing


async def test_sync_shows_how_far_it_is_and_can_be_cancelled(bot: RunningBot) -> None:
    await said(bot, "account link-discogs", username=LARGE)
    exchange = await bot.sandbox.discord.run_command("collection sync")
    await exchange.wait_until(lambda e: bool(e.messages) and "of 1,250 records" in e.last.text, 20)
    running = exchange.last.text

    await bot.sandbox.discord.press(exchange.last, button_id(exchange.last, "collection:cancel"))
    await exchange.wait_until(is_over, 20)

    assert "▰" in running
    assert exchange.last.text.startswith("⏹️ Cancelled")


async def test_empty_collection_says_so(bot: RunningBot) -> None:
    await linked(bot, EMPTY)

    page = await said(bot, "collection browse")

    assert "It's empty so far" in page.text


@pytest.mark.long
async def test_page_buttons_work_after_a_restart_and_only_for_the_asker(
    start_bot: BotFactory,
    tmp_path: Any,  # noqa: ANN401  # pytest's path
) -> None:
    folder = {"DATA_DIR": str(tmp_path / "data")}
    async with start_bot(folder) as bot:
        await linked(bot, OWNER)
        page = await said(bot, "collection browse", format="Vinyl", sort="title")
        first = page.text
        bot.process.terminate()
        await bot.process.wait()
        async with bot.restarted(folder):
            discord = bot.sandbox.discord
            turned = await discord.press(page, button_id(page, "collection:page", place=":2:2"))
            await turned.wait_until(lambda _: "Page 2 of" in page.text, 10)

    assert "Page 1 of" in first
    assert "🔎 Vinyl" in page.text


async def test_stranger_who_presses_a_button_is_told_off_alone(bot: RunningBot) -> None:
    await linked(bot, SMALL)
    message = await said(bot, "collection random")
    before = message.text

    pressed = await bot.sandbox.discord.press(
        message, button_id(message, "collection:random"), user="bob"
    )
    told = await final_message(pressed)

    assert told.ephemeral
    assert "This belongs to whoever asked for it" in told.text
    assert message.text == before


async def test_public_page_of_a_link_by_name_never_turns_private_in_the_channel(
    bot: RunningBot,
) -> None:
    await linked(bot, SMALL)
    message = await said(bot, "collection random")
    before = message.text
    await allowed(bot, SMALL)  # the same account, now proven

    pressed = await bot.sandbox.discord.press(message, button_id(message, "collection:random"))
    answer = await final_message(pressed)

    assert not message.ephemeral
    assert answer.ephemeral
    assert "🎲" in answer.text
    assert message.text == before


async def test_outage_shows_what_was_read_last_and_its_age(bot: RunningBot) -> None:
    await linked(bot, SMALL)
    bot.sandbox.discogs.faults.set(Fault(kind=FaultKind.STATUS, status=503))

    ended = await sync_in_vain(bot)
    page = await said(bot, "collection browse")

    assert "Discogs isn't answering right now." in ended.text
    assert page.text.count("https://www.discogs.com/release/") == 3
    assert "Showing your collection as of <t:" in page.text


async def sync_in_vain(bot: RunningBot) -> Message:
    exchange = await bot.sandbox.discord.run_command("collection sync", {"full": True})
    await exchange.wait_until(lambda e: bool(e.messages) and "isn't answering" in e.last.text, 30)
    return exchange.last


# --- Changing


async def test_record_is_added_in_a_form_and_removed_again_on_discogs(bot: RunningBot) -> None:
    await linked(bot, OWNER)
    discord, owner = bot.sandbox.discord, bot.sandbox.discogs.people[OWNER]
    before = owner.collection.count(0)
    form = await discord.run_command("collection add")
    await form.wait_acknowledged(3)

    sent = await discord.submit_modal(
        form,
        {
            "artist": "Somebody",
            "title": "Something",
            "release": "https://www.discogs.com/release/996121",
        },
    )
    added = await final_message(sent)
    there = owner.collection.count(0)
    [choice] = [
        each
        for each in await discord.autocomplete("collection remove", "item", "neu")
        if "Neu!" in each.name
    ][:1]
    asked = await said(bot, "collection remove", item=str(choice.value))
    pressed = await discord.press(asked, button_id(asked, "collection:remove"))
    await pressed.wait_until(lambda _: "Removed from your collection" in asked.text, 10)

    assert added.ephemeral
    assert "✅ Added to your collection on Discogs." in added.text
    assert there == before + 1
    assert owner.collection.count(0) == before


async def test_record_of_a_link_by_name_is_kept_here_and_said_so(bot: RunningBot) -> None:
    await linked(bot, SMALL)

    added = await said(bot, "collection add", artist="Me", title="Mine")
    page = await said(bot, "collection browse", text="mine")
    theirs = await said(bot, "collection remove", item="blue")

    assert "Kept here only: I may not write" in added.text
    assert "**Me – Mine**" in page.text
    assert "📝 only kept here" in page.text
    assert "I may not change anything there" in theirs.text


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        pytest.param("csv", b"Catalog#,Artist,", id="csv"),
        pytest.param("json", b"{", id="json", marks=pytest.mark.long),
        pytest.param("markdown", b"# ", id="markdown", marks=pytest.mark.long),
    ],
)
async def test_export_is_a_file_for_the_asker_alone(
    bot: RunningBot, kind: str, start: bytes
) -> None:
    await linked(bot, SMALL)

    message = await said(bot, "collection export", format=kind)

    [file] = message.attachments
    assert message.ephemeral
    assert "3 records" in message.content
    assert file.data.startswith(start)
    assert b"Joni Mitchell" in file.data


async def test_unlinking_deletes_what_was_stored(bot: RunningBot) -> None:
    await linked(bot, SMALL)
    asked = await said(bot, "account unlink", service="discogs")

    pressed = await bot.sandbox.discord.press(asked, button_id(asked, "account:unlink"))
    await pressed.wait_until(lambda _: "everything I kept of it is deleted" in asked.text, 10)

    assert "3 records that I keep of it are deleted" not in asked.text
    assert NOT_LINKED in (await said(bot, "collection browse")).text
    assert await bot.sandbox.discord.autocomplete("collection remove", "item", "") == []


# --- Isolation


async def test_bob_reaches_nothing_of_alices_private_collection(bot: RunningBot) -> None:
    await allowed(bot, PRIVATE)
    await sync(bot)
    await linked(bot, SMALL, "bob")
    discord = bot.sandbox.discord
    hers = await discord.autocomplete("collection remove", "item", "")
    random = await said(bot, "collection random")
    page = await said(bot, "collection browse")

    seen = [
        (await said(bot, "collection browse", "bob")).text,
        (await said(bot, "collection browse", "bob", text=hers[0].name.split(" – ")[0])).text,
        (await said(bot, "collection random", "bob")).text,
        (await said(bot, "account show", "bob")).text,
        (await said(bot, "collection remove", "bob", item=str(hers[0].value))).text,
        await exported(bot, "json", "bob"),
        *[
            str(await discord.autocomplete(name, option, "", user="bob"))
            for name, option in (
                ("collection remove", "item"),
                ("collection browse", "label"),
                ("collection browse", "folder"),
                ("collection random", "style"),
            )
        ],
    ]

    titles = {each.name.split(" · ")[0] for each in hers}
    owned = await discord.autocomplete("collection remove", "item", "", user="bob")
    his = {each.name.split(" · ")[0] for each in owned}

    assert len(titles) > 20
    assert [title for title in titles - his for text in seen if title in text] == []
    assert not any(PRIVATE in text for text in seen)
    for message in (random, page):  # he cannot even see them
        with pytest.raises(ValueError, match="visible to bob"):
            await discord.press(message, str(message.buttons[-1]["custom_id"]), user="bob")
