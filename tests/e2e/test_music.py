"""``/album``, ``/artist`` and ``/track`` through the real bot: cards, menus, buttons, outages."""

from pathlib import Path

from harness.bots import BotFactory, final_message
from harness.talking import button_id, linked, said

from bot.sandbox.faults import Fault, FaultKind

OWNER = "crate_digger"


async def test_cards_tell_what_is_owned_and_their_controls_work_after_a_restart(
    start_bot: BotFactory, tmp_path: Path
) -> None:
    folder = {"DATA_DIR": str(tmp_path / "data")}
    async with start_bot(folder) as bot:
        await linked(bot, OWNER, "bob")
        discord = bot.sandbox.discord
        album = await said(bot, "album", "bob", query="kind of blue")
        search = await said(bot, "search", "bob", query="so what")
        before = len(bot.sandbox.spotify.requests)
        suggested = await discord.autocomplete("album", "query", "kind", user="bob")
        nobodys = await discord.autocomplete("artist", "query", "")
        asked_meanwhile = len(bot.sandbox.spotify.requests) - before
        exact = await said(bot, "album", "bob", query=str(suggested[0].value))
        stranger = await said(bot, "album", query="kind of blue")
        bot.process.terminate()
        await bot.process.wait()
        async with bot.restarted(folder):
            show = button_id(album, "release:show:")
            theirs = await final_message(await discord.press(album, show))
            shown = await final_message(await discord.press(album, show, user="bob"))
            menu = str(search.selects[0]["custom_id"])
            values = [str(each["value"]) for each in search.selects[0]["options"]]
            track = [each for each in values if each.startswith("spotify:track:")]
            assert track, search.text
            picked = await discord.choose(search, menu, track[:1], user="bob")
            artist = await said(bot, "artist", "bob", query="miles davis")
            await picked.wait_until(lambda _: "Its album is in your collection" in search.text, 10)

    assert "✅ In your collection: " in album.text
    assert "1959, Vinyl" in album.text
    assert "On Discogs: [Kind Of Blue](https://www.discogs.com/release/1705694)" in album.text
    assert "✅ 3 of these are in your collection" in artist.text
    assert "In your collection" not in stranger.text
    assert str(suggested[0].value).startswith("spotify:album:")
    assert "`1` So What · 9:22" in exact.text
    assert (nobodys, asked_meanwhile) == ([], 0)
    assert "This belongs to whoever asked for it" in theirs.text
    assert "Columbia – CL 1355 · 1959 · US" in shown.text
    assert "`1` So What" in album.text  # the card stays
    assert [str(each["custom_id"]) for each in search.selects] == [menu]


async def test_outages_leave_what_is_known_and_say_so(start_bot: BotFactory) -> None:
    async with start_bot() as bot:
        bot.sandbox.discogs.faults.set(Fault(kind=FaultKind.STATUS, status=503))
        known = await said(bot, "album", query="kind of blue")
        bot.sandbox.spotify.faults.set(Fault(kind=FaultKind.STATUS, status=503))
        kept = await said(bot, "album", query="kind of blue")
        unknown = await said(bot, "album", query="blue train")
        linked_to = await said(bot, "track", query=f"spotify:track:{'x' * 22}")

    assert "`1` So What" in known.text
    assert "Discogs isn't answering right now." in known.text
    assert "`1` So What" in kept.text
    assert "Nothing to show for **blue train**" in unknown.text
    assert "Spotify isn't answering right now." in unknown.text
    assert "https://open.spotify.com/search/blue%20train" in unknown.text
    assert f"[A track on Spotify](https://open.spotify.com/track/{'x' * 22})" in linked_to.text
