import asyncio
from contextlib import aclosing

import pytest
from fakes.calls import Script
from fakes.clock import VirtualClock, wall
from fakes.upstreams import FakeDiscogs, FakeWriter, found_hits, make_hit
from fakes.virtual_time import in_virtual_time, outcomes

from services.answers import Answer
from services.descriptions.service import DescriptionService, Grounding, facts_of
from services.discogs.models import DiscogsKind, DiscogsResults, SearchHit
from services.errors import (
    DeadlineExceeded,
    InvalidResponse,
    ServiceDisabled,
    UpstreamServerError,
)
from services.euria.models import Length, Subject
from services.music import InvalidQuery

DOWN = UpstreamServerError("discogs", "search", 503)
KIND_OF_BLUE = make_hit(
    "Kind of Blue",
    "Miles Davis",
    year=2015,
    country="Europe",
    formats=("Vinyl",),
    labels=("Columbia", "Legacy"),
    catno="CS 8163",
    genres=("Jazz",),
    styles=("Modal",),
    image_url="https://i.discogs.com/cover",
)
GROUNDING = Grounding(topic="Kind of Blue", subject=Subject.ALBUM, hit=KIND_OF_BLUE)


def _finding(*results: Answer[DiscogsResults] | BaseException, takes: float = 0.0) -> FakeDiscogs:
    return FakeDiscogs(Script(*results, takes=takes))


def _service(
    clock: VirtualClock, *, discogs: FakeDiscogs | None = None, writer: FakeWriter | None = None
) -> DescriptionService:
    return DescriptionService(
        discogs=discogs or _finding(found_hits(KIND_OF_BLUE)),
        euria=writer or FakeWriter(),
        clock=clock,
    )


async def _write(
    service: DescriptionService,
    grounding: Grounding = GROUNDING,
    length: Length = Length.SHORT,
    language: str = "English",
) -> str:
    return "".join([part async for part in service.write(grounding, length, language)])


async def _kept_text(
    service: DescriptionService,
    grounding: Grounding = GROUNDING,
    length: Length = Length.SHORT,
    language: str = "English",
) -> str | None:
    kept = await service.kept(grounding, length, language)
    return None if kept is None else kept.text


# Looking the facts up


@in_virtual_time
async def test_a_topic_that_names_a_release_is_grounded_in_it(clock: VirtualClock) -> None:
    grounding = await _service(clock).ground("  Kind of\nBlue ", Subject.ALBUM)

    assert grounding == Grounding(topic="Kind of Blue", subject=Subject.ALBUM, hit=KIND_OF_BLUE)


@in_virtual_time
async def test_releases_are_what_is_looked_for(clock: VirtualClock) -> None:
    discogs = _finding(found_hits())

    await _service(clock, discogs=discogs).ground("Kind of Blue")

    assert discogs.asked == [("Kind of Blue", DiscogsKind.RELEASE)]


@pytest.mark.parametrize(
    "topic",
    [
        "kind of blue",
        "Kind of Blue!",
        "Miles Davis Kind of Blue",
        "Kind of Blue by Miles Davis",
        "Kind of Blue par Miles Davis",
        "Miles Davis - Kind of Blue",
    ],
)
@in_virtual_time
async def test_title_and_artist_may_be_worded_freely(clock: VirtualClock, topic: str) -> None:
    assert (await _service(clock).ground(topic)).hit == KIND_OF_BLUE


@pytest.mark.parametrize(
    "topic",
    [
        pytest.param("Kind of Blue by Bill Evans", id="another artist"),
        pytest.param("Blue", id="a part of the title"),
        pytest.param("Miles Davis", id="the artist alone"),
        pytest.param("Kind of Blue remix album", id="more than the title"),
    ],
)
@in_virtual_time
async def test_a_release_the_topic_does_not_name_is_no_ground(
    clock: VirtualClock, topic: str
) -> None:
    assert (await _service(clock).ground(topic)).hit is None


