"""What a collection is worth, through the real bot: whose business it is, and in an outage."""

import pytest
from harness.bots import RunningBot, eventually, final_message
from harness.talking import allowed, button_id, linked, said, sync

from bot.sandbox.discord import Message
from bot.sandbox.faults import Fault, FaultKind

SMALL, EMPTY, PRIVATE = "Tape.Hiss-88", "empty_shelf", "private_paul"
VALUE = "collection:value"


async def pressed(bot: RunningBot, message: Message, place: str, said: str) -> None:
    """Press a button of the message, and wait until it says something."""
    press = await bot.sandbox.discord.press(message, button_id(message, VALUE, place=place))
    await press.wait_until(lambda _: said in message.text, 10)


def values_asked(bot: RunningBot) -> int:
    return sum(each.path.endswith("/collection/value") for each in bot.sandbox.discogs.requests)


async def test_value_is_its_owners_until_they_show_it_and_again_once_they_hide_it(
    bot: RunningBot,
) -> None:
    await allowed(bot, PRIVATE)
    await sync(bot)
    mine = await said(bot, "collection value")
    await pressed(bot, mine, "show", "everybody sees it")
    public = await said(bot, "collection value")

    press = await bot.sandbox.discord.press(public, button_id(public, VALUE), user="bob")
    refused = await final_message(press)
    before = public.text
    await pressed(bot, public, "hide", "Hidden by its owner")
    again = await said(bot, "collection value")

    assert mine.ephemeral
    assert f"What {PRIVATE.replace('_', chr(92) + '_')}'s collection is worth" in before
    assert "**€" in before
    assert not public.ephemeral
    assert refused.ephemeral
    assert "This belongs to whoever asked for it" in refused.text
    assert "€" not in public.text
    assert public.attachments == ()
    assert again.ephemeral


@pytest.mark.long
async def test_sync_keeps_the_value_that_an_outage_then_shows_with_its_age(bot: RunningBot) -> None:
    await allowed(bot, PRIVATE)
    await sync(bot)
    await eventually(lambda: values_asked(bot) == 1, 10)
    await said(bot, "status")  # the answer has come back by then
    bot.sandbox.discogs.faults.set(Fault(kind=FaultKind.STATUS, status=503))

    message = await said(bot, "collection value")

    assert message.ephemeral
    assert "**€" in message.text
    assert "Discogs isn't answering right now. Showing what Discogs said <t:" in message.text


async def test_value_of_a_link_by_name_is_not_told_and_why(bot: RunningBot) -> None:
    before = await said(bot, "collection value")
    await linked(bot, SMALL)

    message = await said(bot, "collection value")

    assert "haven't linked your Discogs account" in before.text
    assert message.ephemeral
    assert "to its owner alone" in message.text
    assert values_asked(bot) == 0


async def test_empty_collection_is_worth_nothing(bot: RunningBot) -> None:
    await allowed(bot, EMPTY)
    await sync(bot)

    message = await said(bot, "collection value")

    assert "0.00" in message.text
