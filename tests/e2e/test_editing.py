"""``/collection edit`` through the real bot and the sandbox's Discogs."""

from typing import Any

import pytest
from harness.bots import BotFactory, RunningBot, final_message
from harness.talking import button_id, said

from bot.sandbox.catalogue import CollectionItem
from bot.sandbox.discord import Exchange, Message
from bot.sandbox.faults import Fault, FaultKind

OWNER, SMALL = "crate_digger", "Tape.Hiss-88"


async def linked(bot: RunningBot, username: str) -> None:
    message = await said(bot, "account link-discogs", username=username)
    assert message.text.startswith("✅"), message.text
    exchange = await bot.sandbox.discord.run_command("collection sync")
    await exchange.wait_until(lambda e: bool(e.messages) and e.last.text.startswith("✅"), 30)


def newest(bot: RunningBot) -> CollectionItem:
    return bot.sandbox.discogs.people[OWNER].collection.item(-1)


async def opened(bot: RunningBot) -> Exchange:
    """Open the form of the copy that was added last."""
    [choice, *_] = await bot.sandbox.discord.autocomplete("collection edit", "item", "")
    form = await bot.sandbox.discord.run_command("collection edit", {"item": str(choice.value)})
    await form.wait_acknowledged(3)
    return form


async def submitted(bot: RunningBot, form: Exchange, **values: Any) -> Message:  # noqa: ANN401  # passed through
    return await final_message(await bot.sandbox.discord.submit_modal(form, values), 20)


async def test_rating_folder_and_notes_are_changed_in_one_form(bot: RunningBot) -> None:
    await linked(bot, OWNER)
    form = await opened(bot)
    before = newest(bot)
    stars = "2" if before.rating == 5 else "5"
    folder = "5" if before.folder_id != 5 else "2"

    told = await submitted(
        bot, form, rating=stars, folder=folder, field1="Good (G)", field3="Signed, *really*"
    )

    after = newest(bot)
    assert (after.rating, after.folder_id) == (int(stars), int(folder))
    assert (after.notes[1], after.notes[3]) == ("Good (G)", "Signed, *really*")
    assert after.notes.get(2) == before.notes.get(2)
    assert told.ephemeral
    assert "✅ Changed on Discogs:" in told.text
    assert "- Media Condition: Good (G)" in told.text
    assert r"- Notes: Signed, \*really\*" in told.text
    assert "Data provided by Discogs" in told.text


@pytest.mark.long
async def test_form_that_opens_again_after_a_restart_and_changes_nothing_sends_nothing(
    start_bot: BotFactory,
    tmp_path: Any,  # noqa: ANN401  # pytest's path
) -> None:
    folder = {"DATA_DIR": str(tmp_path / "data")}
    async with start_bot(folder) as bot:
        await linked(bot, OWNER)
        told = await submitted(bot, await opened(bot), field3="first")
        first, asked = told.text, len(bot.sandbox.discogs.requests)
        bot.process.terminate()
        await bot.process.wait()
        async with bot.restarted(folder):
            again = await bot.sandbox.discord.press(told, button_id(told, "collection:editagain"))
            await again.wait_acknowledged(3)
            same = await submitted(bot, again)

    assert "- Notes: first" in first
    assert "You changed nothing, so nothing has changed." in same.text
    writes = [each.method for each in bot.sandbox.discogs.requests[asked:] if each.method != "GET"]
    assert writes == []


async def test_copy_of_a_link_by_name_cannot_be_edited_and_says_how(bot: RunningBot) -> None:
    await linked(bot, SMALL)

    told = await said(bot, "collection edit", item="blue")

    assert told.ephemeral
    assert "I may not change anything there. `/account link-discogs` can change that." in told.text


@pytest.mark.long
async def test_change_that_discogs_refuses_half_way_is_told_truly(bot: RunningBot) -> None:
    await linked(bot, OWNER)
    form = await opened(bot)
    before = newest(bot)
    stars = (before.rating + 1) % 6
    instance = f"instances/{before.instance_id}/fields/"
    release = before.pressing.edition.release_id
    path = f"/users/{OWNER}/collection/folders/{before.folder_id}/releases/{release}/{instance}"
    fault = Fault(kind=FaultKind.STATUS, status=422, path_prefix=path)
    bot.sandbox.discogs.faults.set(fault)

    told = await submitted(bot, form, rating=str(stars), field3="never")

    assert newest(bot).rating == stars
    assert newest(bot).notes == before.notes
    assert "✅ Changed on Discogs:" in told.text
    assert "⚠️ Discogs doesn't take that." in told.text
    _, _, left = told.text.partition("Not changed:")
    assert "- Notes: never" in left
