"""``/release`` through the real bot and the sandbox's Discogs: queries, menus, buttons, outages."""

from pathlib import Path

import pytest
from harness.bots import BotFactory, RunningBot, eventually, final_message
from harness.talking import allowed, button_id, linked, said, sync

from bot.sandbox.discord import Message
from bot.sandbox.faults import Fault, FaultKind

OWNER, PRIVATE, READER = "crate_digger", "private_paul", "Tape.Hiss-88"
MONO, CD, REISSUE = 1705694, 3552309, 3747656  # pressings of Kind Of Blue
PAGE, MASTER_PAGE = (
    f"https://www.discogs.com/release/{REISSUE}-Miles-Davis-Kind-Of-Blue",
    "https://www.discogs.com/master/359240-Miles-Davis-Kind-Of-Blue",
)
QUERIES = {
    str(MONO): ("Found by its number on Discogs", MONO),
    f"[r{CD}]": ("Found by its number on Discogs", CD),
    PAGE: ("Found by its number on Discogs", REISSUE),
    MASTER_PAGE: ("Found by its master: this is the main pressing", MONO),
    "0 74646-49352 6": ("Found by its barcode **0 74646-49352 6**", CD),
    "ck64935": ("Found by its catalogue number **ck64935**", CD),
    "miles davis kind of blue": ("Best match for **miles davis kind of blue**", MONO),
}


def owned(bot: RunningBot, username: str = PRIVATE) -> int:
    return len(bot.sandbox.discogs.people[username].collection.copies_of(MONO))


def down(status: int) -> Fault:
    return Fault(kind=FaultKind.STATUS, status=status)


async def asked(bot: RunningBot, message: Message, prefix: str) -> Message:
    """Press a button whose answer is a message of its own."""
    exchange = await bot.sandbox.discord.press(message, button_id(message, f"{prefix}:"))
    return await final_message(exchange)


async def confirmed(bot: RunningBot, card: Message) -> str:
    """Add the release of a card; returns what the question became."""
    question = await asked(bot, card, "release:add")
    yes = button_id(question, "release:add-yes:")
    exchange = await bot.sandbox.discord.press(question, yes)
    await exchange.wait_until(lambda _: not question.buttons, 15)
    return question.text


@pytest.mark.long
async def test_release_is_found_by_whatever_names_it(bot: RunningBot) -> None:
    texts = {query: (await said(bot, "release", query=query)).text for query in QUERIES}
    nothing = await said(bot, "release", query="12345678")
    gone = await said(bot, "release", query="r9999999999")

    assert {query: text.split("\n")[0] for query, text in texts.items()} == {
        query: reading for query, (reading, _) in QUERIES.items()
    }
    assert [
        query
        for query, (_, release_id) in QUERIES.items()
        if f"## [Kind Of Blue](https://www.discogs.com/release/{release_id})" not in texts[query]
    ] == []
    assert "Nothing to show for **12345678**" in nothing.text
    assert "https://www.discogs.com/search/?q=12345678" in nothing.text
    assert gone.ephemeral
    assert "Discogs has no such entry" in gone.text


async def test_card_tells_tracks_small_print_and_the_price_in_the_askers_currency(
    bot: RunningBot,
) -> None:
    discord, query = bot.sandbox.discord, {"query": str(MONO)}
    american = (await said(bot, "release", query=str(MONO))).text
    british = await final_message(await discord.run_command("release", query, locale="en-GB"))
    french = await final_message(await discord.run_command("release", query, locale="fr"))
    bot.sandbox.discogs.people[READER].currency = "CHF"
    await said(bot, "account link-discogs", username=READER)
    own = await said(bot, "release", query=str(MONO))

    assert "Columbia – CL 1355 · 1959 · US" in american
    assert "`A1` So What · 9:22" in american
    assert "Pressed By: Optimal Media GmbH" in american
    assert "Tenor Saxophone: John Coltrane" in american
    assert "Matrix / Runout (Side A): CL1355-A1" in american
    assert "[42 for sale](https://www.discogs.com/sell/release/1705694) from **$9.55**" in american
    assert "asked <t:" in american
    assert "[Data provided by Discogs](https://www.discogs.com/release/1705694)" in american
    assert "from **£7.54**" in british.text
    assert "**8,79\N{NO-BREAK SPACE}€**" in french.text
    assert "from **CHF8.40**" in own.text


async def test_without_a_token_releases_work_and_searches_name_the_setting(
    start_bot: BotFactory,
) -> None:
    async with start_bot({"DISCOGS_TOKEN": ""}) as bot:
        by_id = await said(bot, "release", query=str(MONO))
        by_words = await said(bot, "release", query="kind of blue")

    assert "Kind Of Blue" in by_id.text
    assert by_words.ephemeral
    assert "`DISCOGS_TOKEN`" in by_words.text


