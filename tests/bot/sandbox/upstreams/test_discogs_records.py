"""Discogs' records: releases, masters, artists, labels, prices and pictures."""

import json
from pathlib import Path

import pytest
from harness.sandbox_clients import DiscogsApi

_RECORDINGS = Path(__file__).parents[5] / "shared" / "recordings" / "discogs"


async def test_release_has_numbers_where_searches_have_strings(discogs_api: DiscogsApi) -> None:
    found = await discogs_api.first(catno="CL 1355", type="release")

    status, release = await discogs_api.get(found["resource_url"])

    assert status == 200
    assert (release["year"], release["released"]) == (1959, "1959-08-17")
    assert release["released_formatted"] == "17 Aug 1959"
    assert release["formats"][0]["qty"] == "1"
    assert [track["position"] for track in release["tracklist"]] == ["A1", "A2", "A3", "B1", "B2"]
    assert release["tracklist"][0] == {
        "position": "A1",
        "type_": "track",
        "title": "So What",
        "duration": "9:22",
    }
    assert release["extraartists"][0]["role"] == "Piano"


@pytest.mark.parametrize(
    ("query", "released", "formatted"),
    [
        pytest.param({"catno": "V6-8545"}, "1964-03-00", "Mar 1964", id="month"),
        pytest.param({"catno": "BLP 1577"}, "1958", "1958", id="year"),
    ],
)
async def test_partial_dates_are_filled_with_zeros(
    discogs_api: DiscogsApi, query: dict[str, str], released: str, formatted: str
) -> None:
    found = await discogs_api.first(type="release", **query)

    _, release = await discogs_api.get(found["resource_url"])

    assert (release["released"], release["released_formatted"]) == (released, formatted)


async def test_nothing_there_means_no_key(discogs_api: DiscogsApi) -> None:
    found = await discogs_api.first(q="music for 18 musicians", type="release")

    _, release = await discogs_api.get(found["resource_url"])

    assert {"images", "extraartists", "identifiers"}.isdisjoint(release)


async def test_side_with_one_long_piece_has_no_number(discogs_api: DiscogsApi) -> None:
    found = await discogs_api.first(q="tago mago", type="release", year="1971")

    _, release = await discogs_api.get(found["resource_url"])

    positions = [track["position"] for track in release["tracklist"]]
    assert positions == ["A1", "A2", "A3", "B", "C", "D1", "D2"]


async def test_compilation_names_the_artist_of_each_track(discogs_api: DiscogsApi) -> None:
    found = await discogs_api.first(q="the harder they come", type="release", year="1972")

    _, release = await discogs_api.get(found["resource_url"])

    assert release["artists"][0]["id"] == 194
    assert release["tracklist"][2]["artists"][0]["name"] == "The Melodians"


async def test_price_depends_on_the_currency_only_with_credentials(discogs_api: DiscogsApi) -> None:
    pressings = discogs_api.stand_in.catalogue.pressings
    bodies = [
        (await asker.get(f"/releases/{release_id}", curr_abbr="JPY"))[1]
        for release_id in list(pressings)[:4]
        for asker in (discogs_api, discogs_api.without_credentials())
    ]
    priced = [body for body in bodies if body["lowest_price"] is not None]

    known, unknown = (body["lowest_price"] for body in priced[:2])
    assert known == pytest.approx(unknown * 151, rel=0.01)


async def test_stats_price_is_an_object_or_null(discogs_api: DiscogsApi) -> None:
    bodies = [
        (await discogs_api.get(f"/marketplace/stats/{release_id}", curr_abbr="EUR"))[1]
        for release_id in list(discogs_api.stand_in.catalogue.pressings)[:30]
    ]

    priced = [body for body in bodies if body["lowest_price"]]
    unpriced = [body for body in bodies if not body["lowest_price"]]
    assert priced[0]["lowest_price"]["currency"] == "EUR"
    assert unpriced[0] == {"num_for_sale": None, "lowest_price": None, "blocked_from_sale": False}


