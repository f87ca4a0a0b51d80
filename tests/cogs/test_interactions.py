"""The cogs through discord.py's own interactions; only its HTTP adapter is replaced.

What a user sees in an ordinary conversation is in ``tests/e2e``; here is what is hard to reach
there: cancelling, closing, deleted messages, other people's buttons.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import discord
import pytest
from discord.webhook.async_ import AsyncWebhookAdapter, async_context
from fakes.clock import WALL_START, VirtualClock
from fakes.links import Things
from fakes.music import ALBUM_ID, FullSpotify, make_lookup, make_music_messages
from fakes.promises import FakePromises
from fakes.suggestions import NoSuggestions
from fakes.virtual_time import in_virtual_time, outcomes, settle
from harness.openapi import DiscordContract

from bot.errors import Answers
from bot.i18n import Catalogue
from bot.sandbox.discord import RecordedRequest
from bot.ui.linked_message import LinkedMessages
from bot.ui.markdown import CURSOR
from bot.ui.stream import ProgressiveMessages
from bot.ui.written_message import WrittenMessages
from cogs.describe import Describe
from cogs.help import Help
from cogs.search import Search
from cogs.status import Status
from services.answers import Answer, Source
from services.catalogue.service import CatalogueService
from services.descriptions.models import Form
from services.descriptions.service import DescriptionService
from services.discogs.models import (
    Artist,
    DiscogsKind,
    DiscogsResults,
    Master,
    Release,
    SearchHit,
    Track,
)
from services.errors import (
    AuthenticationFailed,
    ExternalServiceException,
    NotFound,
    UpstreamTimeout,
)
from services.euria.models import Prompt
from services.health import Condition, Health, UpstreamHealth
from services.secret import Secret
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults

ASKER, OTHER = 42, 43
CATALOGUE = Catalogue()
RELEASE = Release(
    release_id=7,
    title="Blue Train",
    artist="John Coltrane",
    tracks=(Track("A1", "Moment's Notice", "9:10"),),
    url="https://www.discogs.com/release/7",
)
ITEM = SpotifyItem(
    kind=SpotifyKind.ALBUM,
    spotify_id="x" * 22,
    name="Blue Train",
    url="https://open.spotify.com/album/x",
    tracks=("Locomotion",),
)
MENU = {
    "type": 1,
    "components": [
        {
            "type": 3,
            "custom_id": f"search:pick:{ASKER}",
            "placeholder": "Pick",
            "options": [{"label": "Blue Train", "value": "discogs:release:7"}],
        }
    ],
}


# --- Discord


class Refused(discord.HTTPException):
    """A refusal of Discord."""

    def __init__(self, status: int, code: int) -> None:
        self.status, self.code, self.text = status, code, "refused"


class FakeDiscord(AsyncWebhookAdapter):
    """Takes what discord.py would send to an interaction's webhook.

    Attributes:
        requests: Everything sent, in order.
        shown: The answer's versions, as text.
        whispered: What only the asker sees.
        edit_seconds: How long an edit takes.
        refusals: What the next edits meet.
    """

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # discord.py's
        self._clock = clock
        self.requests: list[RecordedRequest] = []
        self.shown: list[str] = []
        self.whispered: list[str] = []
        self.edit_seconds = 0.0
        self.refusals: list[Exception] = []

    async def request(
        self,
        route: discord.http.Route,
        session: object,
        *,
        payload: dict[str, Any] | None = None,
        **_: object,
    ) -> dict[str, Any]:
        del session
        path = route.path
        if path.startswith("/interactions/"):  # discord.py's names for the OpenAPI's parameters
            path = "/interactions/{interaction_id}/{interaction_token}/callback"
        self.requests.append(
            RecordedRequest(
                method=route.method, route=path, path="", query={}, at=0.0, json=payload
            )
        )
        if route.method == "PATCH":
            await self._clock.pass_time(self.edit_seconds)
            if self.refusals:
                raise self.refusals.pop(0)
        self._read(payload or {}, is_edit=route.method == "PATCH")
        if path.endswith("/callback"):
            return {"interaction": {"id": "1", "type": 2}}
        return _message(payload or {})

    def _read(self, payload: dict[str, Any], *, is_edit: bool) -> None:
        body = payload.get("data") or payload
        text = "\n".join(_texts(body.get("components") or []))
        if text:
            (self.shown if is_edit else self.whispered).append(text)
            assert is_edit or body["flags"] & 64, "an answer that everybody sees"

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]


def _texts(components: list[Any]) -> Iterator[str]:
    for component in components:
        if component["type"] == 10:
            yield component["content"]
        yield from _texts(component.get("components") or [])


def _controls(components: list[Any]) -> Iterator[dict[str, Any]]:
    for component in components:
        if component["type"] in (2, 3):
            yield component
        yield from _controls(component.get("components") or [])


def _message(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "99",
        "channel_id": "5",
        "author": {
            "id": "1",
            "username": "AIME",
            "discriminator": "0",
            "avatar": None,
            "bot": True,
        },
        "content": "",
        "timestamp": "2026-11-23T12:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
        "components": body.get("components") or [],
    }


@pytest.fixture
def fake(clock: VirtualClock) -> Iterator[FakeDiscord]:
    """discord.py's adapter in this test's context."""
    fake = FakeDiscord(clock)
    token = async_context.set(fake)
    yield fake
    async_context.reset(token)


def interact(
    data: dict[str, Any] | None = None,
    *,
    user: int = ASKER,
    locale: str = "en-US",
    components: list[Any] | None = None,
    question: int = 1_000,
) -> discord.Interaction:
    """Return a command, or with ``data`` a press of a control of a message of ``components``."""
    client = discord.Client(intents=discord.Intents.none())
    person = {"id": str(user), "username": "u", "discriminator": "0", "avatar": None}
    payload: dict[str, Any] = {
        "id": str(question),
        "application_id": "1",
        "type": 3 if data else 2,
        "token": "token",
        "version": 1,
        "attachment_size_limit": 0,
        "locale": locale,
        "channel": {"id": "5", "type": 1, "recipients": [person]},
        "user": person,
        "data": data or {"id": "1", "name": "x", "type": 1},
    }
    if components is not None:
        payload["message"] = _message({"components": components})
    return discord.Interaction(data=cast("Any", payload), state=client._connection)


def pressed(custom_id: str, *, user: int = ASKER, **more: Any) -> discord.Interaction:  # noqa: ANN401  # passed through
    return interact({"custom_id": custom_id, "component_type": 2}, user=user, **more)


def picked(
    value: str, *, user: int = ASKER, components: list[Any] | None = None
) -> discord.Interaction:
    data = {"custom_id": f"search:pick:{ASKER}", "component_type": 3, "values": [value]}
    return interact(data, user=user, components=components)


# --- What the cogs ask

Step = str | float | Exception


@dataclass
class FakeWriter:
    """EurIA: yields text, waits for seconds, or fails; counts the streams left open."""

    clock: VirtualClock
    steps: Sequence[Step] = ("Once ", "upon ", "a time.")
    open_streams: int = 0
    requests: list[Prompt] = field(default_factory=list)
    model: str = "test-model"

    async def stream(self, prompt: Prompt, **_: object) -> AsyncGenerator[str, None]:
        self.requests.append(prompt)
        self.open_streams += 1
        try:
            for step in self.steps:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, str):
                    yield step
                else:
                    await self.clock.pass_time(step)
        finally:
            self.open_streams -= 1


@dataclass
class FakeUpstreams:
    """Both catalogues."""

    clock: VirtualClock
    seconds: float = 0.0
    error: ExternalServiceException | None = None
    asked: list[str] = field(default_factory=list)

    async def get_release(self, release_id: int) -> Answer[Release]:
        self.asked.append(f"release {release_id}")
        await self._take_time()
        return Answer(value=RELEASE, source=Source.LIVE)

    async def get_item(self, kind: SpotifyKind, spotify_id: str) -> Answer[SpotifyItem]:
        self.asked.append(f"{kind} {spotify_id}")
        await self._take_time()
        return Answer(value=ITEM, source=Source.LIVE)

    async def _take_time(self) -> None:
        await self.clock.pass_time(self.seconds)
        if self.error is not None:
            raise self.error


@dataclass
class FakeSpotify(FakeUpstreams):
    """Spotify's search."""

    async def search(self, query: str, kinds: Sequence[SpotifyKind]) -> Answer[SpotifyResults]:
        del kinds
        self.asked.append(query)
        await self._take_time()
        return Answer(
            value=SpotifyResults(items=(ITEM,), search_url="https://a.b"), source=Source.LIVE
        )


