"""A wantlist looked at and changed through the real bot and the sandbox's Discogs."""

from typing import Any

import pytest
from harness.bots import BotFactory, RunningBot, final_message
from harness.talking import button_id, said

from bot.sandbox.catalogue import CollectionItem
from bot.sandbox.discogs.people import Person
from bot.sandbox.discord import Message
from bot.sandbox.faults import Fault, FaultKind

OWNER, NEIGHBOUR, EMPTY = "crate_digger", "vinyl_marie", "empty_shelf"


async def linked(bot: RunningBot, username: str, user: str = "alice") -> None:
    message = await said(bot, "account link-discogs", user, username=username)
    assert message.text.startswith("✅"), message.text


async def synced(bot: RunningBot) -> Message:
    exchange = await bot.sandbox.discord.run_command("collection sync")
    await exchange.wait_until(
        lambda e: bool(e.messages) and e.last.text.startswith(("✅", "⚠️")), 30
    )
    return exchange.last


def owner(bot: RunningBot) -> Person:
    return bot.sandbox.discogs.people[OWNER]


def wanted(bot: RunningBot) -> list[int]:
    return [wish.pressing.edition.release_id for wish in owner(bot).wants]


def name_of(wish: CollectionItem) -> str:
    return wish.pressing.album.title


async def test_wantlist_asks_to_link_first(bot: RunningBot) -> None:
    message = await said(bot, "wantlist browse")

    assert message.ephemeral
    assert "`/account link-discogs`" in message.text


async def test_wantlist_of_a_link_by_name_is_public_and_cannot_be_changed(bot: RunningBot) -> None:
    await linked(bot, NEIGHBOUR)

    page = await said(bot, "wantlist browse")
    add = await said(bot, "wantlist add", release="249504")
    remove = await said(bot, "wantlist remove", item="x")

    assert not page.ephemeral
    assert "vinyl\\_marie's wantlist" in page.text
    assert "Page 1 of 7 · 40 records · checked <t:" in page.text
    assert "[Data provided by Discogs](https://www.discogs.com/wantlist?user=vinyl_marie" in (
        page.text
    )
    for refused in (add, remove):
        assert refused.ephemeral
        assert "I may not change your wantlist on Discogs" in refused.text


async def test_empty_wantlist_says_so(bot: RunningBot) -> None:
    await linked(bot, EMPTY)

    assert "It's empty. Add records" in (await said(bot, "wantlist browse")).text


@pytest.mark.long
async def test_page_buttons_work_after_a_restart_and_only_for_the_asker(
    start_bot: BotFactory,
    tmp_path: Any,  # noqa: ANN401  # pytest's path
) -> None:
    folder = {"DATA_DIR": str(tmp_path / "data")}
    async with start_bot(folder) as bot:
        await linked(bot, NEIGHBOUR)
        page = await said(bot, "wantlist browse", sort="title")
        first = page.text
        bot.process.terminate()
        await bot.process.wait()
        async with bot.restarted(folder):
            discord = bot.sandbox.discord
            turn = button_id(page, "wantlist:page", place=":2:2")
            told = await final_message(await discord.press(page, turn, user="bob"))
            turned = await discord.press(page, turn)
            await turned.wait_until(lambda _: "Page 2 of" in page.text, 10)

    assert "Page 1 of" in first
    assert told.ephemeral
    assert "This belongs to whoever asked for it. Try `/wantlist browse`" in told.text


async def test_release_is_wished_for_and_taken_off_again_on_discogs(bot: RunningBot) -> None:
    await linked(bot, OWNER)
    await said(bot, "wantlist browse")
    before = wanted(bot)
    discord = bot.sandbox.discord

    question = await said(bot, "wantlist add", release="neu!")
    asked = question.text
    press = await discord.press(question, button_id(question, "wantlist:add"))
    await press.wait_until(lambda _: "It's on your wantlist" in question.text, 15)
    [new] = set(wanted(bot)) - set(before)
    choices = await discord.autocomplete("wantlist remove", "item", "neu")
    removal = await said(bot, "wantlist remove", item=str(choices[0].value))
    press = await discord.press(removal, button_id(removal, "wantlist:remove"))
    await press.wait_until(lambda _: "Taken off your wantlist" in removal.text, 15)

    assert question.ephemeral
    assert "Put this on your wantlist on Discogs?" in asked
    assert f"https://www.discogs.com/release/{new}" in asked
    assert [choice.value for choice in choices] == [str(new)]
    assert wanted(bot) == before
    assert await discord.autocomplete("wantlist remove", "item", "neu") == []


