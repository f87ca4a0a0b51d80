"""Playlists over the real bot: made from records, looked at, added to, and forgotten."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from harness.bots import BotFactory, RunningBot, eventually, final_message
from harness.spotify import query_of
from harness.talking import button_id, linked, said

from bot.sandbox.discord import Exchange
from bot.sandbox.spotify.people import LISTENER
from bot.sandbox.spotify.playlist_shelf import Playlist

SOURCE = {"from": "collection"}  # no name in Python


async def link_spotify(bot: RunningBot) -> None:
    """Link by bringing the address back."""
    panel = await said(bot, "account link-spotify")
    [url] = [str(button["url"]) for button in panel.buttons if button.get("url")]
    accounts = bot.sandbox.spotify.accounts
    address = accounts.consents.agree(query_of(url), accounts.people[LISTENER])
    discord = bot.sandbox.discord
    form = await discord.press(panel, button_id(panel, "account:spotify-paste"))
    await form.wait_acknowledged(3)
    sent = await discord.submit_modal(form, {"address": address})
    await sent.wait_until(lambda _: "Marie Listens" in panel.text, 10)


def own(bot: RunningBot) -> list[Playlist]:
    return bot.sandbox.spotify.playlists.of(LISTENER)


async def twice(click: Callable[[], Awaitable[Exchange]]) -> Exchange:
    """Click twice; returns the second click, once both are acknowledged."""
    clicks = [await click(), await click()]
    for each in clicks:
        await each.wait_acknowledged(3)
    return clicks[1]


@pytest.fixture
async def bot(start_bot: BotFactory, tmp_path: Path) -> AsyncIterator[RunningBot]:
    """A bot whose database can be looked into."""
    data = tmp_path / "data"
    data.mkdir()
    async with start_bot({"DATA_DIR": str(data)}) as running:
        yield running


@pytest.mark.long
async def test_playlist_is_filled_from_records_once_however_often_it_is_clicked(
    bot: RunningBot, tmp_path: Path
) -> None:
    discord = bot.sandbox.discord
    assert "/account link-spotify" in (await said(bot, "playlist list")).text
    await linked(bot, "Tape.Hiss-88")
    await link_spotify(bot)

    draft = await said(bot, "playlist create", name="Tapes", genre="Electronic", **SOURCE)
    assert draft.ephemeral
    assert "requests" in draft.text
    start = button_id(draft, "playlist:start")
    click = await twice(lambda: discord.press(draft, start))
    await click.wait_until(lambda _: draft.text.startswith("✅"), 40)

    [playlist] = own(bot)
    filled = list(playlist.uris)
    assert (playlist.name, playlist.is_public) == ("Tapes", False)
    assert len(filled) == len(set(filled)) > 3
    assert requests_of(bot, "POST", "/v1/me/playlists") == 1

    question = await said(bot, "playlist add", playlist="Tapes", item="blue train")
    [menu] = question.selects
    value = menu["options"][0]["value"]
    click = await twice(lambda: discord.choose(question, menu["custom_id"], [value]))
    await click.wait_until(lambda _: question.text.startswith("✅"), 20)
    more = playlist.uris[len(filled) :]
    assert len(more) == len(set(more)) > 3

    card = await said(bot, "album", query="kind of blue")
    click = await discord.press(card, button_id(card, "playlist:add"))
    where = await final_message(click)
    [menu] = where.selects
    click = await discord.choose(where, menu["custom_id"], [menu["options"][0]["value"]])
    await click.wait_until(lambda _: where.text.startswith("✅"), 20)
    assert len(playlist.uris) == len(filled) + len(more) + 5

    await unlink_spotify(bot)
    await eventually(lambda: rows(tmp_path / "data" / "aime.db", "playlist_runs") == 0)
    assert "/account link-spotify" in (await said(bot, "playlist list")).text


def requests_of(bot: RunningBot, method: str, path: str) -> int:
    requests = bot.sandbox.spotify.requests
    return sum(each.method == method and each.path == path for each in requests)


async def unlink_spotify(bot: RunningBot) -> None:
    panel = await said(bot, "account unlink", service="spotify")
    sure = button_id(panel, "account:spotify-unlink", place="yes")
    await final_message(await bot.sandbox.discord.press(panel, sure))


def rows(path: Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(path)) as file:
        return int(file.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])  # noqa: S608  # our own name