async def test_master_leads_to_its_versions(discogs_api: DiscogsApi) -> None:
    found = await discogs_api.first(q="kind of blue", type="master")

    _, master = await discogs_api.get(found["resource_url"])
    _, versions = await discogs_api.get(master["versions_url"], sort="released", sort_order="desc")
    _, compact_discs = await discogs_api.get(master["versions_url"], format="CD")

    assert (master["year"], master["title"]) == (1959, "Kind Of Blue")
    assert [each["released"] for each in versions["versions"]] == ["2010", "1997", "1959"]
    assert [each["catno"] for each in compact_discs["versions"]] == ["CK 64935"]


async def test_artist_leads_to_masters_and_releases(discogs_api: DiscogsApi) -> None:
    found = await discogs_api.first(q="radiohead", type="artist")

    _, artist = await discogs_api.get(found["resource_url"])
    _, releases = await discogs_api.get(artist["releases_url"], sort="year")

    kinds = [(each["type"], each["title"]) for each in releases["releases"]]
    assert kinds == [("master", "OK Computer"), ("release", "Kid A")]
    assert "[a=Radiohead]" in artist["profile"]


async def test_guest_appears_with_a_role(discogs_api: DiscogsApi) -> None:
    found = await discogs_api.first(q="brian eno", type="artist")

    _, releases = await discogs_api.get(f"{found['resource_url']}/releases")

    roles = {each["title"]: each["role"] for each in releases["releases"]}
    assert roles["Ambient 1 (Music For Airports)"] == "Main"
    assert roles["Remain In Light"] == "Producer"


async def test_label_leads_to_its_releases(discogs_api: DiscogsApi) -> None:
    found = await discogs_api.first(q="blue note", type="label")

    _, label = await discogs_api.get(found["resource_url"])
    _, releases = await discogs_api.get(label["releases_url"])

    assert label["name"] == "Blue Note"
    assert "Blue Train" in {each["title"] for each in releases["releases"]}


async def test_pictures_need_no_credentials_and_their_exact_address(
    discogs_api: DiscogsApi,
) -> None:
    found = await discogs_api.first(q="nevermind", type="release")
    before = discogs_api.stand_in.window.used

    async with discogs_api.session.get(found["cover_image"]) as response:
        assert (response.status, response.content_type) == (200, "image/png")
    async with discogs_api.session.get(found["cover_image"].replace("-600-", "-300-")) as response:
        assert response.status == 403
    assert discogs_api.stand_in.window.used == before


@pytest.mark.skipif(not _RECORDINGS.exists(), reason=f"no recorded answers at {_RECORDINGS}")
@pytest.mark.parametrize(
    ("recording", "kind", "optional"),
    [
        pytest.param(
            "releases/1.json",
            "release",
            {"videos", "companies", "extraartists", "notes", "master_id", "master_url"},
            id="release",
        ),
        pytest.param("masters/4242.json", "master", {"videos"}, id="master"),
        pytest.param(
            "labels/1.json", "label", {"contact_info", "sublabels", "urls", "images"}, id="label"
        ),
        pytest.param(
            "artists/1.json", "artist", {"aliases", "realname", "namevariations"}, id="artist"
        ),
    ],
)
async def test_objects_are_shaped_like_the_recorded_ones(
    discogs_api: DiscogsApi, recording: str, kind: str, optional: set[str]
) -> None:
    recorded = json.loads((_RECORDINGS / recording).read_text(encoding="utf-8"))
    found = await discogs_api.first(type=kind, q="blue" if kind != "artist" else "air")

    _, body = await discogs_api.get(found["resource_url"])

    shared = body.keys() & recorded.keys()
    assert recorded.keys() - shared <= optional
    assert {key: type(body[key]) for key in shared} == {key: type(recorded[key]) for key in shared}