async def test_release_that_does_not_exist_is_not_wished_for(bot: RunningBot) -> None:
    await linked(bot, OWNER)

    by_number = await said(bot, "wantlist add", release="1")
    by_words = await said(bot, "wantlist add", release="zzzz qqqq")

    assert "I found no such release on Discogs" in by_number.text
    assert "I found no such release on Discogs" in by_words.text


@pytest.mark.long
async def test_what_is_owned_by_now_is_offered_after_a_sync_and_cleaned_up(bot: RunningBot) -> None:
    await linked(bot, OWNER)
    first, second, *others = owner(bot).wants
    for wish in (first, second):
        owner(bot).collection.add(wish.pressing.edition.release_id)
    await synced(bot)
    page = await said(bot, "wantlist browse")
    again = await synced(bot)
    discord = bot.sandbox.discord

    question = await final_message(await discord.press(again, button_id(again, "wantlist:clean:")))
    asked = question.text
    press = await discord.press(question, button_id(question, "wantlist:cleansame"))
    await press.wait_until(lambda _: "taken off your wantlist:" in question.text, 20)

    assert "✅ in your collection by now" in page.text
    # The other ones are there in another pressing.
    assert "✨ 11 records on your wantlist are in your collection by now." in again.text
    assert question.ephemeral
    assert all(name_of(wish) in asked for wish in (first, second))
    assert "🧹 2 records taken off your wantlist:" in question.text
    assert owner(bot).wants == others


@pytest.mark.long
async def test_clean_up_that_fails_half_way_says_what_was_removed_and_what_not(
    bot: RunningBot,
) -> None:
    await linked(bot, OWNER)
    first, second, *others = owner(bot).wants
    for wish in (first, second):
        owner(bot).collection.add(wish.pressing.edition.release_id)
    await synced(bot)
    page = await said(bot, "wantlist browse")
    discord = bot.sandbox.discord
    question = await final_message(await discord.press(page, button_id(page, "wantlist:clean:")))
    listed = sorted((first, second), key=lambda wish: question.text.index(name_of(wish)))
    path = f"/users/{OWNER}/wants/{listed[1].pressing.edition.release_id}"
    bot.sandbox.discogs.faults.set(Fault(kind=FaultKind.STATUS, status=403, path_prefix=path))

    press = await discord.press(question, button_id(question, "wantlist:cleansame"))
    await press.wait_until(lambda _: "I stopped there" in question.text, 20)

    removed, _, left = question.text.partition("⚠️")
    assert "🧹 1 record taken off your wantlist:" in removed
    assert "Discogs doesn't let me change that." in left
    assert name_of(listed[0]) in removed
    assert name_of(listed[1]) in left
    assert owner(bot).wants == [listed[1], *others]


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "path", "told", "is_there"),
    [
        pytest.param(
            FaultKind.LOST_ANSWER, "/wants/", "✅ It's on your wantlist", True, id="answer lost"
        ),
        pytest.param(
            FaultKind.STATUS, "/wants/", "nothing has changed", False, id="down for a change"
        ),
        pytest.param(
            FaultKind.LOST_ANSWER, "/wants", "I can't tell whether Discogs did", True, id="blind"
        ),
    ],
)
async def test_wisher_is_told_the_truth_when_discogs_fails(
    *, bot: RunningBot, kind: FaultKind, path: str, told: str, is_there: bool
) -> None:
    await linked(bot, OWNER)
    question = await said(bot, "wantlist add", release="996121")
    fault = Fault(kind=kind, status=503, path_prefix=f"/users/{OWNER}{path}")
    bot.sandbox.discogs.faults.set(fault)

    exchange = await bot.sandbox.discord.press(question, button_id(question, "wantlist:add"))
    await exchange.wait_until(
        lambda e: told in "\n".join([question.text, *(m.text for m in e.messages)]), 30
    )

    assert (996121 in wanted(bot)) == is_there
