"""Discogs' people: profiles, collections and wantlists."""

import pytest
from harness.sandbox_clients import DiscogsApi


async def test_identity_is_the_tokens_owner(discogs_api: DiscogsApi) -> None:
    status, body = await discogs_api.get("/oauth/identity")
    anonymous, _ = await discogs_api.without_credentials().get("/oauth/identity")

    assert (status, body["username"]) == (200, discogs_api.stand_in.username)
    assert anonymous == 401


async def test_profile_keeps_private_counts_from_strangers(discogs_api: DiscogsApi) -> None:
    _, own = await discogs_api.get("/users/crate_digger")
    _, public = await discogs_api.get("/users/vinyl_marie")
    _, private = await discogs_api.get("/users/private_paul")

    assert {"num_collection", "email"} <= own.keys()
    assert "num_collection" in public
    assert {"num_collection", "num_wantlist", "email"}.isdisjoint(private | {"x": 0})


@pytest.mark.parametrize(
    "path",
    [
        "/users/private_paul/collection/folders",
        "/users/private_paul/collection/folders/0/releases",
        "/users/private_paul/wants",
        "/users/vinyl_marie/collection/folders/1/releases",
        "/users/vinyl_marie/collection/value",
    ],
)
async def test_what_is_not_public_answers_403_in_json(discogs_api: DiscogsApi, path: str) -> None:
    status, body = await discogs_api.get(path)

    assert status == 403
    assert body["message"].startswith("You are not allowed to view this resource.")


async def test_collection_is_read_page_by_page(discogs_api: DiscogsApi) -> None:
    seen: list[int] = []
    url = "/users/crate_digger/collection/folders/0/releases?per_page=100"
    while url:
        _, body = await discogs_api.get(url)
        seen += [each["instance_id"] for each in body["releases"]]
        url = body["pagination"]["urls"].get("next", "")

    assert len(seen) == len(set(seen)) == 180


async def test_collection_shows_the_newest_first(discogs_api: DiscogsApi) -> None:
    _, body = await discogs_api.get("/users/crate_digger/collection/folders/0/releases")
    dates = [each["date_added"] for each in body["releases"]]

    assert dates == sorted(dates, reverse=True)


async def test_collection_is_sorted_on_request(discogs_api: DiscogsApi) -> None:
    _, body = await discogs_api.get(
        "/users/crate_digger/collection/folders/0/releases", sort="year", sort_order="desc"
    )
    years = [each["basic_information"]["year"] for each in body["releases"]]

    assert years == sorted(years, reverse=True)


async def test_copies_in_a_folder_are_those_it_counts(discogs_api: DiscogsApi) -> None:
    _, folders = await discogs_api.get("/users/crate_digger/collection/folders")
    folder = folders["folders"][2]

    _, body = await discogs_api.get(
        f"/users/crate_digger/collection/folders/{folder['id']}/releases", per_page="100"
    )

    assert len(body["releases"]) == folder["count"]
    assert {each["folder_id"] for each in body["releases"]} == {folder["id"]}
    assert sum(each["count"] for each in folders["folders"][1:]) == folders["folders"][0]["count"]


async def test_every_collected_release_can_be_fetched(discogs_api: DiscogsApi) -> None:
    _, body = await discogs_api.get(
        "/users/vinyl_marie/collection/folders/0/releases", per_page="5"
    )

    for each in body["releases"]:
        status, release = await discogs_api.get(each["basic_information"]["resource_url"])
        assert (status, release["title"]) == (200, each["basic_information"]["title"])


async def test_strangers_see_neither_notes_nor_folders(discogs_api: DiscogsApi) -> None:
    _, own = await discogs_api.get("/users/crate_digger/collection/folders/0/releases")
    _, other = await discogs_api.get("/users/vinyl_marie/collection/folders/0/releases")
    _, folders = await discogs_api.get("/users/vinyl_marie/collection/folders")

    assert any("notes" in each for each in own["releases"])
    assert all({"notes", "folder_id"}.isdisjoint(each) for each in other["releases"])
    assert [each["id"] for each in folders["folders"]] == [0]


async def test_copies_of_one_release(discogs_api: DiscogsApi) -> None:
    _, body = await discogs_api.get("/users/crate_digger/collection/folders/0/releases")
    release_id = body["releases"][0]["id"]

    _, owned = await discogs_api.get(f"/users/crate_digger/collection/releases/{release_id}")
    status, missing = await discogs_api.get("/users/crate_digger/collection/releases/1")

    assert {each["id"] for each in owned["releases"]} == {release_id}
    assert (status, missing["releases"]) == (200, [])


async def test_fields_value_and_wants_of_the_owner(discogs_api: DiscogsApi) -> None:
    _, fields = await discogs_api.get("/users/crate_digger/collection/fields")
    _, value = await discogs_api.get("/users/crate_digger/collection/value")
    _, wants = await discogs_api.get("/users/crate_digger/wants")

    assert [each["name"] for each in fields["fields"]] == [
        "Media Condition",
        "Sleeve Condition",
        "Notes",
    ]
    assert value.keys() == {"minimum", "median", "maximum"}
    assert value["median"].startswith("€")
    assert len(wants["wants"]) == 14


async def test_user_names_are_compared_without_case(discogs_api: DiscogsApi) -> None:
    _, body = await discogs_api.get("/users/CRATE_DIGGER")

    assert body["username"] == "crate_digger"
