"""Discogs' shelves while they change: by their owners, and under the reader's eyes."""

import pytest
from harness.sandbox_clients import DiscogsApi

from bot.sandbox.catalogue import CollectionItem, LivingCollection, collection

USER = "/users/crate_digger"
FOLDERS = f"{USER}/collection/folders"


def _newest(api: DiscogsApi, username: str = "crate_digger") -> CollectionItem:
    return api.stand_in.people[username].collection.item(-1)


def _path(item: CollectionItem, *, folder_id: int | None = None) -> str:
    folder = item.folder_id if folder_id is None else folder_id
    release_id = item.pressing.edition.release_id
    return f"{FOLDERS}/{folder}/releases/{release_id}/instances/{item.instance_id}"


def _release_id(api: DiscogsApi) -> int:
    return _newest(api).pressing.edition.release_id


# --- Copies


async def test_every_post_adds_another_copy(discogs_api: DiscogsApi) -> None:
    path = f"{FOLDERS}/2/releases/{_release_id(discogs_api)}"

    answers = [await discogs_api.send("POST", path) for _ in range(2)]
    _, page = await discogs_api.get(f"{FOLDERS}/0/releases", per_page="2")

    assert [status for status, _ in answers] == [201, 201]
    added = [body["instance_id"] for _, body in answers]
    assert [each["instance_id"] for each in page["releases"]] == added[::-1]
    assert page["pagination"]["items"] == 182


@pytest.mark.parametrize(
    ("folder_id", "release_id", "status"),
    [
        pytest.param(0, None, 422, id="folder 0"),
        pytest.param(99, None, 404, id="no such folder"),
        pytest.param(1, 1, 404, id="no such release"),
    ],
)
async def test_what_cannot_be_added_is_refused(
    discogs_api: DiscogsApi, folder_id: int, release_id: int | None, status: int
) -> None:
    release = release_id or _release_id(discogs_api)

    answered, _ = await discogs_api.send("POST", f"{FOLDERS}/{folder_id}/releases/{release}")

    assert answered == status
    assert len(discogs_api.stand_in.people["crate_digger"].collection) == 180


async def test_a_copy_is_rated_and_moved(discogs_api: DiscogsApi) -> None:
    item = _newest(discogs_api)

    status, _ = await discogs_api.send("POST", _path(item), json={"rating": 5, "folder_id": 4})

    changed = _newest(discogs_api)
    assert (status, changed.instance_id) == (204, item.instance_id)
    assert (changed.rating, changed.folder_id) == (5, 4)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"rating": 6}, 422, id="rating"),
        pytest.param({"rating": "5"}, 422, id="a text"),
        pytest.param({"folder_id": 99}, 404, id="folder"),
        pytest.param([], 422, id="a list"),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(
    discogs_api: DiscogsApi, body: object, status: int
) -> None:
    item = _newest(discogs_api)

    answered, _ = await discogs_api.send("POST", _path(item), json=body)

    assert (answered, _newest(discogs_api)) == (status, item)


async def test_a_note_is_written_and_removed(discogs_api: DiscogsApi) -> None:
    item = _newest(discogs_api)

    await discogs_api.send("POST", f"{_path(item)}/fields/3", value="Signed & rare")
    written = _newest(discogs_api).notes.get(3)
    await discogs_api.send("POST", f"{_path(item)}/fields/3", value="")
    odd, _ = await discogs_api.send("POST", f"{_path(item)}/fields/1", value="Like new")
    unknown, _ = await discogs_api.send("POST", f"{_path(item)}/fields/9", value="x")

    assert (written, 3 in _newest(discogs_api).notes) == ("Signed & rare", False)
    assert (odd, unknown) == (422, 404)


async def test_a_copy_is_removed_from_its_own_folder_only(discogs_api: DiscogsApi) -> None:
    item = _newest(discogs_api)
    paths = [_path(item, folder_id=0), _path(item, folder_id=99), _path(item), _path(item)]

    answers = [(await discogs_api.send("DELETE", path))[0] for path in paths]

    assert answers == [404, 404, 204, 404]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/users/{user}/collection/folders/1/releases/{release}"),
        ("POST", "/users/{user}/collection/folders/1/releases/{release}/instances/1"),
        ("DELETE", "/users/{user}/collection/folders/1/releases/{release}/instances/1"),
        ("POST", "/users/{user}/collection/folders/1/releases/{release}/instances/1/fields/3"),
        ("PUT", "/users/{user}/wants/{release}"),
        ("DELETE", "/users/{user}/wants/{release}"),
    ],
)
async def test_nobody_changes_what_is_not_theirs(
    discogs_api: DiscogsApi, method: str, path: str
) -> None:
    release_id = _release_id(discogs_api)
    foreign = path.format(user="vinyl_marie", release=release_id)
    own = path.format(user="crate_digger", release=release_id)

    forbidden, body = await discogs_api.send(method, foreign)
    anonymous, _ = await discogs_api.without_credentials().send(method, own)
    nobody, _ = await discogs_api.send(method, path.format(user="nobody", release=release_id))

    assert (forbidden, anonymous, nobody) == (403, 401, 404)
    assert body["message"] == "You don't have permission to access this resource."


