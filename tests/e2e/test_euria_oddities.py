"""What a model does besides writing is not seen by anybody, and said where it matters."""

import pytest
from harness.bots import RunningBot, final_message

from bot.sandbox.euria import quirk
from bot.sandbox.faults import Fault, FaultKind

TOPICS = {
    "reasoning": "Blue Train by John Coltrane",
    "think_block": "Homogenic by Björk",
    "all_thought": "Moon Safari by Air",
    "json_answer": "Kind of Blue by Miles Davis",
}
THOUGHTS = ("The user asks", "First the facts", "think>")


async def test_thoughts_are_never_sent_to_discord(bot: RunningBot) -> None:
    bot.sandbox.euria.behaviour.chunk_seconds = 0.005
    for name, topic in TOPICS.items():
        bot.sandbox.euria.faults.set(quirk(name))

        message = await final_message(await bot.command("describe", topic=topic))

        assert "Written by AI" in message.text, name
        assert "Cut short" not in message.text, name

    sent = str([request.json for request in bot.sandbox.discord.requests])
    assert "Homogenic" in sent  # it is where texts would be seen
    assert not any(thought in sent for thought in THOUGHTS)


@pytest.mark.long
async def test_a_filter_and_an_empty_purse_are_told_apart_from_an_outage(bot: RunningBot) -> None:
    bot.sandbox.euria.faults.set(quirk("withheld"))
    withheld = await final_message(await bot.command("describe", topic="Homogenic by Björk"))
    bot.sandbox.euria.faults.set(Fault(kind=FaultKind.STATUS, status=402))
    unpaid = await final_message(await bot.command("describe", topic="Moon Safari by Air"))
    bot.sandbox.euria.faults.clear()
    written = len(bot.sandbox.euria.chats)
    again = await final_message(await bot.command("describe", topic="Blue Train"))

    assert "EurIA won't write about that." in withheld.text
    assert "This bot's credit with EurIA is used up." in unpaid.text
    assert "EurIA asked me to hold off for a while." in again.text
    assert len(bot.sandbox.euria.chats) == written
