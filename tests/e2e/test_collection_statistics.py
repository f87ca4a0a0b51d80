"""What a collection looks like in numbers, through the real bot."""

from harness.bots import RunningBot, final_message
from harness.talking import allowed, linked, said, sync

from bot.sandbox.discord import Message

SMALL, EMPTY, PRIVATE = "Tape.Hiss-88", "empty_shelf", "private_paul"
PNG = b"\x89PNG\r\n\x1a\n"


async def with_pictures(bot: RunningBot, locale: str = "en-US") -> Message:
    """Run ``/collection stats`` until its pictures are there."""
    exchange = await bot.sandbox.discord.run_command("collection stats", locale=locale)
    await exchange.wait_until(lambda e: bool(e.messages) and bool(e.last.attachments), 20)
    return await final_message(exchange)


async def test_public_collection_is_counted_and_drawn_for_everybody(bot: RunningBot) -> None:
    await linked(bot, SMALL)

    message = await with_pictures(bot)
    again = await with_pictures(bot, "fr")

    assert not message.ephemeral
    assert f"{SMALL}'s collection in numbers" in message.text
    assert "**3** records · 3 releases · 3 artists" in message.text
    assert "[Data provided by Discogs](https://www.discogs.com/user/Tape.Hiss-88/" in message.text
    assert [file.filename for file in message.attachments] == ["collection-1.png"] * 1 + [
        "collection-2.png"
    ]
    assert all(
        file.data.startswith(PNG) and len(file.data) <= 200_000 for file in again.attachments
    )
    assert f"La collection de {SMALL} en chiffres" in again.text


async def test_proven_collection_is_counted_for_its_owner_alone(bot: RunningBot) -> None:
    await allowed(bot, PRIVATE)
    await sync(bot)

    message = await with_pictures(bot)

    assert message.ephemeral
    assert "**60** records" in message.text


async def test_empty_collection_has_no_picture_and_a_single_entry_has_one(bot: RunningBot) -> None:
    await linked(bot, EMPTY)
    empty = await said(bot, "collection stats")
    await said(bot, "collection add", artist="Me", title="Mine")

    one = await with_pictures(bot)

    assert "nothing to count yet" in empty.text
    assert empty.attachments == ()
    assert "**1** record · 0 releases · 1 artist" in one.text
    assert len(one.attachments) == 1
