"""A release, its price and its other pressings, as they come and when they do not."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.answers import Answer, Source
from services.catalogue.queries import Reading
from services.catalogue.release_view import Asker, ReleaseView
from services.catalogue.releases import ReleaseLookup
from services.discogs.models import (
    DiscogsKind,
    DiscogsResults,
    MarketStats,
    Master,
    Release,
    SearchHit,
    Version,
    Versions,
)
from services.errors import ExternalServiceException, NotFound, ServiceDown
from services.storage.errors import DatabaseUnavailable

ME = Asker(user_id=42, currency="USD")
DOWN = ServiceDown("discogs", "any", 503)
BLUE_TRAIN = Release(release_id=1, title="Blue Train", artist="John Coltrane", master_id=9)
LONELY = Release(release_id=2, title="Lonely", artist="Nobody")
VERSIONS = Versions(versions=(Version(release_id=1, title="Blue Train"),), page=1, pages=1, total=1)


def hit(release_id: int, title: str = "Blue Train", catno: str | None = None) -> SearchHit:
    return SearchHit(
        kind=DiscogsKind.RELEASE,
        discogs_id=release_id,
        title=title,
        artist="John Coltrane",
        catno=catno,
    )


def live(value: Any) -> Answer[Any]:  # noqa: ANN401  # whatever is asked for
    return Answer(value=value, source=Source.LIVE)


@dataclass
class FakeDiscogs:
    """Discogs: answers from what it is given, fails where it is told to; notes what was asked."""

    hits: dict[str, tuple[SearchHit, ...]] = field(default_factory=dict)
    failing: dict[str, ExternalServiceException] = field(default_factory=dict)
    search_source: Source = Source.LIVE
    first_year: int | None = None
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def _answer(self, call: str, about: Any, value: Any) -> Answer[Any]:  # noqa: ANN401
        self.asked.append((call, about))
        if call in self.failing:
            raise self.failing[call]
        return live(value)

    def _found(self, call: str, query: str) -> Answer[DiscogsResults]:
        self.asked.append((call, query))
        value = DiscogsResults(hits=self.hits.get(call, ()), search_url="https://a.b")
        return Answer(value=value, source=self.search_source)

    async def search(self, query: str, kind: DiscogsKind | None = None) -> Answer[DiscogsResults]:
        assert kind is DiscogsKind.RELEASE
        return self._found("search", query)

    async def search_barcode(self, barcode: str) -> Answer[DiscogsResults]:
        return self._found("barcode", barcode)

    async def search_catno(self, catno: str) -> Answer[DiscogsResults]:
        return self._found("catno", catno)

    async def get_release(self, release_id: int) -> Answer[Release]:
        releases = {1: BLUE_TRAIN, 2: LONELY}
        if release_id not in releases:
            raise NotFound("discogs", "get_release", 404)
        return self._answer("release", release_id, releases[release_id])

    async def get_master(self, master_id: int) -> Answer[Master]:
        master = Master(
            master_id=master_id, title="", artist="", main_release_id=1, year=self.first_year
        )
        return self._answer("master", master_id, master)

    async def get_versions(self, master_id: int) -> Answer[Versions]:
        return self._answer("versions", master_id, VERSIONS)

    async def get_market_stats(self, release_id: int, currency: str) -> Answer[MarketStats]:
        return self._answer("market", (release_id, currency), MarketStats(for_sale=3))


@dataclass
class FakeCurrencies:
    """Who has told Discogs a currency."""

    known: dict[int, str] = field(default_factory=dict)
    error: Exception | None = None

    async def of(self, user_id: int) -> str | None:
        if self.error is not None:
            raise self.error
        return self.known.get(user_id)


@dataclass
class FakeLookups:
    """Where look-ups are noted."""

    noted: list[tuple[int, int]] = field(default_factory=list)
    error: Exception | None = None

    async def note(self, user_id: int, release: Release) -> None:
        if self.error is not None:
            raise self.error
        self.noted.append((user_id, release.release_id))


@dataclass
class FakeYears:
    """Where the years of works are noted."""

    noted: dict[int, int] = field(default_factory=dict)
    error: Exception | None = None

    async def note_master_years(self, years: Mapping[int, int]) -> None:
        if self.error is not None:
            raise self.error
        self.noted.update(years)


class Desk:
    """The look-up with everything around it."""

    def __init__(self, **discogs: Any) -> None:  # noqa: ANN401  # a builder
        self.discogs = FakeDiscogs(**discogs)
        self.currencies, self.lookups, self.years = FakeCurrencies(), FakeLookups(), FakeYears()
        self.lookup = ReleaseLookup(
            discogs=self.discogs,
            currencies=self.currencies,
            lookups=self.lookups,
            master_years=self.years,
        )

    async def views(self, query: str) -> list[ReleaseView]:
        async with aclosing(self.lookup.look_up(query, ME)) as views:
            return [view async for view in views]

    async def last(self, query: str) -> ReleaseView:
        return (await self.views(query))[-1]


async def test_facts_come_first_then_price_and_pressings() -> None:
    desk = Desk()

    first, *_, last = await desk.views("r1")

    assert first.release == live(BLUE_TRAIN)
    assert (first.market, first.versions, first.is_complete) == (None, None, False)
    assert (last.market, last.versions) == (live(MarketStats(for_sale=3)), live(VERSIONS))
    assert last.is_complete
    assert desk.lookups.noted == [(42, 1)]


async def test_release_without_a_master_has_no_pressings_to_wait_for() -> None:
    last = await Desk().last("r2")

    assert last.versions is None
    assert last.is_complete


async def test_year_of_the_music_is_told_and_remembered_when_it_is_another_one() -> None:
    desk = Desk(first_year=1957)

    last = await desk.last("r1")

    assert last.first_released == 1957
    assert desk.years.noted == {BLUE_TRAIN.master_id: 1957}


@pytest.mark.parametrize("year", [BLUE_TRAIN.year, None])
async def test_year_of_the_music_is_not_told_when_it_says_nothing_new(year: int | None) -> None:
    assert (await Desk(first_year=year).last("r1")).first_released is None


async def test_year_that_cannot_be_remembered_is_told_all_the_same() -> None:
    desk = Desk(first_year=1957)
    desk.years.error = DatabaseUnavailable("busy")

    assert (await desk.last("r1")).first_released == 1957


async def test_failures_of_price_and_pressings_are_part_of_the_answer() -> None:
    last = await Desk(failing={"market": DOWN, "versions": DOWN, "master": DOWN}).last("r1")

    assert (last.market, last.versions, last.master) == (DOWN, DOWN, DOWN)
    assert last.first_released is None
    assert last.release == live(BLUE_TRAIN)
    assert last.is_complete


async def test_master_means_its_main_release() -> None:
    last = await Desk().last("https://www.discogs.com/master/9-John-Coltrane")

    assert (last.reading, last.release) == (Reading.MASTER, live(BLUE_TRAIN))


async def test_number_of_no_release_may_be_a_barcode() -> None:
    desk = Desk(hits={"barcode": (hit(1),)})

    last = await desk.last("12345678")

    assert (last.reading, last.release) == (Reading.BARCODE, live(BLUE_TRAIN))


async def test_number_that_can_only_be_a_release_is_said_to_be_missing() -> None:
    with pytest.raises(NotFound):
        await Desk().views("r777")


async def test_catalogue_number_is_compared_whole_before_the_words_are_tried() -> None:
    one = Desk(hits={"catno": (hit(2, catno="XBLP-1577"), hit(1, catno="blp 1577"))})
    other = Desk(hits={"catno": (hit(2, catno="XBLP-1577"),), "search": (hit(1),)})

    assert (await one.last("BLP1577")).reading is Reading.CATNO
    assert (await one.last("BLP1577")).release == live(BLUE_TRAIN)
    assert (await other.last("BLP1577")).reading is Reading.TEXT


async def test_words_find_the_best_release_and_offer_the_others() -> None:
    hits = (hit(2, title="Blue Train And More"), hit(1))
    last = await Desk(hits={"search": hits}).last("john coltrane blue train")

    assert last.release == live(BLUE_TRAIN)
    assert [each.discogs_id for each in last.others] == [2]
    assert not last.is_doubtful


async def test_match_that_is_not_what_was_typed_is_doubtful() -> None:
    last = await Desk(hits={"search": (hit(1),)}).last("something else entirely")

    assert last.is_doubtful


async def test_nothing_found_is_an_answer() -> None:
    desk = Desk()

    [view] = await desk.views("12345678")

    assert (view.release, view.is_complete, view.query) == (None, True, "12345678")
    assert [call for call, _ in desk.discogs.asked] == ["barcode", "catno", "search"]
    assert desk.lookups.noted == []


async def test_outage_of_the_search_is_not_searched_around() -> None:
    desk = Desk(search_source=Source.MANUAL)

    [view] = await desk.views("5012394144777")

    assert [call for call, _ in desk.discogs.asked] == ["barcode"]
    assert view.search is not None


@pytest.mark.parametrize(
    ("known", "error", "currency"),
    [
        pytest.param({42: "CHF"}, None, "CHF", id="told"),
        pytest.param({43: "CHF"}, None, "USD", id="told by somebody else"),
        pytest.param({}, DatabaseUnavailable(), "USD", id="not to be had"),
    ],
)
async def test_price_is_in_the_currency_that_the_asker_has_told_discogs(
    known: dict[int, str], error: Exception | None, currency: str
) -> None:
    desk = Desk()
    desk.currencies.known, desk.currencies.error = known, error

    await desk.views("r1")

    assert ("market", (1, currency)) in desk.discogs.asked


async def test_database_that_is_away_costs_no_answer() -> None:
    desk = Desk()
    desk.lookups.error = DatabaseUnavailable()

    assert (await desk.last("r1")).is_complete


async def test_leaving_early_ends_what_is_under_way() -> None:
    desk = Desk()
    views: AsyncGenerator[ReleaseView, None] = desk.lookup.look_up("r1", ME)

    await anext(views)
    await views.aclose()

    assert ("versions", 9) not in desk.discogs.asked
