"""What the bot still knows after it was stopped: answers, penalties."""

import re
from pathlib import Path

from harness.bots import BotFactory, RunningBot, final_message

from bot.sandbox.faults import Fault, FaultKind

DOWN = Fault(kind=FaultKind.CUT_BEFORE_BODY)


def asked(bot: RunningBot) -> int:
    """Return how often Spotify's API was asked."""
    return sum("/search" in request.path for request in bot.sandbox.spotify.requests)


async def test_answer_of_the_last_session_stands_in_with_its_age(
    start_bot: BotFactory, tmp_path: Path
) -> None:
    settings = {"DATA_DIR": str(tmp_path / "data")}
    async with start_bot(settings) as bot:
        await final_message(await bot.command("search", query="blue train"))
        bot.process.terminate()
        await bot.process.wait()
        bot.sandbox.spotify.faults.set(DOWN)
        bot.sandbox.discogs.faults.set(DOWN)
        bot.sandbox.discord.requests.clear()

        async with bot.restarted(settings):
            message = await final_message(await bot.command("search", query="blue train"))

    # Both answers are minutes old at most, so they are as good as new; nobody was asked.
    assert "open.spotify.com/album/" in message.text
    assert "discogs.com/release/" in message.text
    assert "⚠️" not in message.text


async def test_long_penalty_outlives_the_process(start_bot: BotFactory, tmp_path: Path) -> None:
    settings = {"DATA_DIR": str(tmp_path / "data")}
    async with start_bot(settings) as bot:
        bot.sandbox.spotify.faults.set(Fault(kind=FaultKind.RATE_LIMIT, retry_after="7200"))
        await final_message(await bot.command("search", query="blue train"))
        bot.process.terminate()
        await bot.process.wait()
        bot.sandbox.spotify.faults.clear()
        before = asked(bot)

        async with bot.restarted(settings):
            message = await final_message(await bot.command("search", query="kind of blue"))
            status = await final_message(await bot.command("status"))

    assert asked(bot) == before
    assert re.search(r"Try again <t:\d+:R>", message.text)
    assert "🔴 **Spotify**" in status.text
    assert "discogs.com/release/" in message.text
