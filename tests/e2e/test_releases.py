"""``/release`` through the real bot and the sandbox's Discogs: queries, menus, buttons, outages."""

import re
from pathlib import Path

import pytest
from harness.bots import BotFactory, RunningBot, eventually, final_message
from harness.people import allowed, button_id, linked, said, sync

from bot.sandbox.discord import Message
from bot.sandbox.faults import Fault, FaultKind

OWNER, PRIVATE = "crate_digger", "private_paul"
MONO, CD, REISSUE = 1705694, 3552309, 3747656  # pressings of Kind Of Blue
MASTER = 359240
DOWN = Fault(kind=FaultKind.STATUS, status=503)


def owned(bot: RunningBot, release_id: int, username: str = PRIVATE) -> int:
    return len(bot.sandbox.discogs.people[username].collection.copies_of(release_id))


def asked(bot: RunningBot, path: str) -> int:
    return sum(request.path == path for request in bot.sandbox.discogs.requests)


async def pressed(bot: RunningBot, message: Message, prefix: str) -> Message:
    """Press a button whose answer is a message of its own."""
    exchange = await bot.sandbox.discord.press(message, button_id(message, f"{prefix}:"))
    return await final_message(exchange)


async def confirmed(bot: RunningBot, question: Message, prefix: str = "release:add-yes") -> str:
    """Say yes; returns what the question became."""
    exchange = await bot.sandbox.discord.press(question, button_id(question, f"{prefix}:"))
    await exchange.wait_until(lambda _: not question.buttons, 15)
    return question.text


# --- What can be asked


@pytest.mark.parametrize(
    ("query", "reading", "release_id"),
    [
        pytest.param(str(MONO), "Found by its number on Discogs", MONO, id="id"),
        pytest.param(f"[r{CD}]", "Found by its number on Discogs", CD, id="marked id"),
        pytest.param(
            f"https://www.discogs.com/release/{REISSUE}-Miles-Davis-Kind-Of-Blue",
            "Found by its number on Discogs",
            REISSUE,
            id="page of a release",
        ),
        pytest.param(
            f"https://www.discogs.com/master/{MASTER}-Miles-Davis-Kind-Of-Blue",
            "Found by its master: this is the main pressing",
            MONO,
            id="page of a master",
        ),
        pytest.param("0 74646-49352 6", "Found by its barcode", CD, id="barcode"),
        pytest.param("ck64935", "Found by its catalogue number", CD, id="catalogue number"),
        pytest.param("miles davis kind of blue", "Best match for", MONO, id="words"),
    ],
)
async def test_release_is_found_by_whatever_names_it(
    bot: RunningBot, query: str, reading: str, release_id: int
) -> None:
    message = await said(bot, "release", query=query)

    assert message.text.startswith(reading)
    assert f"https://www.discogs.com/release/{release_id}" in message.text
    assert "Kind Of Blue" in message.text
    assert "Freddie Freeloader" in message.text
    assert "Data provided by Discogs" in message.text


async def test_card_tells_tracks_small_print_and_price(bot: RunningBot) -> None:
    message = await said(bot, "release", query=str(MONO))

    assert "Columbia – CL 1355 · 1959 · US" in message.text
    assert "Vinyl, LP, Album, Mono" in message.text
    assert "`A1` So What · 9:22" in message.text
    assert "Pressed By: " in message.text
    assert "Matrix / Runout (Side A): CL1355-A1" in message.text
    assert re.search(
        r"\[42 for sale\]\(\S+/sell/release/1705694\) from \*\*\$9\.55\*\*", message.text
    )


async def test_what_is_no_barcode_is_looked_for_in_other_ways(bot: RunningBot) -> None:
    message = await said(bot, "release", query="12345678")

    assert "Nothing to show for **12345678**" in message.text
    assert "https://www.discogs.com/search/?q=12345678" in message.text
    searches = [r.query for r in bot.sandbox.discogs.requests if r.path == "/database/search"]
    assert [next(k for k in ("barcode", "catno", "q") if k in query) for query in searches] == [
        "barcode",
        "catno",
        "q",
    ]