# --- Wishes


async def test_a_wish_is_put_changed_and_removed(discogs_api: DiscogsApi) -> None:
    path = f"{USER}/wants/{_release_id(discogs_api)}"

    put, wish = await discogs_api.send("PUT", path, json={"rating": 3}, notes="mono")
    again, changed = await discogs_api.send("PUT", path, rating="4")
    _, listed = await discogs_api.get(f"{USER}/wants")
    removed = [(await discogs_api.send("DELETE", path))[0] for _ in range(2)]

    assert (put, wish["rating"], wish["notes"]) == (201, 3, "mono")
    assert (again, changed["rating"], changed["notes"]) == (201, 4, "mono")
    assert listed["pagination"]["items"] == 15
    assert removed == [204, 404]


# --- Callers


async def test_a_signature_speaks_for_who_gave_the_token(discogs_api: DiscogsApi) -> None:
    grant = discogs_api.stand_in.oauth.grant

    _, identity = await discogs_api.signed(*grant(202)).get("/oauth/identity")
    private, _ = await discogs_api.signed(*grant(505)).get("/users/private_paul/wants")
    foreign, _ = await discogs_api.signed(*grant(202)).get("/users/private_paul/wants")

    assert identity["username"] == "vinyl_marie"
    assert (private, foreign) == (200, 403)


async def test_a_signature_is_good_for_one_request_of_a_living_token(
    discogs_api: DiscogsApi,
) -> None:
    token, secret = discogs_api.stand_in.oauth.grant(202)
    signed = discogs_api.signed(token, secret)

    answers = [(await signed.get("/oauth/identity"))[0] for _ in range(2)]
    wrong, _ = await discogs_api.signed(token, "x" + secret).get("/oauth/identity")
    discogs_api.stand_in.oauth.revoke(202)
    discogs_api.stand_in.oauth.nonces.clear()
    revoked, _ = await discogs_api.signed(token, secret).get("/oauth/identity")

    assert answers == [200, 401]
    assert (wrong, revoked) == (401, 401)


# --- Under the reader's eyes


async def test_what_changes_about_a_person_takes_effect_at_once(discogs_api: DiscogsApi) -> None:
    marie = discogs_api.stand_in.people["vinyl_marie"]

    marie.is_private = True
    private, _ = await discogs_api.get("/users/vinyl_marie/wants")
    marie.username = "marie"
    gone, _ = await discogs_api.get("/users/vinyl_marie")
    found, profile = await discogs_api.get("/users/Marie")

    assert (private, gone, found) == (403, 404, 200)
    assert profile["id"] == 202


def _living(size: int = 300) -> LivingCollection:
    return LivingCollection(collection(size, 7))


def _all(living: LivingCollection, folder_id: int = 0, sort: str = "added") -> list[int]:
    page = living.page(folder_id, sort=sort, descending=False, offset=0, limit=1_000)
    return [item.instance_id for item in page]


def test_an_untouched_collection_is_what_it_was_made_from() -> None:
    base, living = collection(300, 7), _living()

    assert [_all(living, folder, "title") for folder in range(6)] == [
        [
            item.instance_id
            for item in base.page(folder, sort="title", descending=False, offset=0, limit=999)
        ]
        for folder in range(6)
    ]


@pytest.mark.parametrize("sort", ["added", "artist", "year", "rating"])
def test_a_changed_collection_keeps_its_order(sort: str) -> None:
    living = _living()
    untouched = _all(living, sort=sort)

    removed = untouched[17]
    living.remove(removed)

    assert _all(living, sort=sort) == untouched[:17] + untouched[18:]


def test_folders_count_what_lies_in_them_after_every_change() -> None:
    living = _living()
    first, second = living.item(0), living.item(1)

    living.change(first.instance_id, folder_id=5)
    living.remove(second.instance_id)
    living.add(first.pressing.edition.release_id, folder_id=5)

    counts = [living.count(folder) for folder in range(6)]
    assert counts == [len(_all(living, folder)) for folder in range(6)]
    assert counts[0] == len(living) == sum(counts[1:]) == 300


def test_an_instance_id_is_never_used_again() -> None:
    living = _living(3)
    release_id = living.item(0).pressing.edition.release_id

    first = living.add(release_id)
    living.remove(first.instance_id)
    second = living.add(release_id)

    assert first.instance_id != second.instance_id
    assert living.find(first.instance_id) is None
    assert living.find(second.instance_id) == second
    assert second.added_at > living.item(-2).added_at


def test_copies_of_a_release_follow_every_change() -> None:
    living = _living(3)
    item = living.item(0)
    release_id = item.pressing.edition.release_id

    added = living.add(release_id)
    living.change(added.instance_id, rating=5)
    living.remove(item.instance_id)

    assert [(each.instance_id, each.rating) for each in living.copies_of(release_id)] == [
        (added.instance_id, 5)
    ]


@pytest.mark.parametrize("instance_id", [0, 1, 10**12])
def test_what_is_not_there_is_not_changed(instance_id: int) -> None:
    living = _living(3)

    assert living.find(instance_id) is None
    with pytest.raises(ValueError, match="no copy"):
        living.change(instance_id, rating=1)
