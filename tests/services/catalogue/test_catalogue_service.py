import asyncio
from contextlib import aclosing

import msgspec
import pytest
from fakes.calls import Script
from fakes.clock import VirtualClock
from fakes.upstreams import (
    FakeDiscogs,
    FakeSpotify,
    found_hits,
    found_items,
    make_hit,
    make_item,
)
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.answers import Answer
from services.catalogue.models import SearchKind, SearchResults
from services.catalogue.service import CatalogueService
from services.discogs.models import DiscogsKind, DiscogsResults, Release, SearchHit
from services.errors import ServiceDisabled, UpstreamServerError
from services.music import InvalidQuery
from services.spotify.models import SpotifyKind, SpotifyResults

DOWN = UpstreamServerError("spotify", "search", 503)
ALBUM = make_item("Kind of Blue", "Miles Davis")
PRESSING = make_hit("Kind of Blue", "Miles Davis")
STRANGER = make_item("Thriller", "Michael Jackson")


def _spotify(
    result: Answer[SpotifyResults] | BaseException, takes: float = 0.0
) -> tuple[FakeSpotify, Script[Answer[SpotifyResults]]]:
    script = Script(result, takes=takes)
    return FakeSpotify(script), script


def _discogs(
    result: Answer[DiscogsResults] | BaseException, takes: float = 0.0
) -> tuple[FakeDiscogs, Script[Answer[DiscogsResults]]]:
    script = Script(result, takes=takes)
    return FakeDiscogs(script), script


def _service(
    spotify: Answer[SpotifyResults] | BaseException,
    discogs: Answer[DiscogsResults] | BaseException,
    *,
    spotify_takes: float = 0.0,
    discogs_takes: float = 0.0,
) -> CatalogueService:
    return CatalogueService(
        spotify=_spotify(spotify, spotify_takes)[0], discogs=_discogs(discogs, discogs_takes)[0]
    )


async def _search(
    service: CatalogueService,
    query: str = "kind of blue",
    kind: SearchKind = SearchKind.EVERYTHING,
) -> list[SearchResults]:
    return [results async for results in service.search(query, kind)]


@in_virtual_time
async def test_each_upstream_is_shown_as_soon_as_it_answers(clock: VirtualClock) -> None:
    service = _service(found_items(ALBUM), found_hits(PRESSING), spotify_takes=5, discogs_takes=1)

    seen = [
        (results.waiting, results.spotify is not None, results.discogs is not None, clock.elapsed)
        async for results in service.search("kind of blue")
    ]

    assert seen == [(("spotify",), False, True, 1), ((), True, True, 5)]


@in_virtual_time
async def test_both_upstreams_are_asked_at_once(clock: VirtualClock) -> None:
    service = _service(found_items(), found_hits(), spotify_takes=5, discogs_takes=5)

    results = await _search(service)

    assert (len(results), results[-1].waiting, clock.elapsed) == (1, (), 5)


@in_virtual_time
async def test_the_query_is_cleaned_before_it_is_asked() -> None:
    spotify, discogs = FakeSpotify(), FakeDiscogs()

    (results,) = await _search(
        CatalogueService(spotify=spotify, discogs=discogs), "  Kind of\nBlue "
    )

    assert results.query == "Kind of Blue"
    assert (spotify.asked[0][0], discogs.asked[0][0]) == ("Kind of Blue", "Kind of Blue")


@pytest.mark.parametrize("query", ["a", "", "x" * 201, "🎷"])
@in_virtual_time
async def test_a_query_that_makes_no_sense_asks_nobody(query: str) -> None:
    spotify, discogs = FakeSpotify(), FakeDiscogs()

    with pytest.raises(InvalidQuery):
        await _search(CatalogueService(spotify=spotify, discogs=discogs), query)

    assert (spotify.asked, discogs.asked) == ([], [])


@pytest.mark.parametrize(
    ("kind", "spotify_kinds", "discogs_kinds"),
    [
        (
            SearchKind.EVERYTHING,
            [(SpotifyKind.ALBUM, SpotifyKind.ARTIST, SpotifyKind.TRACK)],
            [DiscogsKind.RELEASE],
        ),
        (SearchKind.ALBUM, [(SpotifyKind.ALBUM,)], [DiscogsKind.RELEASE]),
        (SearchKind.ARTIST, [(SpotifyKind.ARTIST,)], [DiscogsKind.ARTIST]),
        (SearchKind.TRACK, [(SpotifyKind.TRACK,)], []),
        (SearchKind.PLAYLIST, [(SpotifyKind.PLAYLIST,)], []),
        (SearchKind.RELEASE, [], [DiscogsKind.RELEASE]),
    ],
)
@in_virtual_time
async def test_each_kind_asks_the_upstreams_that_have_it(
    kind: SearchKind,
    spotify_kinds: list[tuple[SpotifyKind, ...]],
    discogs_kinds: list[DiscogsKind],
) -> None:
    spotify, discogs = FakeSpotify(), FakeDiscogs()

    await _search(CatalogueService(spotify=spotify, discogs=discogs), kind=kind)

    assert [kinds for _, kinds in spotify.asked] == spotify_kinds
    assert [kind for _, kind in discogs.asked] == discogs_kinds