async def test_menus_and_buttons_work_after_a_restart_and_only_for_the_asker(
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
            theirs = [
                await discord.choose(message, pressings, [str(CD)], user="bob"),
                await discord.press(message, button_id(message, "release:add"), user="bob"),
                await discord.press(message, button_id(message, "describe:about"), user="bob"),
            ]
            told = [await final_message(each) for each in theirs]
            untouched = message.text
            picked = await discord.choose(message, pressings, [str(CD)])
            await picked.wait_until(lambda _: "CK 64935 · 1997" in message.text, 10)
            await picked.wait_until(lambda _: len(message.selects) == 2, 10)
            again = await discord.choose(message, others, [str(REISSUE)])
            await again.wait_until(lambda _: "Music On Vinyl" in message.text, 10)
            unlinked = await asked(bot, message, "release:add")
            await said(bot, "account link-discogs", username=READER)
            read_only = await asked(bot, message, "release:add")

    assert [each.ephemeral for each in told] == [True, True, True]
    assert "This belongs to whoever asked for it" in told[0].text
    assert untouched == first
    assert "You haven't linked your Discogs account yet" in unlinked.text
    assert "I may only look at your Discogs account" in read_only.text


async def test_release_is_added_once_and_the_card_knows_it_then(bot: RunningBot) -> None:
    await allowed(bot, PRIVATE)
    await sync(bot)
    before, discord = owned(bot), bot.sandbox.discord
    card = await said(bot, "release", query=str(MONO))
    question = await asked(bot, card, "release:add")
    yes = button_id(question, "release:add-yes:")

    presses = [await discord.press(question, yes) for _ in range(2)]
    for press in presses:
        await press.wait_until(lambda _: not question.buttons, 15)
        await press.wait_acknowledged(3)
    after = await said(bot, "release", query=str(MONO))
    strangers = await said(bot, "release", "bob", query=str(MONO))

    assert (card.ephemeral, question.ephemeral) == (True, True)  # the account is proven
    assert owned(bot) == before + 1
    assert "✅ In your collection" in after.text
    assert "In your collection" not in strangers.text
    assert not strangers.ephemeral


@pytest.mark.long
async def test_failed_addition_is_told_as_it_is(bot: RunningBot) -> None:
    await allowed(bot, PRIVATE)
    await sync(bot)
    before, faults = owned(bot), bot.sandbox.discogs.faults
    card = await said(bot, "release", query=str(MONO))
    told = []

    for status in (404, 422, 401, 503):
        faults.set(down(status))
        told.append(await confirmed(bot, card))

    expected = (
        "Discogs has no such entry; it may have been deleted. Nothing was added.",
        "Discogs doesn't take this release. Nothing was added.",
        "Kept here only: Discogs wouldn't take it from me. `/account link-discogs` renews",
        "It's kept here, and I'll add it there by myself once it answers.",
    )
    assert [words in text for words, text in zip(expected, told, strict=True)] == [True] * 4
    assert owned(bot) == before


async def test_description_is_written_beside_the_release_from_its_facts(bot: RunningBot) -> None:
    card = await said(bot, "release", query=str(CD))
    # The year of the music and the other pressings come a little later.
    await eventually(lambda: "in 1959" in card.text and "pick another" in card.text)
    before = card.text

    written = await asked(bot, card, "describe:about")

    assert written.text.startswith("## Miles Davis – Kind Of Blue")
    assert "Written by AI" in written.text
    assert f"[Data provided by Discogs](https://www.discogs.com/release/{CD})" in written.text
    assert card.text == before


@pytest.mark.long
async def test_description_below_a_card_for_one_is_for_that_one_as_well(bot: RunningBot) -> None:
    await allowed(bot, PRIVATE)
    card = await said(bot, "release", query=str(CD))

    written = await asked(bot, card, "describe:about")

    assert (card.ephemeral, written.ephemeral) == (True, True)
    assert "Written by AI" in written.text


@pytest.mark.long
async def test_suggestions_are_what_was_looked_at_and_owned_without_asking_anybody(
    bot: RunningBot,
) -> None:
    await linked(bot, OWNER)
    await said(bot, "release", query=str(CD))
    discord, before = bot.sandbox.discord, len(bot.sandbox.discogs.requests)

    recent = await discord.autocomplete("release", "query", "")
    typed = await discord.autocomplete("release", "query", "mil kin")
    bobs = await discord.autocomplete("release", "query", "", user="bob")

    assert (str(recent[0].value), str(typed[0].value)) == (str(CD), str(CD))
    assert len(recent) == 25
    assert bobs == []
    assert len(bot.sandbox.discogs.requests) == before


async def test_outage_shows_what_was_said_last_and_how_old_the_price_is(bot: RunningBot) -> None:
    before = await said(bot, "release", query=str(MONO))
    bot.sandbox.discogs.faults.set(down(503))

    kept = await said(bot, "release", query=str(MONO))
    unknown = await said(bot, "release", query=str(CD))

    assert "from **$9.55** · asked <t:" in kept.text
    assert kept.text == before.text
    assert unknown.ephemeral
    assert "Discogs isn't answering right now." in unknown.text
