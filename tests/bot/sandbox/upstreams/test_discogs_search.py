"""Who may ask Discogs, how it searches, pages and refuses."""

import aiohttp
import pytest
from harness.sandbox_clients import DiscogsApi

from bot.sandbox.discogs import DiscogsStandIn

_AGENT = "AIME-tests/1.0 +https://example.org/contact"


@pytest.mark.parametrize(
    "agent",
    [
        pytest.param("", id="none"),
        pytest.param("Python/3.11 aiohttp/3.14.5", id="aiohttp's own"),
        pytest.param("python-requests/2.32", id="requests"),
        pytest.param("curl/8.5.0", id="curl"),
        pytest.param("Mozilla/5.0 (X11; Linux)", id="a browser's"),
    ],
)
async def test_generic_user_agent_is_blocked_with_a_page(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession, agent: str
) -> None:
    async with session.get(
        f"{discogs.api_url}/artists/194", headers={"User-Agent": agent}
    ) as response:
        assert (response.status, response.content_type) == (403, "text/html")
        assert "Cloudflare" in await response.text()
        assert "X-Discogs-Ratelimit" not in response.headers


@pytest.mark.parametrize(
    ("authorization", "status", "limit"),
    [
        pytest.param("Discogs token=sandbox-discogs-token", 200, "60", id="token"),
        pytest.param(
            "Discogs key=sandbox-consumer-key, secret=sandbox-consumer-secret", 200, "60", id="key"
        ),
        pytest.param(None, 401, "25", id="none"),
        pytest.param("Discogs token=wrong", 401, "25", id="wrong token"),
        pytest.param("Bearer sandbox-discogs-token", 401, "25", id="wrong scheme"),
    ],
)
async def test_search_needs_credentials(
    discogs: DiscogsStandIn,
    session: aiohttp.ClientSession,
    authorization: str | None,
    status: int,
    limit: str,
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    async with session.get(f"{discogs.api_url}/database/search", headers=headers) as response:
        assert response.status == status
        assert response.headers["X-Discogs-Ratelimit"] == limit


async def test_wrong_token_is_refused_even_where_none_is_needed(
    discogs: DiscogsStandIn, session: aiohttp.ClientSession
) -> None:
    headers = {"Authorization": "Discogs token=wrong"}

    async with session.get(f"{discogs.api_url}/artists/194", headers=headers) as response:
        assert response.status == 401


async def test_search_result_is_shaped_like_a_search_result(discogs_api: DiscogsApi) -> None:
    found = await discogs_api.first(q="kind of blue", type="release", year="1959")

    assert found["title"] == "Miles Davis - Kind Of Blue"
    assert found["year"] == "1959"
    assert found["format"] == ["Vinyl", "LP", "Album", "Mono"]
    assert found["label"] == ["Columbia"]
    assert found["catno"] == "CL 1355"
    assert found["uri"].startswith("/release/")
    assert found["master_id"] > 0


async def test_search_result_of_an_artist_has_no_master(discogs_api: DiscogsApi) -> None:
    found = await discogs_api.first(q="björk", type="artist")

    assert (found["title"], found["type"]) == ("Björk", "artist")
    assert (found["master_id"], found["master_url"]) == (None, None)
    assert "year" not in found


async def test_search_result_without_a_year_leaves_the_key_out(discogs_api: DiscogsApi) -> None:
    pressings = discogs_api.stand_in.catalogue.pressings.values()
    undated = next(each for each in pressings if each.edition.year == 0)

    _, body = await discogs_api.get(
        "/database/search", release_title=undated.album.title, type="release"
    )

    by_id = {each["id"]: each for each in body["results"]}
    assert "year" not in by_id[undated.edition.release_id]


async def test_search_result_without_a_master_says_zero(discogs_api: DiscogsApi) -> None:
    found = await discogs_api.first(q="kid a radiohead", type="release")

    assert (found["master_id"], found["master_url"]) == (0, None)


async def test_name_variation_is_starred_in_search_titles(discogs_api: DiscogsApi) -> None:
    found = await discogs_api.first(q="fela zombie", type="master")

    assert found["title"] == "Fela Anikulapo Kuti* - Zombie"


@pytest.mark.parametrize(
    ("query", "title"),
    [
        pytest.param({"barcode": "7 20642 44252 4"}, "Nirvana - Nevermind", id="barcode"),
        pytest.param({"catno": "shvl804"}, "Pink Floyd - The Dark Side Of The Moon", id="catno"),
        pytest.param(
            {"artist": "Beatles", "release_title": "revolver"}, "Beatles, The - Revolver", id="both"
        ),
        pytest.param({"track": "teardrop"}, "Massive Attack - Mezzanine", id="track"),
        pytest.param(
            {"genre": "Reggae", "year": "1977"}, "Bob Marley & The Wailers - Exodus", id="genre"
        ),
        pytest.param({"style": "Fado"}, "Amália Rodrigues - Busto", id="style"),
        pytest.param({"country": "Iceland"}, "Sigur Rós - Ágætis Byrjun", id="country"),
        pytest.param(
            {"format": '10"', "artist": "miles davis"},
            "Miles Davis - Ascenseur Pour L'Échafaud",
            id="format",
        ),
        pytest.param({"q": "getz gilberto"}, "Stan Getz / João Gilberto - Getz / Gilberto", id="q"),
    ],
)
async def test_search_filters(discogs_api: DiscogsApi, query: dict[str, str], title: str) -> None:
    found = await discogs_api.first(type="release", **query)

    assert found["title"] == title


async def test_search_tells_the_owner_what_is_owned(discogs_api: DiscogsApi) -> None:
    owned = discogs_api.stand_in.people[discogs_api.stand_in.username].collection.item(0).pressing
    query = {"release_title": owned.album.title, "type": "release"}

    _, body = await discogs_api.get("/database/search", **query)

    by_id = {each["id"]: each["user_data"]["in_collection"] for each in body["results"]}
    assert by_id[owned.edition.release_id] is True


async def test_search_without_type_mixes_kinds(discogs_api: DiscogsApi) -> None:
    _, body = await discogs_api.get("/database/search", q="led zeppelin", per_page="100")

    assert {"artist", "master", "release"} <= {each["type"] for each in body["results"]}


async def test_pages_lead_from_one_to_the_next(discogs_api: DiscogsApi) -> None:
    _, first = await discogs_api.get("/database/search", type="release", per_page="100")
    urls = first["pagination"]["urls"]
    _, second = await discogs_api.get(urls["next"])
    _, last = await discogs_api.get(urls["last"])

    assert "prev" not in urls
    assert len(first["results"]) == 100
    assert second["pagination"]["page"] == 2
    assert "next" not in last["pagination"]["urls"]
    assert first["pagination"]["items"] == len(discogs_api.stand_in.catalogue.pressings)


async def test_page_carries_the_same_addresses_in_its_link_header(discogs_api: DiscogsApi) -> None:
    async with discogs_api.session.get(
        f"{discogs_api.stand_in.api_url}/database/search",
        params={"type": "release"},
        headers=discogs_api.headers,
    ) as response:
        body = await response.json()

        assert str(response.links["next"]["url"]) == body["pagination"]["urls"]["next"]


async def test_single_page_has_no_addresses_and_no_page_after_it(discogs_api: DiscogsApi) -> None:
    _, body = await discogs_api.get("/database/search", q="nevermind")
    status, beyond = await discogs_api.get("/database/search", q="nevermind", page="2")

    assert body["pagination"]["urls"] == {}
    assert status == 404
    assert "outside of range" in beyond["message"]


async def test_at_most_100_results_a_page(discogs_api: DiscogsApi) -> None:
    _, body = await discogs_api.get("/database/search", type="release", per_page="500")

    assert body["pagination"]["per_page"] == 100


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/releases/1", "That release does not exist or may have been deleted."),
        ("/masters/1", "That master release does not exist or may have been deleted."),
        ("/artists/1", "Artist not found."),
        ("/labels/1", "Label not found."),
        ("/marketplace/stats/1", "That release does not exist or may have been deleted."),
        ("/users/nobody", "User does not exist or may have been deleted."),
        ("/users/nobody/wants", "User does not exist or may have been deleted."),
        ("/users/crate_digger/collection/folders/99/releases", "Folder not found."),
        ("/nonsense", "The requested resource was not found."),
    ],
)
async def test_unknown_things_have_their_own_messages(
    discogs_api: DiscogsApi, path: str, message: str
) -> None:
    status, body = await discogs_api.get(path)

    assert (status, body) == (404, {"message": message})


async def test_requests_are_recorded_without_their_secrets(discogs_api: DiscogsApi) -> None:
    await discogs_api.get("/artists/1")

    request = discogs_api.stand_in.requests[-1]
    assert (request.path, request.status) == ("/artists/1", 404)
    assert request.headers["Authorization"] == "Discogs ***"
    assert request.headers["User-Agent"] == _AGENT