@dataclass
class FakeDiscogs(FakeUpstreams):
    """Discogs' search, and one release of no master."""

    async def get_master(self, master_id: int) -> Answer[Master]:
        raise NotFound("discogs", f"master {master_id}")

    async def get_artist(self, artist_id: int) -> Answer[Artist]:
        raise NotFound("discogs", f"artist {artist_id}")

    async def search(self, query: str, kind: DiscogsKind | None) -> Answer[DiscogsResults]:
        del kind
        self.asked.append(query)
        await self._take_time()
        hit = SearchHit(
            kind=DiscogsKind.RELEASE,
            discogs_id=7,
            title="Blue Train",
            artist="John Coltrane",
            url="https://www.discogs.com/release/7",
        )
        return Answer(
            value=DiscogsResults(hits=(hit,), search_url="https://a.b"), source=Source.LIVE
        )


class Studio:
    """The describe cog and everything it needs."""

    def __init__(self, clock: VirtualClock, *steps: Step) -> None:
        self.answers = Answers(CATALOGUE)
        self.promises = FakePromises()
        self.writer = FakeWriter(clock, steps or FakeWriter.steps)
        discogs = FakeDiscogs(clock)
        self.spotify = FakeSpotify(clock)
        self.cog = Describe(
            written=WrittenMessages(
                descriptions=DescriptionService(discogs=discogs, euria=self.writer, clock=clock),
                later=self.promises,
                messages=ProgressiveMessages(clock=clock),
            ),
            later=self.promises,
            matches=CatalogueService(spotify=self.spotify, discogs=discogs),
            suggestions=NoSuggestions(),
            answers=self.answers,
        )

    def describe(self, topic: str = "Blue Train", **options: Any) -> asyncio.Task[None]:  # noqa: ANN401  # passed through
        command = cast("Any", Describe.describe)
        return asyncio.create_task(command.callback(self.cog, interact(), topic, **options))