@in_virtual_time
async def test_the_first_release_that_is_named_is_taken(clock: VirtualClock) -> None:
    stranger = make_hit("Blue Train", "John Coltrane")
    discogs = _finding(found_hits(stranger, KIND_OF_BLUE))

    assert (await _service(clock, discogs=discogs).ground("Kind of Blue")).hit == KIND_OF_BLUE


@in_virtual_time
async def test_an_artist_is_not_looked_up(clock: VirtualClock) -> None:
    discogs = _finding(found_hits(KIND_OF_BLUE))

    grounding = await _service(clock, discogs=discogs).ground("Miles Davis", Subject.ARTIST)

    assert (grounding.hit, discogs.asked) == (None, [])


@in_virtual_time
async def test_a_slow_lookup_is_given_up_after_three_seconds(clock: VirtualClock) -> None:
    discogs = _finding(found_hits(KIND_OF_BLUE), takes=10)

    grounding = await _service(clock, discogs=discogs).ground("Kind of Blue")

    assert (grounding.hit, type(grounding.error)) == (None, DeadlineExceeded)
    assert clock.elapsed == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize(
    "error", [DOWN, ServiceDisabled("discogs", "search", settings=["DISCOGS_TOKEN"])]
)
@in_virtual_time
async def test_without_discogs_there_is_just_the_topic(
    clock: VirtualClock, error: UpstreamServerError
) -> None:
    grounding = await _service(clock, discogs=_finding(error)).ground("Kind of Blue")

    assert grounding == Grounding(topic="Kind of Blue", subject=None, error=error)


@in_virtual_time
async def test_a_stale_answer_grounds_and_tells_why_it_is_stale(clock: VirtualClock) -> None:
    discogs = _finding(found_hits(KIND_OF_BLUE, error=DOWN))

    grounding = await _service(clock, discogs=discogs).ground("Kind of Blue")

    assert (grounding.hit, grounding.error) == (KIND_OF_BLUE, DOWN)


@pytest.mark.parametrize("topic", ["a", "", "x" * 201, "🎷"])
@in_virtual_time
async def test_a_topic_that_makes_no_sense_asks_nobody(clock: VirtualClock, topic: str) -> None:
    discogs = _finding(found_hits())

    with pytest.raises(InvalidQuery):
        await _service(clock, discogs=discogs).ground(topic)

    assert discogs.asked == []


@in_virtual_time
async def test_a_bug_in_the_lookup_is_not_hidden(clock: VirtualClock) -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        await _service(clock, discogs=_finding(RuntimeError("a bug"))).ground("Kind of Blue")


# Facts


def test_facts_are_those_of_the_catalogue() -> None:
    assert facts_of(KIND_OF_BLUE) == (
        "Title: Kind of Blue",
        "Artist: Miles Davis",
        "Year of this pressing (the music may be older): 2015",
        "Labels: Columbia, Legacy",
        "Genres: Jazz",
        "Styles: Modal",
    )


def test_facts_hold_neither_picture_nor_link() -> None:
    assert "http" not in " ".join(facts_of(KIND_OF_BLUE))


def test_a_search_hit_has_no_room_for_a_price() -> None:
    assert set(SearchHit.__struct_fields__) == {
        "kind",
        "discogs_id",
        "title",
        "artist",
        "year",
        "country",
        "formats",
        "labels",
        "catno",
        "genres",
        "styles",
        "image_url",
        "url",
    }


def test_what_is_unknown_is_no_fact() -> None:
    assert facts_of(make_hit("Icarus")) == ("Title: Icarus",)


def test_without_a_release_there_are_no_facts() -> None:
    assert facts_of(None) == ()


# Writing


@in_virtual_time
async def test_a_text_is_yielded_as_it_is_written(clock: VirtualClock) -> None:
    service = _service(clock, writer=FakeWriter("A ", 5.0, "text."))

    parts = [
        (part, clock.elapsed) async for part in service.write(GROUNDING, Length.SHORT, "English")
    ]

    assert parts == [("A ", 0), ("text.", 5)]