async def test_release_that_is_gone_is_said_to_be(bot: RunningBot) -> None:
    message = await said(bot, "release", query="r9999999999")

    assert message.ephemeral
    assert "Discogs has no such entry" in message.text


async def test_without_a_token_releases_work_and_searches_name_the_setting(
    start_bot: BotFactory,
) -> None:
    async with start_bot({"DISCOGS_TOKEN": ""}) as bot:
        by_id = await said(bot, "release", query=str(MONO))
        by_words = await said(bot, "release", query="kind of blue")

    assert "Kind Of Blue" in by_id.text
    assert by_words.ephemeral
    assert "`DISCOGS_TOKEN`" in by_words.text


async def test_price_is_in_the_askers_currency(bot: RunningBot) -> None:
    discord = bot.sandbox.discord
    british = await discord.run_command("release", {"query": str(MONO)}, locale="en-GB")
    british_text = (await final_message(british)).text
    french = await discord.run_command("release", {"query": str(MONO)}, locale="fr")
    french_text = (await final_message(french)).text
    bot.sandbox.discogs.people[OWNER].currency = "CHF"
    await linked(bot, OWNER)

    own = await said(bot, "release", query=str(MONO))

    assert "from **£7.54**" in british_text
    assert "**8,79\N{NO-BREAK SPACE}€**" in french_text
    assert "from **CHF" in own.text


# --- Menus


async def test_pressing_and_match_are_picked_after_a_restart_by_the_asker_alone(
    start_bot: BotFactory, tmp_path: Path
) -> None:
    folder = {"DATA_DIR": str(tmp_path / "data")}
    async with start_bot(folder) as bot:
        message = await said(bot, "release", query="kind of blue")
        first = message.text
        pressings, others = (str(menu["custom_id"]) for menu in message.selects)
        bot.process.terminate()
        await bot.process.wait()
        async with bot.restarted(folder):
            discord = bot.sandbox.discord
            theirs = await discord.choose(message, pressings, [str(CD)], user="bob")
            told = await final_message(theirs)
            before = message.text
            picked = await discord.choose(message, pressings, [str(CD)])
            await picked.wait_until(lambda _: "CK 64935 · 1997" in message.text, 10)
            await picked.wait_until(lambda _: len(message.selects) == 2, 10)
            again = await discord.choose(message, others, [str(REISSUE)])
            await again.wait_until(lambda _: "Music On Vinyl" in message.text, 10)

    assert told.ephemeral
    assert "This belongs to whoever asked for it" in told.text
    assert before == first


# --- What the asker has


async def test_badges_tell_what_the_asker_has(bot: RunningBot) -> None:
    shelf = bot.sandbox.discogs.people[OWNER].collection
    await linked(bot, OWNER)
    owned_id = shelf.item(0).pressing.edition.release_id
    times = len(shelf.copies_of(owned_id))

    mine = await said(bot, "release", query=str(owned_id))
    hers = await said(bot, "release", "bob", query=str(owned_id))

    assert (
        "✅ In your collection" if times == 1 else f"✅ In your collection, {times}×"
    ) in mine.text
    assert "In your collection" not in hers.text


async def test_what_is_proven_is_answered_to_its_owner_alone(bot: RunningBot) -> None:
    await allowed(bot, PRIVATE)

    message = await said(bot, "release", query=str(MONO))

    assert message.ephemeral


async def test_release_is_added_once_however_often_yes_is_pressed(bot: RunningBot) -> None:
    await allowed(bot, PRIVATE)
    await sync(bot)
    before = owned(bot, MONO)
    card = await said(bot, "release", query=str(MONO))
    question = await pressed(bot, card, "release:add")
    yes = button_id(question, "release:add-yes:")
    discord = bot.sandbox.discord

    exchanges = [await discord.press(question, yes) for _ in range(2)]
    for exchange in exchanges:
        await exchange.wait_until(lambda _: not question.buttons, 15)
    await eventually(lambda: asked_to_add(bot) >= 1)
    card = await said(bot, "release", query=str(MONO))

    assert question.ephemeral
    assert owned(bot, MONO) == before + 1
    assert asked_to_add(bot) == 1
    assert "✅ In your collection" in card.text