STOP, AGAIN = f"describe:stop:{ASKER}:1000", f"describe:again:{ASKER}:short:any"


# --- Describe


@in_virtual_time
async def test_description_is_acknowledged_once_and_edited_from_then_on(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    await Studio(clock, "Once ", 3.0, "upon a time.").describe()

    assert fake.methods[0] == "POST"
    assert set(fake.methods[1:]) == {"PATCH"}
    assert "Once" + CURSOR in fake.shown[0]
    assert "Once upon a time.\n" in fake.shown[-1]


@in_virtual_time
async def test_stop_ends_the_text_and_the_request(clock: VirtualClock, fake: FakeDiscord) -> None:
    studio = Studio(clock, "Once ", 60.0, "never")
    answer = studio.describe()
    await clock.pass_time(3)

    await studio.cog.on_interaction(pressed(STOP))
    await answer

    assert studio.writer.open_streams == 0
    assert "Stopped at your request." in fake.shown[-1]
    assert clock.elapsed < 4


@in_virtual_time
async def test_stop_of_somebody_else_is_refused_to_them_and_changes_nothing(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    studio = Studio(clock, "Once ", 5.0, "upon a time.")
    answer = studio.describe()
    await clock.pass_time(3)

    await studio.cog.on_interaction(pressed(STOP, user=OTHER))
    await answer

    assert fake.whispered == ["Only whoever asked for this text can do that."]
    assert "Once upon a time." in fake.shown[-1]


@in_virtual_time
async def test_stop_of_a_text_that_has_ended_says_so(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    studio = Studio(clock)
    await studio.describe()

    await studio.cog.on_interaction(pressed(STOP))

    assert fake.whispered == ["That text isn't being written any more."]


@in_virtual_time
async def test_stop_ends_a_text_that_a_restart_left_unfinished(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    before = Studio(clock, "Once ", 60.0, "never")
    answer = before.describe()
    await clock.pass_time(3)
    left: Any = next(r.json for r in fake.requests if r.method == "PATCH")
    after = Studio(clock)

    press = pressed(f"{STOP}:short:any:w", components=left["components"], question=2_000)
    await after.cog.on_interaction(press)
    answer.cancel()
    await outcomes(answer)

    stopped = next(text for text in fake.shown if "Stopped at your request." in text)
    assert "Once" in stopped
    assert CURSOR not in stopped


@in_virtual_time
async def test_describe_leaves_other_controls_alone(clock: VirtualClock, fake: FakeDiscord) -> None:
    cog = Studio(clock).cog

    await cog.on_interaction(pressed("search:pick:42"))
    await cog.on_interaction(pressed("describe:stopper:42"))
    await cog.on_interaction(interact())

    assert fake.requests == []


@in_virtual_time
async def test_nothing_more_is_written_once_the_message_is_deleted(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    endless: list[Step] = [2.0, "b "] * 30
    studio = Studio(clock, "a ", *endless)
    fake.refusals = [Refused(404, 10008)]

    await studio.describe()

    assert studio.writer.open_streams == 0
    assert clock.elapsed < 10
    assert fake.methods == ["POST", "PATCH"]


@in_virtual_time
async def test_closing_ends_a_text_honestly(clock: VirtualClock, fake: FakeDiscord) -> None:
    studio = Studio(clock, "Once ", 60.0, "never")
    answer = studio.describe()
    await clock.pass_time(3)

    await studio.answers.drain(6)

    assert answer.cancelled()
    assert "Cut short. I'm restarting." in fake.shown[-1]
    assert studio.writer.open_streams == 0
    assert fake.whispered == []


@in_virtual_time
async def test_closing_while_the_last_edit_waits_leaves_no_cursor_behind(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    # discord.py holds an edit back while its bucket is empty: seconds, not milliseconds.
    fake.edit_seconds = 4.0
    studio = Studio(clock, "Once ", 3.0, "upon a time.")
    answer = studio.describe()
    await clock.pass_time(4)  # the text is complete; the edit that shows its half is under way

    await studio.answers.drain(6)  # the process ends here

    assert answer.done()
    assert CURSOR not in fake.shown[-1]


@in_virtual_time
async def test_upstream_that_fails_in_the_middle_keeps_the_text(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    error = UpstreamTimeout("euria", "generate_description", None, "canary")

    once = "Once upon a time there was a record that nobody could describe to the very end of it. "
    await Studio(clock, once, error).describe()

    assert once.strip() in fake.shown[-1]
    assert "Cut short. EurIA is taking too long to answer." in fake.shown[-1]
    assert "canary" not in str(fake.requests)


@in_virtual_time
async def test_text_that_broke_off_too_early_to_stand_becomes_the_facts(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    error = UpstreamTimeout("euria", "stream")

    await Studio(clock, "Once upon", 3.0, error).describe("Blue Train by John Coltrane")

    assert any("Once" in text for text in fake.shown[:-1])
    assert "Once" not in fake.shown[-1]
    assert "is a release by **John Coltrane**" in fake.shown[-1]


@in_virtual_time
async def test_upstream_that_fails_at_once_leaves_the_facts(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    error = UpstreamTimeout("euria", "generate_description")

    studio = Studio(clock, error)
    studio.promises.is_kept = False
    await studio.describe("Blue Train by John Coltrane")

    assert "EurIA is taking too long to answer. Try again in a minute." in fake.shown[-1]
    assert "is a release by **John Coltrane**" in fake.shown[-1]


@in_virtual_time
async def test_upstream_that_fails_at_once_leaves_a_promise_where_it_can_be_kept(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    studio = Studio(clock, UpstreamTimeout("euria", "generate_description"))

    await studio.describe("Blue Train by John Coltrane")

    [(place, form)] = studio.promises.promised
    assert "I'll write the text here as soon as it's back." in fake.shown[-1]
    assert "Try again in a minute" not in fake.shown[-1]
    assert (place.channel_id, place.message_id, place.application_id) == (5, 99, 1)
    assert place.token == Secret("token")
    assert form is Form.SHORT


@in_virtual_time
async def test_upstream_that_only_an_operator_can_mend_is_promised_nothing(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    studio = Studio(clock, AuthenticationFailed("euria", "generate_description", 401))

    await studio.describe("Blue Train by John Coltrane")

    assert studio.promises.promised == []
    assert "rejected this bot's key" in fake.shown[-1]


@in_virtual_time
async def test_bug_in_the_middle_is_told_to_the_asker_only(
    clock: VirtualClock, fake: FakeDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    await Studio(clock, "Once ", KeyError("canary")).describe()

    assert fake.methods == ["POST", "DELETE", "POST"]
    assert "Something broke on my side" in fake.whispered[0]
    assert "canary" in caplog.text


@in_virtual_time
async def test_bug_in_the_middle_leaves_no_text_that_seems_to_be_going_on(
    clock: VirtualClock, fake: FakeDiscord, caplog: pytest.LogCaptureFixture
) -> None:
    await Studio(clock, "Once upon ", 5.0, KeyError("canary")).describe()

    assert "Cut short." in fake.shown[-1]
    assert CURSOR not in fake.shown[-1]
    assert "Something broke on my side" in fake.whispered[0]
    assert "canary" in caplog.text


@in_virtual_time
async def test_again_writes_anew_about_the_topic_that_the_message_shows(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    studio = Studio(clock)
    await studio.describe("1. *Outside*")
    shown: Any = fake.requests[-1].json

    press = pressed(AGAIN, components=shown["components"], question=2_000)
    await studio.cog.on_interaction(press)

    told = [prompt.messages[-1].content for prompt in studio.writer.requests]
    assert ["<topic>1. *Outside*</topic>" in each for each in told] == [True, True]
    assert studio.promises.superseded == [99]
    assert fake.whispered == []


@in_virtual_time
async def test_again_on_a_message_without_a_topic_says_so(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    studio = Studio(clock)

    await studio.cog.on_interaction(pressed(AGAIN, components=[{"type": 10, "content": "x"}]))

    assert fake.whispered == ["I can't read that message; use `/describe`."]
    assert studio.writer.requests == []


@in_virtual_time
async def test_kept_text_is_shown_at_once_unless_a_fresh_one_is_asked_for(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    studio = Studio(clock)

    await studio.describe()
    await studio.describe()
    kept = fake.shown[-1]
    await studio.describe(fresh=True)

    assert "Regenerate has a new one written" in kept
    assert len(studio.writer.requests) == 2


@in_virtual_time
async def test_useless_topic_is_refused_without_thinking_aloud(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    await Studio(clock).describe("!")

    assert fake.methods == ["POST"]
    assert "too short" in fake.whispered[0]


# --- Search


class Shop:
    """The search cog and everything it needs."""

    def __init__(self, clock: VirtualClock) -> None:
        self.answers = Answers(CATALOGUE)
        self.spotify, self.discogs = FakeSpotify(clock), FakeDiscogs(clock)
        self.full_spotify, messages = FullSpotify(), ProgressiveMessages(clock=clock)
        catalogue = CatalogueService(spotify=self.spotify, discogs=self.discogs)
        lookup = make_lookup(self.full_spotify, clock=clock, matches=catalogue)
        self.cog = Search(
            catalogue=catalogue,
            cards=make_music_messages(lookup, clock=clock),
            linked=LinkedMessages(music=Things().music(), messages=messages),
            suggestions=NoSuggestions(),
            messages=messages,
            answers=self.answers,
        )

    def search(self, query: str = "blue train", **options: Any) -> asyncio.Task[None]:  # noqa: ANN401  # passed through
        command = cast("Any", Search.search)
        return asyncio.create_task(command.callback(self.cog, interact(), query, **options))


@in_virtual_time
async def test_quick_search_is_one_edit(clock: VirtualClock, fake: FakeDiscord) -> None:
    shop = Shop(clock)

    await shop.search()

    assert fake.methods == ["POST", "PATCH"]
    assert shop.spotify.asked == shop.discogs.asked == ["blue train"]


@in_virtual_time
async def test_search_names_the_late_upstream_and_edits_it_in(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    shop = Shop(clock)
    shop.discogs.seconds = 5.0

    await shop.search()

    assert "Looking it up on Discogs…" in fake.shown[0]
    assert "discogs.com/release/7" in fake.shown[-1]


@in_virtual_time
async def test_closing_during_a_search_says_what_did_not_come(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    shop = Shop(clock)
    shop.discogs.seconds = 500.0
    answer = shop.search()
    await clock.pass_time(3)

    await shop.answers.drain(6)

    assert answer.cancelled()
    assert "Blue Train" in fake.shown[-1]
    assert "Discogs couldn't help this time. Try again in a minute." in fake.shown[-1]
    assert "⏳" not in fake.shown[-1]


@in_virtual_time
async def test_closing_while_the_last_edit_of_a_search_waits_leaves_nothing_pending(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    fake.edit_seconds = 4.0
    shop = Shop(clock)
    shop.discogs.seconds = 3.0
    answer = shop.search()
    await clock.pass_time(4)

    await shop.answers.drain(6)  # the process ends here

    assert answer.done()
    assert fake.shown != []
    assert "⏳" not in fake.shown[-1]


@pytest.mark.parametrize(
    ("value", "asked", "seen", "describe"),
    [
        pytest.param(
            "discogs:release:7",
            "release 7",
            "`A1` Moment's Notice",
            f"about:{ASKER}:r7",
            id="release",
        ),
        pytest.param(
            f"spotify:album:{ALBUM_ID}",
            f"album {ALBUM_ID}",
            "`1` Locomotion",
            f"about:{ASKER}:r7",
            id="album",
        ),
    ],
)
@in_virtual_time
async def test_picked_hit_replaces_the_card_and_keeps_the_menu(
    clock: VirtualClock, fake: FakeDiscord, value: str, asked: str, seen: str, *, describe: str
) -> None:
    shop = Shop(clock)

    await shop.cog.on_interaction(picked(value, components=[MENU]))

    sent: Any = fake.requests[-1].json
    controls = list(_controls(sent["components"]))
    [menu] = [each for each in controls if each["type"] == 3]
    assert asked in shop.discogs.asked + shop.full_spotify.asked
    assert seen in fake.shown[-1]
    assert menu["custom_id"] == f"search:pick:{ASKER}"
    assert len(menu["options"]) == 1
    assert f"describe:{describe}" in [each.get("custom_id") for each in controls]


@in_virtual_time
async def test_picked_hit_that_is_gone_is_told_to_the_asker_and_the_card_stays(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    shop = Shop(clock)
    shop.discogs.error = NotFound("discogs", "get_release", 404)

    await shop.cog.on_interaction(picked("discogs:release:7", components=[MENU]))

    assert fake.shown == []
    assert fake.whispered == ["Discogs has no such entry; it may have been deleted."]


@in_virtual_time
async def test_menu_of_somebody_else_is_refused(clock: VirtualClock, fake: FakeDiscord) -> None:
    shop = Shop(clock)

    await shop.cog.on_interaction(picked("discogs:release:7", user=OTHER, components=[MENU]))

    assert fake.whispered == ["This menu belongs to whoever searched. Try `/search`."]
    assert shop.discogs.asked == []


@in_virtual_time
async def test_search_leaves_other_controls_alone(clock: VirtualClock, fake: FakeDiscord) -> None:
    shop = Shop(clock)

    await shop.cog.on_interaction(pressed(STOP))
    await shop.cog.on_interaction(pressed(f"search:pick:{ASKER}"))
    await shop.cog.on_interaction(interact())

    assert fake.requests == []


# --- Status and help


class FakeHealth(Health):
    """Health as told."""

    def __init__(self, *upstreams: UpstreamHealth) -> None:
        self._told = list(upstreams)

    def upstreams(self) -> list[UpstreamHealth]:
        return self._told


LATER = WALL_START + timedelta(minutes=1)
STATES = [
    pytest.param({"condition": Condition.UP}, "🟢 **Discogs** – working", id="up"),
    pytest.param(
        {"condition": Condition.UP, "waiting": 1}, "working, 1 question waiting", id="one waiting"
    ),
    pytest.param(
        {"condition": Condition.UP, "waiting": 2}, "working, 2 questions waiting", id="two waiting"
    ),
    pytest.param(
        {"condition": Condition.DOWN, "retry_at": LATER},
        "🔴 **Discogs** – not answering; I'll try it again <t:1795435260:R>",
        id="down",
    ),
    pytest.param(
        {"name": "concerts", "condition": Condition.UP}, "🟢 **concerts** – working", id="unnamed"
    ),
    pytest.param({"condition": Condition.RECOVERING}, "🟡 **Discogs** – coming back", id="back"),
    pytest.param(
        {"condition": Condition.REDUCED, "settings": ("DISCOGS_TOKEN",)},
        "🟡 **Discogs** – releases only, no search; `DISCOGS_TOKEN` is missing",
        id="reduced",
    ),
    pytest.param(
        {"condition": Condition.DISABLED, "settings": ("DISCOGS_ENABLED",)},
        "⚪ **Discogs** – not set up; `DISCOGS_ENABLED` would enable it",
        id="disabled",
    ),
]


@pytest.mark.parametrize(("state", "expected"), STATES)
@in_virtual_time
async def test_status_tells_each_condition_to_the_asker_only(
    fake: FakeDiscord, state: dict[str, Any], expected: str
) -> None:
    health = FakeHealth(UpstreamHealth(**({"name": "discogs"} | state)))
    cog = Status(health=health, answers=Answers(CATALOGUE))

    await cast("Any", Status.status).callback(cog, interact())

    assert expected in fake.whispered[0]


@pytest.mark.parametrize("topic", [None, "search", "describe", "privacy", "sources", "unknown"])
@pytest.mark.parametrize("locale", ["en-US", "fr"])
@in_virtual_time
async def test_help_is_told_to_the_asker_only_in_their_language(
    fake: FakeDiscord, topic: str | None, locale: str
) -> None:
    cog = Help(answers=Answers(CATALOGUE))

    await cast("Any", Help.help).callback(cog, interact(locale=locale), topic)

    [text] = fake.whispered
    assert 50 < len(text) < 2_000
    assert text.startswith("**")


# --- Discord's own description


@in_virtual_time
async def test_everything_the_cogs_send_fits_discords_own_description(
    clock: VirtualClock, fake: FakeDiscord
) -> None:
    studio, shop = Studio(clock, "Once ", 3.0, "upon."), Shop(clock)

    await studio.describe()
    await shop.search()
    await shop.cog.on_interaction(picked("discogs:release:7", components=[MENU]))
    await shop.search("!")
    await settle()

    DiscordContract.load().check(fake.requests)
