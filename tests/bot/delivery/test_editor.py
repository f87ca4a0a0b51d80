"""The ways to an old message, on a real database and a Discord that only notes what is sent."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import ui
from discord.webhook.async_ import AsyncWebhookAdapter, async_context
from fakes.clock import WALL_START
from harness.databases import open_database

from bot.delivery.door import Door
from bot.delivery.editor import LateEditor
from bot.delivery.renderings import Renderings
from bot.i18n import Catalogue, Texts
from services.accounts.cipher import TokenCipher
from services.accounts.key_file import open_keys
from services.delivery import DiscordUnavailable, LateEdit, MessagePlace
from services.resilience.clock import SystemClock
from services.secret import Secret
from services.storage.database import Database
from services.storage.migrating import migrate

PLACE = MessagePlace(
    channel_id=5,
    message_id=7,
    application_id=1,
    token=Secret("canary-token"),
    token_until=WALL_START + timedelta(minutes=14),
    is_in_reach=True,
    locale="fr",
)


class StillClock(SystemClock):
    """Real waiting, and a wall time that stands still until it is set."""

    wall = WALL_START

    def now(self) -> Any:  # noqa: ANN401  # datetime
        return self.wall


class Refusal(discord.HTTPException):
    def __init__(self, status: int, code: int) -> None:
        self.status, self.code, self.text = status, code, "refused"


def render(content: str, texts: Texts) -> ui.LayoutView:
    view = ui.LayoutView()
    view.add_item(ui.TextDisplay(f"{content} ({texts.language})"))
    return view


class Wire(AsyncWebhookAdapter):
    """Notes the edits by both ways.

    Attributes:
        edits: The way and the text of each.
        refusals: What the next ones meet.
        gate: When set to an event, edits wait for it.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # discord.py's
        self.edits: list[tuple[str, str]] = []
        self.refusals: list[Exception] = []
        self.gate: asyncio.Event | None = None
        self.is_editing = asyncio.Event()

    async def request(
        self,
        route: Any,  # noqa: ANN401  # discord.py's
        session: object,
        *,
        payload: Any = None,  # noqa: ANN401  # JSON
        **_: object,
    ) -> Any:  # noqa: ANN401  # JSON
        del session
        return await self._note(f"token {route.webhook_token}", payload)

    async def channel(self, channel_id: int, message_id: int, *, params: Any) -> Any:  # noqa: ANN401
        return await self._note(f"channel {channel_id}/{message_id}", params.payload)

    async def _note(self, way: str, payload: Any) -> Any:  # noqa: ANN401  # JSON
        self.is_editing.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.refusals:
            raise self.refusals.pop(0)
        self.edits.append((way, payload["components"][0]["content"]))
        person = {"id": "1", "username": "u", "discriminator": "0", "avatar": None}
        return {
            "id": "7",
            "channel_id": "5",
            "author": person,
            "content": "",
            "components": [],
            "embeds": [],
            "attachments": [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
            "type": 0,
            "flags": 0,
            "timestamp": "2026-11-26T12:00:00+00:00",
            "edited_timestamp": None,
        }


@pytest.fixture
def wire() -> Any:  # noqa: ANN401  # a generator of Wire
    adapter = Wire()
    token = async_context.set(adapter)
    yield adapter
    async_context.reset(token)


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "aime.db") as database:
        await migrate(database)
        yield database


@pytest.fixture
def still() -> StillClock:
    return StillClock()


def make_editor(
    database: Database, wire: Wire, clock: StillClock, keys: Path, *, is_open: bool = True
) -> LateEditor:
    renderings = Renderings(Catalogue())
    renderings.register(str, render)
    door = Door()
    if is_open:
        client = discord.Client(intents=discord.Intents.none())
        # What logging in makes; the adapter and the seam below are all that use it.
        vars(client.http)["_HTTPClient__session"] = object()
        client.http.edit_message = wire.channel  # type: ignore[method-assign, assignment]  # the seam
        door.open(client)
    cipher = TokenCipher(open_keys(None, keys))
    return LateEditor(database, door=door, renderings=renderings, cipher=cipher, clock=clock)