@pytest.mark.parametrize("kind", list(SearchKind))
@in_virtual_time
async def test_the_upstreams_named_are_those_asked(kind: SearchKind) -> None:
    spotify, discogs = FakeSpotify(), FakeDiscogs()
    service = CatalogueService(spotify=spotify, discogs=discogs)

    await _search(service, kind=kind)

    asked = ["spotify"] * len(spotify.asked) + ["discogs"] * len(discogs.asked)
    assert list(service.upstreams(kind)) == asked


@in_virtual_time
async def test_an_upstream_that_was_not_asked_has_no_answer() -> None:
    (results,) = await _search(_service(found_items(), found_hits()), kind=SearchKind.TRACK)

    assert results.discogs is None


@pytest.mark.parametrize("error", [DOWN, ServiceDisabled("spotify", "search", settings=["X"])])
@in_virtual_time
async def test_a_failure_is_part_of_the_results(error: UpstreamServerError) -> None:
    (results,) = await _search(_service(error, found_hits(PRESSING)))

    assert (results.spotify, results.discogs_hits) == (error, (PRESSING,))


@in_virtual_time
async def test_when_both_fail_both_failures_are_told() -> None:
    (results,) = await _search(_service(DOWN, DOWN))

    assert (results.spotify, results.discogs, results.best) == (DOWN, DOWN, None)


@in_virtual_time
async def test_a_bug_is_not_hidden_and_leaves_nothing_behind() -> None:
    discogs, script = _discogs(found_hits(), takes=10)
    service = CatalogueService(spotify=_spotify(RuntimeError("a bug"))[0], discogs=discogs)

    with pytest.raises(RuntimeError, match="a bug"):
        await _search(service)

    assert (script.running, len(asyncio.all_tasks())) == (0, 1)


@in_virtual_time
async def test_closing_early_cancels_what_is_still_under_way(clock: VirtualClock) -> None:
    discogs, script = _discogs(found_hits(), takes=60)
    service = CatalogueService(spotify=_spotify(found_items(ALBUM))[0], discogs=discogs)

    async with aclosing(service.search("kind of blue")) as search:
        await anext(search)

    assert (script.calls, script.running, clock.elapsed) == (1, 0, 0)


@in_virtual_time
async def test_a_cancelled_reader_cancels_what_is_still_under_way(clock: VirtualClock) -> None:
    spotify, spotify_script = _spotify(found_items(), takes=60)
    discogs, discogs_script = _discogs(found_hits(), takes=60)
    task = asyncio.create_task(_search(CatalogueService(spotify=spotify, discogs=discogs)))
    await clock.sleep(1)
    task.cancel()
    await outcomes(task)

    assert task.cancelled()
    assert (spotify_script.running, discogs_script.running) == (0, 0)


@in_virtual_time
async def test_a_reader_cancelled_while_closing_stays_cancelled(clock: VirtualClock) -> None:
    class SlowToLeave(FakeDiscogs):
        async def search(self, query: str, kind: DiscogsKind | None) -> Answer[DiscogsResults]:
            try:
                return await super().search(query, kind)
            finally:
                await clock.pass_time(5)

    discogs = SlowToLeave(Script(found_hits(), takes=60))
    service = CatalogueService(spotify=FakeSpotify(), discogs=discogs)

    async def leave_early() -> None:
        async with aclosing(service.search("kind of blue")) as search:
            await anext(search)

    task = asyncio.create_task(leave_early())
    await settle()
    task.cancel()
    await outcomes(task)

    assert task.cancelled()


# Ranking


@in_virtual_time
async def test_the_hit_that_was_asked_for_is_the_best() -> None:
    partial = make_item("Kind of Blue (Legacy Edition)", "Miles Davis")

    (results,) = await _search(_service(found_items(partial, ALBUM), found_hits(PRESSING)))

    assert (results.best, results.others) == (ALBUM, (PRESSING, partial))


