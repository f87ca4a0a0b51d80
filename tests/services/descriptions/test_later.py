"""A text that could not be written now, on virtual time and an in-memory table of jobs."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from fakes.calls import StreamScript
from fakes.chance import FixedChance
from fakes.clock import WALL_START, VirtualClock
from fakes.jobs import Workshop
from fakes.promises import FakeEditor
from fakes.upstreams import FakeDiscogs, FakeWriter
from fakes.virtual_time import in_virtual_time

from services.delivery import DiscordUnavailable, LateEdit, MessagePlace
from services.descriptions.late_models import WRITE_LATER, LateDescription, WriteLater
from services.descriptions.later import LateDescriptions
from services.descriptions.models import AlbumFacts, Form, Grounding, Target, UserWords, Wish
from services.descriptions.service import DescriptionService
from services.discogs.models import Release
from services.errors import CircuitOpen, RateLimitExceeded, UpstreamServerError
from services.euria.models import Subject
from services.jobs.kinds import Handlers
from services.jobs.worker import Worker, working
from services.storage.job_models import JobState, NewJob

FACTS = AlbumFacts(release_id=1, title="Blue Train", artist="John Coltrane", first_year=1958)
WISH = Wish(words=UserWords("Blue Train"), subject=Subject.ALBUM, language="fr")
GROUNDING = Grounding(wish=WISH, facts=FACTS)
TEXT = "Un texte sur un disque."
PLACE = MessagePlace(channel_id=5, message_id=7, application_id=1, is_in_reach=True)
DOWN = UpstreamServerError("euria", "generate_description", 503, "503")


class Desk:
    """The service, its worker, and what they talk to."""

    def __init__(self, clock: VirtualClock, *texts: str | Exception) -> None:
        self.clock = clock
        self.workshop = Workshop(clock)
        self.editor = FakeEditor()
        self.writer = FakeWriter()
        self.writer.script = StreamScript(*([text] for text in texts))
        self.discogs = FakeDiscogs()
        self.descriptions = DescriptionService(discogs=self.discogs, euria=self.writer, clock=clock)
        self.later = LateDescriptions(
            descriptions=self.descriptions,
            queue=self.workshop.queue,
            editor=self.editor,
            clock=clock,
        )

    async def promise(
        self,
        place: MessagePlace = PLACE,
        grounding: Grounding = GROUNDING,
        retry_after: float | None = None,
    ) -> bool:
        return await self.later.promise(place, grounding, user_id=42, retry_after=retry_after)

    async def work(self, seconds: float) -> None:
        handlers = Handlers()
        handlers.register(WRITE_LATER, self.later.write)
        worker = Worker(
            self.workshop.queue,
            handlers,
            name="w",
            clock=self.clock,
            chance=FixedChance(0.0),
        )
        async with working(worker, drain_seconds=1):
            await self.clock.pass_time(seconds)

    @property
    def shown(self) -> list[str]:
        contents = [content for _, content in self.editor.shown]
        return [content.text for content in contents if isinstance(content, LateDescription)]

    @property
    def states(self) -> list[JobState]:
        return [job.state for job in self.workshop.database.rows.values()]


@in_virtual_time
async def test_promised_text_is_written_and_shown(clock: VirtualClock) -> None:
    desk = Desk(clock, TEXT)

    is_promised = await desk.promise()
    await desk.work(60)

    assert is_promised
    [(late_id, content)] = desk.editor.shown
    assert late_id == 1
    assert content == LateDescription(
        grounding=GROUNDING,
        user_id=42,
        text=TEXT,
        asked_at=WALL_START,
    )
    assert desk.states == []
    [prompt] = desk.writer.prompts
    assert "Artist: John Coltrane" in prompt.messages[-1].content
    assert "en français" in prompt.messages[0].content


@in_virtual_time
async def test_written_text_is_kept_for_whoever_asks_next(clock: VirtualClock) -> None:
    desk = Desk(clock, TEXT)
    await desk.promise()
    await desk.work(60)

    kept = await desk.descriptions.kept(GROUNDING)

    assert kept is not None
    assert kept.text == TEXT


@in_virtual_time
async def test_text_that_somebody_else_had_written_meanwhile_is_used(clock: VirtualClock) -> None:
    desk = Desk(clock, "The text of theirs.", "Never.")
    await desk.promise()
    async with desk.descriptions.writing(GROUNDING) as increments:
        assert [part async for part in increments] == ["The text of theirs."]

    await desk.work(60)

    assert desk.shown == ["The text of theirs."]
    assert len(desk.writer.prompts) == 1


@in_virtual_time
async def test_first_try_waits_as_long_as_euria_asked(clock: VirtualClock) -> None:
    desk = Desk(clock, TEXT)
    await desk.promise(retry_after=600)

    await desk.work(599)
    early = list(desk.shown)
    await desk.work(10)

    assert early == []
    assert desk.shown == [TEXT]


@in_virtual_time
async def test_no_promise_is_made_where_the_message_may_be_out_of_reach(
    clock: VirtualClock,
) -> None:
    desk = Desk(clock, TEXT)

    is_promised = await desk.promise(replace(PLACE, is_in_reach=False))
    await desk.work(60)

    assert not is_promised
    assert desk.shown == [TEXT]  # its token may still have worked


@in_virtual_time
async def test_full_queue_takes_nothing_more(clock: VirtualClock) -> None:
    desk = Desk(clock)
    for _ in range(100):
        await desk.promise()

    is_promised = await desk.promise()

    assert not is_promised
    assert len(desk.states) == 100


@in_virtual_time
async def test_database_that_is_away_costs_only_the_promise(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(clock)
    desk.workshop.database.is_away = True

    is_promised = await desk.promise()

    assert not is_promised
    assert "a text cannot be queued" in caplog.text
    assert "Blue Train" not in caplog.text


@in_virtual_time
async def test_euria_that_stays_away_is_asked_ever_more_rarely_and_costs_no_attempt(
    clock: VirtualClock,
) -> None:
    desk = Desk(clock, *[DOWN] * 500)
    await desk.promise()

    await desk.work(1_000)
    [job] = desk.workshop.database.rows.values()

    # At 15, 30, 45, 60 and 75 s, and from then on whenever a quarter of its age has gone by.
    assert len(desk.writer.prompts) == 16
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)


@in_virtual_time
async def test_outage_of_hours_ends_with_the_text(clock: VirtualClock) -> None:
    desk = Desk(clock, *[DOWN] * 10, "At last there is a text.")
    await desk.promise()

    await desk.work(600)

    assert desk.shown == ["At last there is a text."]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(
            CircuitOpen("euria", "generate_description", retry_after=1_000), id="circuit open"
        ),
        pytest.param(
            RateLimitExceeded("euria", "generate_description", retry_after=1_000), id="429"
        ),
    ],
)
def test_euria_is_not_asked_before_the_time_it_named(
    error: CircuitOpen | RateLimitExceeded, clock: VirtualClock
) -> None:
    @in_virtual_time
    async def scenario() -> None:
        desk = Desk(clock, error, TEXT)
        await desk.promise()

        await desk.work(15 + 999)
        early = len(desk.writer.prompts)
        await desk.work(10)

        assert early == 1
        assert desk.shown == [TEXT]

    scenario()


@pytest.mark.parametrize("form", list(Form))
@in_virtual_time
async def test_every_kind_of_text_comes_later_as_what_it_is(
    clock: VirtualClock, form: Form
) -> None:
    desk = Desk(clock, "un silence bleu\nl'aiguille cherche son train\ndéjà le matin")
    grounding = Grounding(wish=msgspec.structs.replace(WISH, form=form), facts=FACTS)
    await desk.promise(grounding=grounding)

    await desk.work(60)

    [(_, content)] = desk.editor.shown
    assert isinstance(content, LateDescription)
    assert (content.grounding, bool(content.text)) == (grounding, True)


@in_virtual_time
async def test_text_that_is_refused_is_given_up_at_once(clock: VirtualClock) -> None:
    desk = Desk(clock, "I'm sorry, but I can't.", "Never.")
    await desk.promise()

    await desk.work(60)

    [(_, content)] = desk.editor.shown
    assert isinstance(content, LateDescription)
    assert (content.text, content.is_refused) == ("", True)
    assert len(desk.writer.prompts) == 1


@in_virtual_time
async def test_facts_that_were_missing_are_looked_up_by_then(clock: VirtualClock) -> None:
    desk = Desk(clock, TEXT)
    desk.discogs.releases[1] = Release(release_id=1, title="Blue Train", artist="John Coltrane")
    wish = msgspec.structs.replace(WISH, words=None, target=Target("r", 1))
    away = UpstreamServerError("discogs", "get_release", 503)
    await desk.promise(grounding=Grounding(wish=wish, error=away))

    await desk.work(60)

    assert "Artist: John Coltrane" in desk.writer.prompts[0].messages[-1].content


@in_virtual_time
async def test_day_without_euria_ends_with_the_last_word(clock: VirtualClock) -> None:
    desk = Desk(clock, *[DOWN] * 500)
    await desk.promise()

    await desk.work(60)
    clock.step_wall(timedelta(hours=25))
    await desk.work(60)

    assert desk.shown == [""]
    assert desk.states == []


@in_virtual_time
async def test_superseded_promise_is_not_paid_for(clock: VirtualClock) -> None:
    desk = Desk(clock, "Never.")
    await desk.promise()
    await desk.later.supersede(7)

    await desk.work(60)

    assert desk.writer.prompts == []
    assert desk.shown == []
    assert desk.states == []


@in_virtual_time
async def test_discord_that_is_away_is_tried_again_without_paying_twice(
    clock: VirtualClock,
) -> None:
    desk = Desk(clock, TEXT, "Never.")
    desk.editor.outcomes = [
        DiscordUnavailable("status 503"),
        DiscordUnavailable("rate limited", retry_after=100),
    ]
    await desk.promise()

    await desk.work(15 + 30 + 99)
    early = list(desk.shown)
    await desk.work(10)

    assert early == []
    assert desk.shown == [TEXT]
    assert len(desk.writer.prompts) == 1


@in_virtual_time
async def test_text_that_was_paid_for_survives_the_process(clock: VirtualClock) -> None:
    desk = Desk(clock, "Never.")
    wish = WriteLater(
        late_id=await desk.editor.expect(PLACE),
        user_id=42,
        topic="Blue Train",
        asked_at=WALL_START,
        text="Written before the crash.",
    )
    await desk.workshop.queue.enqueue(WRITE_LATER, wish)

    await desk.work(10)

    assert desk.shown == ["Written before the crash."]
    assert desk.writer.prompts == []


@in_virtual_time
async def test_message_that_is_gone_ends_the_job(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    desk = Desk(clock, TEXT)
    desk.editor.outcomes = [LateEdit.GONE]
    await desk.promise()

    await desk.work(60)

    assert desk.states == []
    assert "a late text was not shown: gone" in caplog.text


def test_payload_that_an_earlier_version_stored_can_still_be_read() -> None:
    stored = (
        '{"late_id":1,"user_id":42,"topic":"Blue Train","subject":"album","hit":null,'
        '"length":"short","language":"English","asked_at":"2026-11-26T12:00:00Z"}'
    )

    wish = WRITE_LATER.decode(stored)

    assert wish.text == ""
    assert wish.wish == Wish(words=UserWords("Blue Train"), subject=Subject.ALBUM, language="en")
    assert wish.is_thin
    assert wish.asked_at.utcoffset() == timedelta()
    assert NewJob(kind=WRITE_LATER.name, payload=stored).payload == stored