@pytest.fixture
async def editor(opened: Database, wire: Wire, still: StillClock, tmp_path: Path) -> LateEditor:
    return make_editor(opened, wire, still, tmp_path)


async def test_edit_goes_by_the_token_while_it_lives(editor: LateEditor, wire: Wire) -> None:
    late_id = await editor.expect(PLACE)

    outcome = await editor.edit(late_id, "text")

    assert outcome is LateEdit.DONE
    assert wire.edits == [("token canary-token", "text (fr)")]


async def test_edit_goes_through_the_channel_afterwards(
    editor: LateEditor, wire: Wire, still: StillClock
) -> None:
    late_id = await editor.expect(PLACE)
    still.wall += timedelta(minutes=14)

    outcome = await editor.edit(late_id, "text")

    assert outcome is LateEdit.DONE
    assert wire.edits == [("channel 5/7", "text (fr)")]


@pytest.mark.parametrize("refusal", [Refusal(401, 50027), Refusal(404, 10015)])
async def test_token_that_discord_no_longer_takes_leaves_the_channel(
    editor: LateEditor, wire: Wire, refusal: Refusal
) -> None:
    late_id = await editor.expect(PLACE)
    wire.refusals = [refusal]

    outcome = await editor.edit(late_id, "text")

    assert outcome is LateEdit.DONE
    assert wire.edits == [("channel 5/7", "text (fr)")]


async def test_message_out_of_reach_is_not_edited(
    editor: LateEditor, wire: Wire, still: StillClock
) -> None:
    stranger = MessagePlace(
        channel_id=5,
        message_id=7,
        application_id=1,
        token=PLACE.token,
        token_until=PLACE.token_until,
    )
    late_id = await editor.expect(stranger)
    still.wall += timedelta(minutes=15)

    assert await editor.edit(late_id, "text") is LateEdit.OUT_OF_REACH
    assert wire.edits == []


async def test_deleted_message_is_gone(editor: LateEditor, wire: Wire) -> None:
    late_id = await editor.expect(PLACE)
    wire.refusals = [Refusal(404, 10008), Refusal(404, 10008)]

    assert await editor.edit(late_id, "text") is LateEdit.GONE
    assert not await editor.is_expected(late_id)


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(Refusal(503, 0), id="an outage"),
        pytest.param(Refusal(429, 0), id="a rate limit"),
        pytest.param(OSError("unplugged"), id="the network"),
    ],
)
async def test_edit_that_discord_cannot_take_now_stays_wanted(
    editor: LateEditor, wire: Wire, refusal: Exception
) -> None:
    late_id = await editor.expect(PLACE)
    wire.refusals = [refusal]

    with pytest.raises(DiscordUnavailable):
        await editor.edit(late_id, "text")

    assert await editor.is_expected(late_id)
    assert await editor.edit(late_id, "text") is LateEdit.DONE


async def test_edit_happens_once(editor: LateEditor, wire: Wire) -> None:
    late_id = await editor.expect(PLACE)
    await editor.edit(late_id, "text")

    assert await editor.edit(late_id, "again") is LateEdit.SUPERSEDED
    assert len(wire.edits) == 1


async def test_superseded_edit_never_comes(editor: LateEditor, wire: Wire) -> None:
    late_id = await editor.expect(PLACE)
    await editor.supersede(PLACE.message_id)

    assert not await editor.is_expected(late_id)
    assert await editor.edit(late_id, "text") is LateEdit.SUPERSEDED
    assert wire.edits == []


async def test_newer_promise_for_a_message_makes_the_older_void(
    editor: LateEditor, wire: Wire
) -> None:
    older = await editor.expect(PLACE)
    newer = await editor.expect(PLACE)

    assert await editor.edit(older, "old") is LateEdit.SUPERSEDED
    assert await editor.edit(newer, "new") is LateEdit.DONE
    assert [text for _, text in wire.edits] == ["new (fr)"]


