"""Playlists over the real bot: made from records, watched, added to from a card, and forgotten."""

from typing import Any

from harness.bots import RunningBot, final_message
from harness.spotify import query_of
from harness.talking import button_id, linked, said
from sqlalchemy import text

from bot.sandbox.discord import Exchange, Message
from bot.sandbox.spotify.people import LISTENER
from bot.sandbox.spotify.playlist_shelf import Playlist


async def link_spotify(bot: RunningBot, user: str = "alice") -> None:
    """Link by bringing the address back."""
    panel = await said(bot, "account link-spotify", user)
    [url] = [str(button["url"]) for button in panel.buttons if button.get("url")]
    accounts = bot.sandbox.spotify.accounts
    address = accounts.consents.agree(query_of(url), accounts.people[LISTENER])
    discord = bot.sandbox.discord
    form = await discord.press(panel, button_id(panel, "account:spotify-paste"), user=user)
    await form.wait_acknowledged(3)
    sent = await discord.submit_modal(form, {"address": address}, user=user)
    await sent.wait_until(lambda _: "Marie Listens" in panel.text, 10)


def own(bot: RunningBot) -> list[Playlist]:
    return bot.sandbox.spotify.playlists.of(LISTENER)


async def chosen(bot: RunningBot, message: Message, place: int = 0) -> Exchange:
    """Pick from the only menu of a message."""
    [menu] = message.selects
    value = menu["options"][place]["value"]
    return await bot.sandbox.discord.choose(message, menu["custom_id"], [value], user="alice")


def is_private(message: Message) -> bool:
    return message.ephemeral


async def test_playlist_is_made_from_a_wantlist_filled_once_and_forgotten(
    bot: RunningBot,
) -> None:
    await linked(bot, "crate_digger")
    refused = await bot.command("playlist list")
    assert "/account link-spotify" in (await final_message(refused)).text
    await link_spotify(bot)

    draft = await said(bot, "playlist create", name="Wanted", **{"from": "wantlist"})
    start = button_id(draft, "playlist:start")
    clicks = [await bot.sandbox.discord.press(draft, start, user="alice") for _ in range(2)]
    await clicks[0].wait_until(lambda _: draft.text.startswith("✅"), 60)

    assert is_private(draft)
    [playlist] = own(bot)
    assert (playlist.name, playlist.is_public) == ("Wanted", False)
    assert len(playlist.uris) == len(set(playlist.uris)) > 20
    listed = await said(bot, "playlist list")
    assert is_private(listed)
    assert "Wanted" in listed.text
    opened = await chosen(bot, listed)
    assert "Listen on Spotify" in (await final_message(opened)).text
    stranger = await bot.sandbox.discord.press(draft, button_id(draft, "playlist:"), user="bob")
    await forget(bot)
    del stranger


async def forget(bot: RunningBot) -> None:
    panel = await said(bot, "account unlink", service="spotify")
    sure = button_id(panel, "account:spotify-unlink", place="yes")
    await bot.sandbox.discord.press(panel, sure, user="alice")


def rows(value: Any) -> str:  # noqa: ANN401
    return str(text(value))
