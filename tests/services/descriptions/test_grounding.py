"""What Discogs knows of a topic, in time or not."""

import pytest
from fakes.calls import Script
from fakes.clock import VirtualClock
from fakes.upstreams import FakeDiscogs, found_hits, make_hit
from fakes.virtual_time import in_virtual_time

from services.descriptions.grounding import Grounder
from services.descriptions.models import (
    AlbumFacts,
    ArtistFacts,
    DayFacts,
    Facts,
    Grounding,
    Target,
    UserWords,
    Wish,
)
from services.discogs.models import Artist, DiscogsKind, Master, Release, Track
from services.discogs.release_parts import ReleaseCredit
from services.errors import DeadlineExceeded, ServiceDisabled, UpstreamServerError
from services.euria.models import Subject

DOWN = UpstreamServerError("discogs", "search", 503)
HIT = make_hit("Kind of Blue", "Miles Davis", discogs_id=7, year=2015, labels=("Columbia",))
RELEASE = Release(
    release_id=7,
    master_id=5460,
    title="Kind of Blue",
    artist="Miles Davis",
    year=2015,
    labels=("Columbia – CS 8163",),
    styles=("Modal",),
    tracks=(Track("A1", "So What", "9:22"), Track("A2", "Freddie Freeloader", "9:46")),
    credits=(
        ReleaseCredit(role="Piano", name="Bill Evans"),
        ReleaseCredit(role="Piano", name="Wynton Kelly", tracks="A2"),
        ReleaseCredit(role="Piano", name="Bill Evans"),
    ),
    url="https://www.discogs.com/release/7",
    image_url="https://i.discogs.com/cover",
)
MASTER = Master(master_id=5460, title="Kind of Blue", artist="Miles Davis", year=1959)


def knowing(*hits: object, takes: float = 0.0) -> FakeDiscogs:
    discogs = FakeDiscogs(Script(found_hits(*(hits or (HIT,))), takes=takes))  # type: ignore[arg-type]  # hits
    discogs.releases[7] = RELEASE
    discogs.masters[5460] = MASTER
    return discogs


async def ground(
    clock: VirtualClock,
    discogs: FakeDiscogs,
    topic: str = "Kind of Blue",
    subject: Subject | None = None,
) -> Grounding:
    return await Grounder(discogs, clock=clock).ground(
        Wish(words=UserWords.typed(topic), subject=subject)
    )


def album_of(facts: Facts | None) -> AlbumFacts:
    assert isinstance(facts, AlbumFacts)
    return facts


@in_virtual_time
async def test_named_album_is_grounded_in_its_pressing_and_its_master(clock: VirtualClock) -> None:
    grounding = await ground(clock, knowing())

    facts = album_of(grounding.facts)
    assert (facts.first_year, facts.pressing_year, facts.labels) == (1959, 2015, ("Columbia",))
    assert (facts.tracks, facts.credits) == (
        ("So What", "Freddie Freeloader"),
        ("Bill Evans (Piano)",),
    )
    assert grounding.error is None


@pytest.mark.parametrize(
    "topic",
    ["kind of blue", "Kind of Blue!", "Kind of Blue by Miles Davis", "Miles Davis - Kind of Blue"],
)
@in_virtual_time
async def test_title_and_artist_may_be_worded_freely(clock: VirtualClock, topic: str) -> None:
    assert album_of((await ground(clock, knowing(), topic)).facts).release_id == 7


@pytest.mark.parametrize(
    "topic",
    [
        pytest.param("Kind of Blue by Bill Evans", id="another artist"),
        pytest.param("Blue", id="a part of the title"),
        pytest.param("Kind of Blue remix album", id="more than the title"),
    ],
)
@in_virtual_time
async def test_release_that_the_topic_does_not_name_is_no_ground(
    clock: VirtualClock, topic: str
) -> None:
    assert (await ground(clock, knowing(), topic)).facts is None


