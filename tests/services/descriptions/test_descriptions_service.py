"""Texts: written once, kept, paid for once, refused or cut."""

import asyncio

import pytest
from fakes.calls import StreamScript
from fakes.clock import VirtualClock, wall
from fakes.stores import MemoryStore
from fakes.upstreams import FakeDiscogs, FakeWriter
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.descriptions.models import (
    AlbumFacts,
    Form,
    Grounding,
    NotUsable,
    TextCut,
    UserWords,
    Wish,
)
from services.descriptions.service import DescriptionService
from services.errors import InvalidResponse

FACTS = AlbumFacts(release_id=7, title="Kind of Blue", artist="Miles Davis", first_year=1959)
GROUNDING = Grounding(wish=Wish(words=UserWords("kind of blue")), facts=FACTS)
TEXT = "A text about a record."


def make_service(
    clock: VirtualClock, writer: FakeWriter, store: MemoryStore | None = None
) -> DescriptionService:
    return DescriptionService(discogs=FakeDiscogs(), euria=writer, clock=clock, store=store)


async def write(service: DescriptionService, grounding: Grounding = GROUNDING) -> str:
    async with service.writing(grounding) as increments:
        return "".join([part async for part in increments])


async def kept_text(service: DescriptionService, grounding: Grounding = GROUNDING) -> str | None:
    kept = await service.kept(grounding)
    return None if kept is None else kept.text


@in_virtual_time
async def test_whole_text_is_kept_with_its_date(clock: VirtualClock) -> None:
    service = make_service(clock, FakeWriter("A text ", 5.0, "about a record."))

    text = await write(service)
    kept = await service.kept(GROUNDING)

    assert kept is not None
    assert (text, kept.text, kept.written_at) == (TEXT, TEXT, wall(5))


@in_virtual_time
async def test_kept_text_outlives_the_process(clock: VirtualClock) -> None:
    store = MemoryStore()
    before = make_service(clock, FakeWriter(TEXT), store)
    await write(before)
    await before.aclose()

    after = make_service(clock, FakeWriter("Another text altogether."), store)

    assert await kept_text(after) == TEXT


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(
            Grounding(wish=Wish(words=UserWords("kind of blue"), form=Form.LONG), facts=FACTS),
            id="form",
        ),
        pytest.param(
            Grounding(wish=Wish(words=UserWords("kind of blue"), language="fr"), facts=FACTS),
            id="language",
        ),
        pytest.param(Grounding(wish=Wish(words=UserWords("kind of blue"))), id="facts"),
    ],
)
@in_virtual_time
async def test_kept_text_is_not_found_for_another_request(
    clock: VirtualClock, other: Grounding
) -> None:
    service = make_service(clock, FakeWriter())
    await write(service)

    assert await kept_text(service, other) is None


@in_virtual_time
async def test_kept_text_of_another_model_is_not_found(clock: VirtualClock) -> None:
    store, other = MemoryStore(), FakeWriter()
    service = make_service(clock, FakeWriter(), store)
    await write(service)
    await service.aclose()
    other.model = "another-model"

    assert await kept_text(make_service(clock, other, store)) is None


@in_virtual_time
async def test_text_is_found_however_its_topic_is_spelled(clock: VirtualClock) -> None:
    service = make_service(clock, FakeWriter())
    await write(service, Grounding(wish=Wish(words=UserWords("Some Band"))))

    again = Grounding(wish=Wish(words=UserWords("SOME band")))

    assert await kept_text(service, again) == "A text about music."


@in_virtual_time
async def test_text_is_kept_for_thirty_days(clock: VirtualClock) -> None:
    service = make_service(clock, FakeWriter(TEXT))
    await write(service)

    await clock.sleep(30 * 86_400)
    kept = await kept_text(service)
    await clock.sleep(60)

    assert (kept, await kept_text(service)) == (TEXT, None)


@in_virtual_time
async def test_second_asker_follows_the_text_that_is_being_written(clock: VirtualClock) -> None:
    writer = FakeWriter("A text ", 5.0, "about a record.")
    service = make_service(clock, writer)
    first = asyncio.create_task(write(service))
    await clock.sleep(2)

    assert await write(service) == TEXT
    assert await first == TEXT
    assert writer.script.opened == 1


@in_virtual_time
async def test_text_that_was_left_by_all_is_begun_anew_for_the_next(clock: VirtualClock) -> None:
    writer = FakeWriter("A text ", 5.0, "about a record.")
    service = make_service(clock, writer)
    task = asyncio.create_task(write(service))
    await clock.sleep(1)
    task.cancel()
    await outcomes(task)

    assert (await kept_text(service), writer.script.closed) == (None, 1)
    assert await write(service) == TEXT
    assert writer.script.opened == 2


@in_virtual_time
async def test_text_that_broke_off_is_not_kept_and_stands_where_it_is(clock: VirtualClock) -> None:
    service = make_service(clock, FakeWriter("Half", InvalidResponse("euria", "stream")))
    seen: list[str] = []

    with pytest.raises(InvalidResponse):
        async with service.writing(GROUNDING) as increments:
            seen.extend([part async for part in increments])

    assert await kept_text(service) is None


@in_virtual_time
async def test_text_that_grew_too_long_is_told_and_not_kept(clock: VirtualClock) -> None:
    writer = FakeWriter(TEXT)
    writer.finish_reason = "length"
    service = make_service(clock, writer)

    with pytest.raises(TextCut) as cut:
        await write(service)

    assert (cut.value.reason, await kept_text(service)) == ("length", None)


@pytest.mark.parametrize("text", ["I'm sorry, but I can't write that.", "…"])
@in_virtual_time
async def test_refusal_and_nothing_are_no_texts(clock: VirtualClock, text: str) -> None:
    service = make_service(clock, FakeWriter(text))

    with pytest.raises(NotUsable):
        await write(service)

    assert await kept_text(service) is None


@in_virtual_time
async def test_place_in_the_queue_is_passed_on(clock: VirtualClock) -> None:
    writer, places = FakeWriter(3.0, TEXT), list[int]()
    writer.place = 3
    service = make_service(clock, writer)

    async with service.writing(GROUNDING, on_place=places.append) as increments:
        await settle()
        assert [part async for part in increments] == [TEXT]

    assert places == [3]


@in_virtual_time
async def test_first_text_after_a_failure_is_a_new_one(clock: VirtualClock) -> None:
    writer = FakeWriter()
    writer.script = StreamScript([InvalidResponse("euria", "stream")], [TEXT])
    service = make_service(clock, writer)
    with pytest.raises(InvalidResponse):
        await write(service)

    assert await write(service) == TEXT