def asked_to_add(bot: RunningBot) -> int:
    path = f"/users/{PRIVATE}/collection/folders/1/releases/{MONO}"
    return sum((r.method, r.path) == ("POST", path) for r in bot.sandbox.discogs.requests)


async def test_release_is_added_after_a_restart_and_never_by_a_stranger(
    start_bot: BotFactory, tmp_path: Path
) -> None:
    folder = {"DATA_DIR": str(tmp_path / "data")}
    async with start_bot(folder) as bot:
        await linked(bot, OWNER)  # the operator's own account: by name, and may be changed
        before = owned(bot, MONO, OWNER)
        card = await said(bot, "release", query=str(MONO))
        bot.process.terminate()
        await bot.process.wait()
        async with bot.restarted(folder):
            question = await pressed(bot, card, "release:add")
            text = await confirmed(bot, question)

        assert "✅ Added to your collection on Discogs." in text
        assert owned(bot, MONO, OWNER) == before + 1


async def test_who_has_not_linked_or_may_only_look_is_told_how(bot: RunningBot) -> None:
    card = await said(bot, "release", query=str(MONO))
    unlinked = await pressed(bot, card, "release:add")
    await linked(bot, "Tape.Hiss-88")
    read_only = await pressed(bot, card, "release:add")

    assert unlinked.ephemeral
    assert "You haven't linked your Discogs account yet" in unlinked.text
    assert "I may only look at your Discogs account" in read_only.text
    assert card.text.startswith("Found by its number")


@pytest.mark.parametrize(
    ("status", "told", "added"),
    [
        pytest.param(401, "Kept here only: Discogs wouldn't take it", 0, id="refused"),
        pytest.param(404, "Nothing was added.", 0, id="gone"),
        pytest.param(
            422, "Discogs doesn't take this release. Nothing was added.", 0, id="not taken"
        ),
        pytest.param(503, "I'll add it there by myself", 0, id="down"),
    ],
)
async def test_failed_addition_is_told_as_it_is(
    bot: RunningBot, status: int, told: str, added: int
) -> None:
    await allowed(bot, PRIVATE)
    await sync(bot)
    before = owned(bot, MONO)
    card = await said(bot, "release", query=str(MONO))
    question = await pressed(bot, card, "release:add")
    bot.sandbox.discogs.faults.set(Fault(kind=FaultKind.STATUS, status=status))

    text = await confirmed(bot, question)

    assert told in text
    assert owned(bot, MONO) == before + added


async def test_description_is_written_beside_the_release_from_its_facts(bot: RunningBot) -> None:
    card = await said(bot, "release", query=str(CD))
    before = card.text

    text = await pressed(bot, card, "describe:release")

    assert "Kind Of Blue – Miles Davis" in text.text
    assert "Written by AI" in text.text
    assert card.text == before
    assert "Data provided by Discogs" in text.text


# --- Suggestions


async def test_suggestions_are_what_was_looked_at_and_owned_without_asking_anybody(
    bot: RunningBot,
) -> None:
    await linked(bot, OWNER)
    await said(bot, "release", query=str(CD))
    discord = bot.sandbox.discord
    before = len(bot.sandbox.discogs.requests)

    recent = await discord.autocomplete("release", "query", "")
    typed = await discord.autocomplete("release", "query", "mil kin")
    bobs = await discord.autocomplete("release", "query", "", user="bob")

    assert str(recent[0].value) == str(CD)
    assert len(recent) == 25
    assert str(typed[0].value) == str(CD)
    assert bobs == []
    assert len(bot.sandbox.discogs.requests) == before


# --- When Discogs is away


async def test_outage_shows_what_was_said_last_with_its_age(bot: RunningBot) -> None:
    await said(bot, "release", query=str(MONO))
    await bot.sandbox.discord.run_command("status")
    bot.sandbox.discogs.faults.set(DOWN)

    kept = await said(bot, "release", query=str(MONO))
    unknown = await said(bot, "release", query=str(CD))

    assert "Kind Of Blue" in kept.text
    assert "from **$9.55**" in kept.text
    assert "asked <t:" in kept.text
    assert unknown.ephemeral
    assert "Discogs isn't answering right now." in unknown.text