@in_virtual_time
async def test_a_stranger_is_never_the_best() -> None:
    (results,) = await _search(_service(found_items(STRANGER), found_hits()))

    assert (results.best, results.others) == (None, (STRANGER,))


@in_virtual_time
async def test_a_better_hit_that_comes_later_takes_over() -> None:
    partial = make_item("Kind of Blue (Legacy Edition)", "Miles Davis")
    service = _service(found_items(partial), found_hits(PRESSING), discogs_takes=5)

    results = await _search(service)

    assert [part.best for part in results] == [partial, PRESSING]


@in_virtual_time
async def test_the_menu_holds_24_other_hits_at_most() -> None:
    hits = [make_hit("Kind of Blue", discogs_id=number) for number in range(40)]

    (results,) = await _search(_service(found_items(ALBUM), found_hits(*hits)))

    assert len(results.others) == 24
    assert results.best not in results.others


@in_virtual_time
async def test_nothing_found_has_no_best() -> None:
    (results,) = await _search(_service(found_items(), found_hits()))

    assert (results.best, results.others) == (None, ())


# Single items


@in_virtual_time
async def test_a_release_comes_from_discogs() -> None:
    discogs = FakeDiscogs()
    discogs.releases[249504] = Release(release_id=249504, title="Stockholm", artist="X")
    service = CatalogueService(spotify=FakeSpotify(), discogs=discogs)

    answer = await service.get_release(249504)

    assert answer.value.release_id == 249504


# --- One release


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        pytest.param("r249504", [], id="its number"),
        pytest.param(
            " kind of  blue ", [("kind of blue", DiscogsKind.RELEASE)], id="words: the best hit"
        ),
    ],
)
async def test_release_is_found_by_what_somebody_typed(
    text: str, asked: list[tuple[str, DiscogsKind]]
) -> None:
    hits = found_hits(
        make_hit("Blue", discogs_id=7), make_hit("Kind of Blue", "Miles Davis", discogs_id=249_504)
    )
    discogs = FakeDiscogs(Script(hits))
    discogs.releases[249_504] = Release(release_id=249_504, title="", artist="")
    service = CatalogueService(spotify=FakeSpotify(), discogs=discogs)

    found = await service.find_release(text)

    assert found is not None
    assert found.value.release_id == 249_504
    assert discogs.asked == asked


async def test_release_that_nothing_fits_is_none_and_an_outage_is_an_error() -> None:
    service = CatalogueService(spotify=FakeSpotify(), discogs=FakeDiscogs(Script(found_hits())))
    failing = FakeDiscogs(Script(found_hits(error=DOWN)))

    assert await service.find_release("kind of blue") is None
    with pytest.raises(UpstreamServerError):
        await CatalogueService(spotify=FakeSpotify(), discogs=failing).find_release("kind of blue")
    with pytest.raises(InvalidQuery):
        await service.find_release("?")


# What Discogs has under the name of something of Spotify


@pytest.mark.parametrize(
    ("hit", "is_sure"),
    [
        pytest.param(make_hit("KIND OF BLUE", "Miles Davis"), True, id="same title and artist"),
        pytest.param(make_hit("Kind of Blue", "Bill Evans"), False, id="another artist"),
        pytest.param(make_hit("Kind of Blue (Live)", "Miles Davis"), False, id="another title"),
    ],
)
@in_virtual_time
async def test_match_is_sure_only_of_the_same_title_and_artist(
    hit: SearchHit, *, is_sure: bool
) -> None:
    spotify, discogs = FakeSpotify(), FakeDiscogs(Script(found_hits(make_hit("Else", "X"), hit)))
    spotify.items["id"] = make_item("Kind of Blue", "Miles Davis")
    service = CatalogueService(spotify=spotify, discogs=discogs)

    match = await service.match("album", "id")

    assert match.is_sure is is_sure
    assert (hit in match.hits, len(match.hits)) == (True, 2)
    assert match.hits[0] == (hit if is_sure else match.hits[0])
    assert discogs.asked == [("Miles Davis Kind of Blue", DiscogsKind.RELEASE)]


@in_virtual_time
async def test_track_is_matched_by_its_album() -> None:
    spotify, discogs = FakeSpotify(), FakeDiscogs()
    track = make_item("So What", "Miles Davis", kind=SpotifyKind.TRACK)
    spotify.items["id"] = msgspec.structs.replace(track, album="Kind of Blue")

    match = await CatalogueService(spotify=spotify, discogs=discogs).match("track", "id")

    assert (match.hits, match.is_sure) == ((), False)
    assert discogs.asked == [("Miles Davis Kind of Blue", DiscogsKind.RELEASE)]