@in_virtual_time
async def test_artist_is_grounded_in_profile_and_works_of_their_own(clock: VirtualClock) -> None:
    works = [
        make_hit("Blue Train", "John Coltrane", kind=DiscogsKind.MASTER, year=1958),
        make_hit("Giant Steps", "John Coltrane", kind=DiscogsKind.MASTER, year=1960),
        make_hit("Coltrane Plays", "Somebody Else", kind=DiscogsKind.MASTER, year=1990),
    ]
    hit = make_hit("John Coltrane", kind=DiscogsKind.ARTIST, discogs_id=97545)
    discogs = FakeDiscogs(Script(found_hits(hit), found_hits(*reversed(works))))
    discogs.artists[97545] = Artist(artist_id=97545, name="John Coltrane", profile="Saxophonist.")

    grounding = await ground(clock, discogs, "john coltrane", Subject.ARTIST)

    assert grounding.facts == ArtistFacts(
        artist_id=97545,
        name="John Coltrane",
        profile="Saxophonist.",
        records=(("Blue Train", 1958), ("Giant Steps", 1960)),
    )
    assert [kind for _, kind in discogs.asked] == [DiscogsKind.ARTIST, DiscogsKind.MASTER]


@in_virtual_time
async def test_lookup_stops_after_five_seconds_with_what_it_knows_by_then(
    clock: VirtualClock,
) -> None:
    discogs = knowing(takes=2)
    discogs.details = Script(None, takes=2)

    grounding = await ground(clock, discogs)

    facts = album_of(grounding.facts)
    assert (facts.first_year, facts.tracks[:1]) == (None, ("So What",))
    assert isinstance(grounding.error, DeadlineExceeded)
    assert clock.elapsed == pytest.approx(5, abs=0.05)


@in_virtual_time
async def test_hit_is_enough_when_the_details_fail(clock: VirtualClock) -> None:
    discogs = knowing()
    discogs.details = Script(DOWN)

    grounding = await ground(clock, discogs)

    assert album_of(grounding.facts).labels == ("Columbia",)
    assert grounding.error is DOWN


@pytest.mark.parametrize(
    "error", [DOWN, ServiceDisabled("discogs", "search", settings=["DISCOGS_TOKEN"])]
)
@in_virtual_time
async def test_without_discogs_there_are_just_the_words(
    clock: VirtualClock, error: UpstreamServerError
) -> None:
    grounding = await ground(clock, FakeDiscogs(Script(error)))

    assert (grounding.facts, grounding.error, grounding.topic) == (None, error, "Kind of Blue")


@in_virtual_time
async def test_button_below_a_record_needs_no_words_and_no_search(clock: VirtualClock) -> None:
    discogs = knowing()

    grounding = await Grounder(discogs, clock=clock).ground(Wish(target=Target("r", 7)))

    assert grounding.topic == "Miles Davis – Kind of Blue"
    assert discogs.asked == []


@in_virtual_time
async def test_today_is_known_without_asking_anybody(clock: VirtualClock) -> None:
    discogs = knowing()

    grounding = await Grounder(discogs, clock=clock).ground(Wish(target=Target("d")))

    assert grounding.facts == DayFacts(clock.now().date())
    assert discogs.asked == []


@in_virtual_time
async def test_bug_in_the_lookup_is_not_hidden(clock: VirtualClock) -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        await ground(clock, FakeDiscogs(Script(RuntimeError("a bug"))))


@pytest.mark.parametrize("target", [Target("r", 249504), Target("a", 1), Target("d"), Target()])
def test_target_survives_its_button(target: Target) -> None:
    assert Target.parse(str(target)) == target


@pytest.mark.parametrize("text", ["", "x", "r", "a-1", "d5", "r9999999999999999999", "spotify"])
def test_target_of_no_button_of_ours_is_none(text: str) -> None:
    assert Target.parse(text) is None