@in_virtual_time
async def test_the_writer_is_told_everything_it_needs(clock: VirtualClock) -> None:
    writer = FakeWriter()

    await _write(_service(clock, writer=writer), length=Length.LONG, language="French")

    (request,) = writer.requests
    assert (request.topic, request.subject, request.length, request.language) == (
        "Kind of Blue",
        Subject.ALBUM,
        Length.LONG,
        "French",
    )
    assert request.facts == facts_of(KIND_OF_BLUE)


# Keeping


@in_virtual_time
async def test_a_complete_text_is_kept_with_its_date(clock: VirtualClock) -> None:
    service = _service(clock, writer=FakeWriter("A ", 5.0, "text."))
    await _write(service)

    kept = await service.kept(GROUNDING, Length.SHORT, "English")

    assert kept is not None
    assert (kept.text, kept.written_at) == ("A text.", wall(5))


@in_virtual_time
async def test_nothing_is_kept_before_anything_was_written(clock: VirtualClock) -> None:
    assert await _kept_text(_service(clock)) is None


@in_virtual_time
async def test_a_text_that_broke_off_is_not_kept(clock: VirtualClock) -> None:
    service = _service(clock, writer=FakeWriter("Half", InvalidResponse("euria", "write")))

    with pytest.raises(InvalidResponse):
        await _write(service)

    assert await _kept_text(service) is None


@in_virtual_time
async def test_a_text_that_was_stopped_is_not_kept_and_not_written_on(clock: VirtualClock) -> None:
    writer = FakeWriter("Half", 5.0, "a text.")
    service = _service(clock, writer=writer)

    async with aclosing(service.write(GROUNDING, Length.SHORT, "English")) as text:
        await anext(text)

    assert (await _kept_text(service), writer.script.closed, clock.elapsed) == (None, 1, 0)


@in_virtual_time
async def test_a_text_whose_reader_was_cancelled_is_not_kept(clock: VirtualClock) -> None:
    writer = FakeWriter("Half", 5.0, "a text.")
    service = _service(clock, writer=writer)
    task = asyncio.create_task(_write(service))
    await clock.sleep(1)
    task.cancel()
    await outcomes(task)

    assert (await _kept_text(service), writer.script.closed) == (None, 1)


@pytest.mark.parametrize(("days", "text"), [(7, "A text."), (7.01, None)])
@in_virtual_time
async def test_a_text_is_kept_for_a_week(
    clock: VirtualClock, days: float, text: str | None
) -> None:
    service = _service(clock)
    await _write(service)

    await clock.sleep(days * 86_400)

    assert await _kept_text(service) == text


@in_virtual_time
async def test_a_text_is_found_again_however_its_topic_is_spelled(clock: VirtualClock) -> None:
    service = _service(clock)
    await _write(service)

    again = Grounding(topic="KIND of blue", subject=Subject.ALBUM)

    assert await _kept_text(service, again) == "A text."


@pytest.mark.parametrize(
    ("grounding", "length", "language"),
    [
        pytest.param(GROUNDING, Length.LONG, "English", id="length"),
        pytest.param(GROUNDING, Length.SHORT, "French", id="language"),
        pytest.param(
            Grounding(topic="Kind of Blue", subject=None), Length.SHORT, "English", id="subject"
        ),
        pytest.param(
            Grounding(topic="Blue", subject=Subject.ALBUM), Length.SHORT, "English", id="topic"
        ),
    ],
)
@in_virtual_time
async def test_a_text_is_not_found_for_another_request(
    clock: VirtualClock, grounding: Grounding, length: Length, language: str
) -> None:
    service = _service(clock)
    await _write(service)

    assert await _kept_text(service, grounding, length, language) is None


@in_virtual_time
async def test_texts_about_different_topics_never_mix(clock: VirtualClock) -> None:
    service = _service(clock)
    await _write(service, Grounding(topic="バンド", subject=None))

    assert await _kept_text(service, Grounding(topic="ハント", subject=None)) is None
