"""Searches by number, masters, artists, labels and prices: what is asked and what is kept."""

from collections.abc import Awaitable, Callable

import pytest
from harness.discogs import Discogs, open_discogs

from bot.sandbox.faults import Fault, FaultKind
from services.answers import Answer, Source
from services.discogs.service import DiscogsService
from services.errors import NotFound, ServiceDisabled
from services.music import InvalidQuery

Get = Callable[[DiscogsService, int], Awaitable[Answer[object]]]
GETS: list[Get] = [
    lambda service, number: service.get_master(number),
    lambda service, number: service.get_versions(number),
    lambda service, number: service.get_artist(number),
    lambda service, number: service.get_label(number),
    lambda service, number: service.get_market_stats(number),
]


async def test_a_barcode_finds_its_releases_however_it_is_written(discogs: Discogs) -> None:
    pressing = next(
        each for each in discogs.stand_in.catalogue.pressings.values() if each.edition.barcode
    )
    digits = pressing.edition.barcode

    answer = await discogs.service.search_barcode(f" {digits[:1]} {digits[1:6]}-{digits[6:]}")

    assert pressing.edition.release_id in [hit.discogs_id for hit in answer.value.hits]
    assert discogs.stand_in.requests[-1].query == {
        "barcode": digits,
        "type": "release",
        "per_page": "15",
    }


async def test_a_catalogue_number_finds_its_releases(discogs: Discogs) -> None:
    answer = await discogs.service.search_catno("CL 1355")

    assert [hit.catno for hit in answer.value.hits] == ["CL 1355"]
    assert answer.value.search_url == "https://www.discogs.com/search/?q=CL%201355"


async def test_a_barcode_and_a_catalogue_number_do_not_share_an_answer(discogs: Discogs) -> None:
    await discogs.service.search_catno("1234567")
    await discogs.service.search_barcode("1234567")
    await discogs.service.search("1234567")

    assert len(discogs.stand_in.requests) == 3


@pytest.mark.parametrize("barcode", ["", "7", " - ", "🎷🎷"])
async def test_a_barcode_that_is_none_is_not_sent(discogs: Discogs, barcode: str) -> None:
    with pytest.raises(InvalidQuery):
        await discogs.service.search_barcode(barcode)

    assert discogs.asked() == []


async def test_a_number_cannot_be_searched_for_without_a_token() -> None:
    async with open_discogs(has_token=False) as discogs:
        with pytest.raises(ServiceDisabled):
            await discogs.service.search_catno("CL 1355")


async def test_a_work_its_versions_and_its_people_are_found(discogs: Discogs) -> None:
    service, catalogue = discogs.service, discogs.stand_in.catalogue
    master_id, album = next(iter(catalogue.masters.items()))

    master = (await service.get_master(master_id)).value
    versions = (await service.get_versions(master_id)).value
    artist = (await service.get_artist(album.credits[0].discogs_artist_id)).value
    label = (await service.get_label(album.editions[0].label_id)).value

    assert (master.title, master.year) == (album.title, album.year)
    assert {each.release_id for each in versions.versions} == {
        each.release_id for each in album.editions
    }
    assert "[" not in artist.profile
    assert (artist.artist_id, label.label_id) == (
        album.credits[0].discogs_artist_id,
        album.editions[0].label_id,
    )


async def test_versions_are_asked_for_by_the_page_and_kept_by_the_page(discogs: Discogs) -> None:
    master_id = next(iter(discogs.stand_in.catalogue.masters))

    await discogs.service.get_versions(master_id)
    with pytest.raises(NotFound):
        await discogs.service.get_versions(master_id, page=2)

    assert discogs.stand_in.requests[-1].query == {
        "page": "2",
        "per_page": "50",
        "sort": "released",
        "sort_order": "asc",
    }


async def test_prices_of_two_currencies_do_not_share_an_answer(discogs: Discogs) -> None:
    release_id = next(iter(discogs.stand_in.catalogue.pressings))

    answers = [
        (await discogs.service.get_market_stats(release_id, currency)).value
        for currency in ("EUR", "CHF", "EUR")
    ]

    assert [each.currency for each in answers] == ["EUR", "CHF", "EUR"]
    assert len(discogs.stand_in.requests) == 2


@pytest.mark.parametrize("get", GETS)
async def test_what_discogs_does_not_have_is_not_found(discogs: Discogs, get: Get) -> None:
    with pytest.raises(NotFound):
        await get(discogs.service, 1)


@pytest.mark.parametrize("get", GETS)
async def test_switched_off_nothing_is_asked(discogs: Discogs, get: Get) -> None:
    service = DiscogsService(
        http=discogs.http,
        policy=discogs.policy,
        authorization=None,
        api_url=discogs.stand_in.api_url,
        is_enabled=False,
    )

    with pytest.raises(ServiceDisabled):
        await get(service, 1)
    assert discogs.asked() == []


async def test_a_work_that_was_seen_is_kept(discogs: Discogs) -> None:
    master_id = next(iter(discogs.stand_in.catalogue.masters))
    first = await discogs.service.get_master(master_id)
    discogs.stand_in.faults.set(Fault(kind=FaultKind.STATUS, status=503))

    again = await discogs.service.get_master(master_id)

    assert (first.source, again.source) == (Source.LIVE, Source.CACHED)
    assert first.value == again.value