async def test_whoever_regenerates_waits_for_the_edit_under_way(
    editor: LateEditor, wire: Wire
) -> None:
    late_id = await editor.expect(PLACE)
    wire.gate = asyncio.Event()
    edit = asyncio.create_task(editor.edit(late_id, "old"))
    await wire.is_editing.wait()

    superseding = asyncio.create_task(editor.supersede(PLACE.message_id))
    await SystemClock().sleep(0.05)  # long enough to go wrong
    assert not superseding.done()
    wire.gate.set()
    await superseding

    assert edit.done()


async def test_edit_that_waited_for_its_turn_finds_that_it_was_superseded(
    editor: LateEditor, wire: Wire
) -> None:
    first = await editor.expect(PLACE)
    wire.gate = asyncio.Event()
    edits = [asyncio.create_task(editor.edit(first, text)) for text in ("one", "two")]
    await wire.is_editing.wait()
    wire.gate.set()

    outcomes = await asyncio.gather(*edits)

    assert sorted(outcome.name for outcome in outcomes) == ["DONE", "SUPERSEDED"]


async def test_day_later_only_a_last_word_is_allowed(
    editor: LateEditor, wire: Wire, still: StillClock
) -> None:
    text, word = await editor.expect(PLACE), None
    still.wall += timedelta(hours=24, seconds=1)

    is_expected = await editor.is_expected(text)
    too_late = await editor.edit(text, "text")
    still.wall = WALL_START
    word = await editor.expect(PLACE)
    still.wall += timedelta(hours=30)
    last = await editor.edit(word, "sorry", is_last_word=True)

    assert not is_expected
    assert (too_late, last) == (LateEdit.TOO_LATE, LateEdit.DONE)
    assert [text for _, text in wire.edits] == ["sorry (fr)"]


async def test_promise_is_kept_by_the_next_process(
    opened: Database, wire: Wire, still: StillClock, tmp_path: Path
) -> None:
    late_id = await make_editor(opened, wire, still, tmp_path).expect(PLACE)

    outcome = await make_editor(opened, wire, still, tmp_path).edit(late_id, "text")

    assert outcome is LateEdit.DONE
    assert wire.edits == [("token canary-token", "text (fr)")]


async def test_lost_keys_leave_the_way_through_the_channel(
    opened: Database, wire: Wire, still: StillClock, tmp_path: Path
) -> None:
    late_id = await make_editor(opened, wire, still, tmp_path / "old").expect(PLACE)

    outcome = await make_editor(opened, wire, still, tmp_path / "new").edit(late_id, "text")

    assert outcome is LateEdit.DONE
    assert wire.edits == [("channel 5/7", "text (fr)")]


async def test_edit_waits_until_the_bot_has_logged_in(
    opened: Database, wire: Wire, still: StillClock, tmp_path: Path
) -> None:
    editor = make_editor(opened, wire, still, tmp_path, is_open=False)
    late_id = await editor.expect(PLACE)
    edit = asyncio.create_task(editor.edit(late_id, "text"))
    await SystemClock().sleep(0.05)  # long enough to go wrong

    assert not edit.done()
    edit.cancel()
    await asyncio.gather(edit, return_exceptions=True)
    assert await editor.is_expected(late_id)


async def test_token_is_in_no_file_and_no_text(
    editor: LateEditor, opened: Database, tmp_path: Path
) -> None:
    await editor.expect(PLACE)
    await opened.close()

    contents = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    assert not any(b"canary-token" in content for content in contents)
    assert "canary-token" not in repr(PLACE)


async def test_old_notes_are_cleared_away(editor: LateEditor, still: StillClock) -> None:
    forgotten = await editor.expect(PLACE)
    still.wall += timedelta(hours=49)
    other = MessagePlace(channel_id=5, message_id=8, application_id=1, is_in_reach=True)
    await editor.expect(other)

    assert await editor.edit(forgotten, "x", is_last_word=True) is LateEdit.SUPERSEDED
