"""Shelves over real sockets: what is read, what is written, and whose eyes see what."""

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import msgspec
import pytest
from aioresponses import aioresponses
from fakes.clock import VirtualClock
from fakes.policies import easy_policy
from fakes.servers import Handler, RawServer, answer, raw_server, reset_after
from fakes.virtual_time import in_virtual_time
from harness.discogs import Discogs, open_discogs

from bot.sandbox.faults import Fault, FaultKind
from services.discogs.accounts import DiscogsAccount
from services.discogs.service import DiscogsService
from services.discogs.shelf import DiscogsShelf
from services.discogs.shelf_models import Copy
from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    RateLimitExceeded,
    ServiceDown,
    UpstreamServerError,
    UpstreamUnreachable,
)
from services.http import HttpClient, open_session
from services.resilience.clock import SystemClock
from services.resilience.rate_limiter import Rate
from services.secret import Secret

OWNER = "crate_digger"
NEIGHBOUR = "vinyl_marie"
PRIVATE = "private_paul"

Read = Callable[[DiscogsShelf], Awaitable[object]]
READS: list[Read] = [
    lambda shelf: shelf.page(1, newest_first=True),
    lambda shelf: shelf.folders(),
    lambda shelf: shelf.fields(),
    lambda shelf: shelf.copies_of(1),
    lambda shelf: shelf.wants(1),
]


async def _newest(shelf: DiscogsShelf) -> Copy:
    return (await shelf.page(1, newest_first=True)).copies[0]


# --- Reading


async def test_a_collection_is_read_page_by_page_in_either_order(discogs: Discogs) -> None:
    shelf = discogs.own(OWNER)

    newest = [await shelf.page(number, newest_first=True) for number in (1, 2)]
    oldest = [await shelf.page(number, newest_first=False) for number in (1, 2)]

    assert [(page.page, page.pages, page.total) for page in newest] == [(1, 2, 180), (2, 2, 180)]
    backwards = [copy for page in newest for copy in page.copies]
    assert backwards[::-1] == [copy for page in oldest for copy in page.copies]
    dates = [copy.added_at for copy in backwards if copy.added_at]
    assert len(dates) == 180
    assert all(later >= earlier for later, earlier in pairwise(dates))


async def test_a_page_is_asked_for_with_100_copies_every_time(discogs: Discogs) -> None:
    shelf = discogs.own(OWNER)

    for _ in range(2):
        await shelf.page(1, newest_first=True)

    queries = [request.query for request in discogs.stand_in.requests]
    assert queries == [{"page": "1", "per_page": "100", "sort": "added", "sort_order": "desc"}] * 2


async def test_a_page_beyond_the_last_is_not_found(discogs: Discogs) -> None:
    with pytest.raises(NotFound):
        await discogs.own(OWNER).page(3, newest_first=True)


async def test_an_owner_sees_folders_notes_and_value(discogs: Discogs) -> None:
    shelf = discogs.own(OWNER)

    page = await shelf.page(1, newest_first=True)

    assert {copy.folder_id for copy in page.copies} > {1, 2}
    assert any(copy.notes for copy in page.copies)
    assert [folder.folder_id for folder in await shelf.folders()] == [0, 1, 2, 3, 4, 5]
    assert [field.name for field in await shelf.fields()][2] == "Notes"
    assert (await shelf.value()).median.startswith("€")


async def test_a_stranger_sees_neither_folders_nor_notes_nor_value(discogs: Discogs) -> None:
    shelf = discogs.public(NEIGHBOUR)

    page = await shelf.page(1, newest_first=True)

    assert {(copy.folder_id, copy.notes) for copy in page.copies} == {(0, ())}
    assert [folder.folder_id for folder in await shelf.folders()] == [0]
    with pytest.raises(AccessDenied):
        await shelf.value()


async def test_a_profile_tells_id_name_and_size(discogs: Discogs) -> None:
    profile = await discogs.public("VINYL_MARIE").profile()

    assert (profile.discogs_id, profile.username, profile.collection_size) == (
        202,
        NEIGHBOUR,
        1_250,
    )


async def test_an_unknown_user_is_not_found(discogs: Discogs) -> None:
    with pytest.raises(NotFound):
        await discogs.public("nobody_here").page(1, newest_first=True)


@pytest.mark.parametrize("read", READS)
async def test_a_private_shelf_is_denied_to_strangers_and_open_to_its_owner(
    discogs: Discogs, read: Read
) -> None:
    with pytest.raises(AccessDenied):
        await read(discogs.public(PRIVATE))

    await read(discogs.own(PRIVATE))


async def test_a_revoked_link_is_no_longer_authenticated(discogs: Discogs) -> None:
    shelf = discogs.own(PRIVATE)
    discogs.stand_in.oauth.revoke(505)

    with pytest.raises(AuthenticationFailed) as caught:
        await shelf.page(1, newest_first=True)

    assert not isinstance(caught.value, AccessDenied)


async def test_copies_of_a_release_are_all_of_them(discogs: Discogs) -> None:
    shelf = discogs.own(OWNER)
    copy = await _newest(shelf)
    second = discogs.stand_in.people[OWNER].collection.add(copy.pressing.release_id)

    found = await shelf.copies_of(copy.pressing.release_id)

    assert {each.instance_id for each in found} >= {copy.instance_id, second.instance_id}
    assert await shelf.copies_of(1) == ()


async def test_copies_of_a_release_may_fill_several_pages(discogs: Discogs) -> None:
    collection = discogs.stand_in.people["empty_shelf"].collection
    release_id = next(iter(discogs.stand_in.catalogue.pressings))
    added = {collection.add(release_id).instance_id for _ in range(101)}

    found = await discogs.own("empty_shelf").copies_of(release_id)

    assert {copy.instance_id for copy in found} == added


async def test_a_name_with_odd_characters_is_one_part_of_the_path(discogs: Discogs) -> None:
    with pytest.raises(NotFound):
        await discogs.public("a&b=c;d+é").profile()

    assert discogs.asked()[-1] == ("GET", "/users/a&b=c;d+é")


# --- Whom the bot's own token speaks for


async def test_the_bots_token_does_not_open_its_owners_shelf_to_who_gives_that_name(
    discogs: Discogs,
) -> None:
    discogs.stand_in.people[OWNER].is_private = True

    with pytest.raises(AccessDenied):
        await discogs.public("Crate_Digger").page(1, newest_first=True)


async def test_the_token_owners_public_shelf_shows_strangers_what_is_public(
    discogs: Discogs,
) -> None:
    page = await discogs.public(OWNER).page(1, newest_first=True)

    assert {(copy.folder_id, copy.notes) for copy in page.copies} == {(0, ())}


@in_virtual_time
async def test_the_nameless_allowance_does_not_lower_the_tokens(
    clock: VirtualClock, web: aioresponses
) -> None:
    policy = easy_policy("discogs", clock, rate=Rate(permits=60, window=60))
    web.get("https://discogs.test/oauth/identity", payload={"id": 101, "username": OWNER})
    spent = {"X-Discogs-Ratelimit": "2", "X-Discogs-Ratelimit-Used": "2"}
    profile = f"https://discogs.test/users/{OWNER}"
    web.get(profile, payload={"id": 101, "username": OWNER}, headers=spent)

    async with open_session(user_agent="AIME-tests/1.0") as session:
        service = DiscogsService(
            http=HttpClient(session, clock=clock),
            policy=policy,
            authorization=Secret("Discogs token=x"),
            api_url="https://discogs.test",
        )
        await service.shelf(DiscogsAccount(user_id=1, username=OWNER)).profile()

    assert policy.limiter is not None
    assert policy.limiter.wait_seconds == 0


async def test_whom_the_token_belongs_to_is_asked_once_an_hour_at_most(discogs: Discogs) -> None:
    for _ in range(3):
        await discogs.public(NEIGHBOUR).folders()

    assert discogs.asked().count(("GET", "/oauth/identity")) == 1


async def test_an_application_asks_for_strangers_without_the_token() -> None:
    async with open_discogs(is_app=True) as discogs:
        discogs.stand_in.people[OWNER].is_private = True

        with pytest.raises(AccessDenied):
            await discogs.public(OWNER).page(1, newest_first=True)
        await discogs.public(NEIGHBOUR).page(1, newest_first=True)

        assert ("GET", "/oauth/identity") not in discogs.asked()
        used = {request.headers["Authorization"] for request in discogs.stand_in.requests}
        assert used == {"Discogs ***"}


async def test_without_a_token_public_shelves_are_read_anonymously() -> None:
    async with open_discogs(has_token=False) as discogs:
        page = await discogs.public(NEIGHBOUR).page(1, newest_first=True)

        assert len(page.copies) == 100
        assert ["Authorization" in each.headers for each in discogs.stand_in.requests] == [False]


async def test_the_token_speaks_for_its_owner_when_it_is_meant_to(discogs: Discogs) -> None:
    owner = await discogs.service.token_owner()
    account = DiscogsAccount(
        user_id=1, username=OWNER, authorization=discogs.service.token_authorization
    )

    assert owner is not None
    assert (owner.username, account.may_write) == (OWNER, True)
    assert (await discogs.service.shelf(account).value()).median.startswith("€")


# --- Adding


async def test_a_copy_is_added_once_and_tells_its_instance(discogs: Discogs) -> None:
    shelf = discogs.own(OWNER)
    release_id = (await _newest(shelf)).pressing.release_id
    before = len(discogs.stand_in.people[OWNER].collection)

    instance_id = await shelf.add(release_id, 3)

    added = discogs.stand_in.people[OWNER].collection.find(instance_id)
    assert added is not None
    assert (added.folder_id, added.pressing.edition.release_id) == (3, release_id)
    assert len(discogs.stand_in.people[OWNER].collection) == before + 1


@pytest.mark.parametrize("is_owned", [True, False])
async def test_when_the_answer_is_lost_the_copy_that_was_added_is_found(
    discogs: Discogs, *, is_owned: bool
) -> None:
    shelf = discogs.own(OWNER)
    collection = discogs.stand_in.people[OWNER].collection
    copy = await _newest(shelf)
    if not is_owned:
        collection.remove(copy.instance_id)
    before = len(collection)
    discogs.stand_in.faults.set(_only_adding(Fault(kind=FaultKind.CUT_IN_BODY)))

    instance_id = await shelf.add(copy.pressing.release_id)

    assert len(collection) == before + 1
    assert collection.item(-1).instance_id == instance_id


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(
            Fault(kind=FaultKind.CUT_BEFORE_BODY), UpstreamUnreachable, id="the connection breaks"
        ),
        pytest.param(Fault(kind=FaultKind.STATUS, status=502), UpstreamServerError, id="502"),
        pytest.param(Fault(kind=FaultKind.MALFORMED_BODY), InvalidResponse, id="no JSON"),
        pytest.param(Fault(kind=FaultKind.RATE_LIMIT), RateLimitExceeded, id="429"),
        pytest.param(Fault(kind=FaultKind.STATUS, status=422), InvalidRequest, id="422"),
        pytest.param(Fault(kind=FaultKind.STATUS, status=403), AccessDenied, id="403"),
    ],
)
async def test_a_copy_that_was_not_added_is_an_error_and_never_sent_again(
    discogs: Discogs, fault: Fault, expected: type[ExternalServiceException]
) -> None:
    shelf = discogs.own(OWNER)
    release_id = (await _newest(shelf)).pressing.release_id
    before = len(discogs.stand_in.people[OWNER].collection)
    discogs.stand_in.faults.set(_only_adding(fault))

    with pytest.raises(expected):
        await shelf.add(release_id)

    assert len(discogs.stand_in.people[OWNER].collection) == before
    assert [method for method, _ in discogs.asked()].count("POST") == 1


@in_virtual_time
async def test_when_discogs_does_not_answer_in_time_what_is_there_is_read_again(
    clock: VirtualClock, web: aioresponses
) -> None:
    shelf = re.compile(r"https://discogs\.test/users/me/collection/releases/5\?")
    web.get(shelf, body=_copies(7, 9))
    web.post("https://discogs.test/users/me/collection/folders/1/releases/5", callback=_never)
    web.get(shelf, body=_copies(7, 9, 11))

    async with open_session(user_agent="AIME-tests/1.0") as session:
        service = DiscogsService(
            http=HttpClient(session, clock=clock),
            policy=easy_policy("discogs", clock, attempts=3),
            authorization=None,
            api_url="https://discogs.test",
        )
        account = DiscogsAccount(user_id=1, username="me", authorization=lambda: Secret("OAuth x"))
        added = await service.shelf(account).add(5)

    assert (added, clock.elapsed) == (11, 10)
    assert [method for method, _ in web.requests] == ["GET", "POST"]
    assert [len(calls) for calls in web.requests.values()] == [2, 1]


def _copies(*instance_ids: int) -> bytes:
    rows = [
        {"instance_id": each, "folder_id": 1, "basic_information": {"id": 5}}
        for each in instance_ids
    ]
    pagination = {"page": 1, "pages": 1, "items": len(rows)}
    return msgspec.json.encode({"pagination": pagination, "releases": rows})


async def _never(*_: object, **__: object) -> None:
    await SystemClock().sleep(3_600)


async def test_adding_again_sends_nothing_when_the_first_time_has_worked_after_all(
    discogs: Discogs,
) -> None:
    shelf = discogs.own(OWNER)
    release_id = (await _newest(shelf)).pressing.release_id
    before = {copy.instance_id for copy in await shelf.copies_of(release_id)}
    late = discogs.stand_in.people[OWNER].collection.add(release_id)

    assert await shelf.add(release_id, before=before) == late.instance_id
    assert "POST" not in [method for method, _ in discogs.asked()]


async def test_adding_again_sends_it_when_the_first_time_has_not_worked(discogs: Discogs) -> None:
    shelf = discogs.own(OWNER)
    release_id = (await _newest(shelf)).pressing.release_id
    before = {copy.instance_id for copy in await shelf.copies_of(release_id)}

    assert await shelf.add(release_id, before=before) not in before


async def test_a_copy_of_no_release_is_not_found(discogs: Discogs) -> None:
    with pytest.raises(NotFound):
        await discogs.own(OWNER).add(1)


@pytest.mark.parametrize("username", [NEIGHBOUR, OWNER])
async def test_a_stranger_adds_nothing(discogs: Discogs, username: str) -> None:
    collection = discogs.stand_in.people[username].collection
    before = len(collection)

    with pytest.raises(AccessDenied):
        await discogs.public(username).add(collection.item(0).pressing.edition.release_id)

    assert len(collection) == before


def _only_adding(fault: Fault) -> Fault:
    return Fault(
        kind=fault.kind,
        status=fault.status,
        path_prefix=f"/users/{OWNER}/collection/folders/1/",
    )


# --- Changing and removing


async def test_a_copy_is_rated_moved_noted_and_removed(discogs: Discogs) -> None:
    shelf = discogs.own(OWNER)
    collection = discogs.stand_in.people[OWNER].collection
    copy = await _newest(shelf)

    await shelf.set_rating(copy, 5)
    await shelf.set_note(copy, 3, "Ünïque & +1?")
    await shelf.move(copy, 4)
    changed = collection.find(copy.instance_id)
    await shelf.remove(copy)

    assert changed is not None
    assert (changed.rating, changed.notes[3], changed.folder_id) == (5, "Ünïque & +1?", 4)
    assert collection.find(copy.instance_id) is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda shelf, copy: shelf.set_rating(copy, 1), id="rating"),
        pytest.param(lambda shelf, copy: shelf.move(copy, 5), id="folder"),
        pytest.param(lambda shelf, copy: shelf.set_note(copy, 3, "x"), id="note"),
        pytest.param(lambda shelf, copy: shelf.remove(copy), id="removal"),
    ],
)
@pytest.mark.parametrize("seen_by", ["owner", "stranger"])
async def test_a_copy_whose_folder_is_not_known_any_more_is_changed_where_it_is(
    discogs: Discogs, change: Callable[[DiscogsShelf, Copy], Awaitable[None]], seen_by: str
) -> None:
    shelf = discogs.own(OWNER)
    copy = await _newest(shelf if seen_by == "owner" else discogs.public(OWNER))
    collection = discogs.stand_in.people[OWNER].collection
    collection.change(copy.instance_id, folder_id=2 if copy.folder_id != 2 else 3)
    before = collection.find(copy.instance_id)

    await change(shelf, copy)

    assert collection.find(copy.instance_id) != before


async def test_removing_a_copy_that_is_gone_is_no_error(discogs: Discogs) -> None:
    shelf = discogs.own(OWNER)
    copy = await _newest(shelf)

    await shelf.remove(copy)
    await shelf.remove(copy)


async def test_changing_a_copy_that_is_gone_is_not_found(discogs: Discogs) -> None:
    shelf = discogs.own(OWNER)
    copy = await _newest(shelf)
    discogs.stand_in.people[OWNER].collection.remove(copy.instance_id)

    with pytest.raises(NotFound):
        await shelf.set_rating(copy, 3)
    with pytest.raises(NotFound):
        await shelf.move(copy, 4)


async def test_a_copy_that_is_gone_and_whose_folder_was_never_known_is_treated_likewise(
    discogs: Discogs,
) -> None:
    copy = await _newest(discogs.public(OWNER))
    discogs.stand_in.people[OWNER].collection.remove(copy.instance_id)

    await discogs.own(OWNER).remove(copy)
    with pytest.raises(NotFound):
        await discogs.own(OWNER).set_rating(copy, 3)


async def test_a_note_that_its_field_does_not_take_is_an_invalid_request(
    discogs: Discogs,
) -> None:
    shelf = discogs.own(OWNER)

    with pytest.raises(InvalidRequest):
        await shelf.set_note(await _newest(shelf), 1, "Like new")


async def test_wishes_are_put_on_the_list_and_taken_off_as_often_as_one_likes(
    discogs: Discogs,
) -> None:
    shelf = discogs.own(OWNER)
    release_id = (await _newest(shelf)).pressing.release_id

    for _ in range(2):
        await shelf.add_wish(release_id)
    listed = await shelf.wants(1)
    for _ in range(2):
        await shelf.remove_wish(release_id)

    assert [wish.pressing.release_id for wish in listed.wishes].count(release_id) == 1
    assert listed.total == 15
    assert (await shelf.wants(1)).total == 14


@in_virtual_time
async def test_wish_that_was_sent_in_vain_once_is_looked_for_though_the_next_try_was_refused(
    clock: VirtualClock, web: aioresponses
) -> None:
    wish = "https://discogs.test/users/me/wants/5"
    web.put(wish, callback=_never)
    web.put(wish, status=429, payload={"message": "You are making requests too quickly."})
    rows = [{"basic_information": {"id": 5, "title": "Stockholm"}}]
    pagination = {"page": 1, "pages": 1, "items": 1}
    web.get(
        re.compile(r"https://discogs\.test/users/me/wants\?"),
        payload={"pagination": pagination, "wants": rows},
    )

    async with open_session(user_agent="AIME-tests/1.0") as session:
        service = DiscogsService(
            http=HttpClient(session, clock=clock),
            policy=easy_policy("discogs", clock, attempts=2),
            authorization=None,
            api_url="https://discogs.test",
        )
        account = DiscogsAccount(user_id=1, username="me", authorization=lambda: Secret("OAuth x"))
        found = await service.shelf(account).add_wish(5)

    assert found is not None
    assert found.pressing.title == "Stockholm"
    assert [len(calls) for calls in web.requests.values()] == [2, 1]


# --- What goes wrong


@asynccontextmanager
async def _answering(handler: Handler) -> AsyncIterator[tuple[DiscogsShelf, RawServer]]:
    clock = SystemClock()
    async with (
        raw_server(handler) as server,
        open_session(user_agent="AIME-tests/1.0") as session,
    ):
        service = DiscogsService(
            http=HttpClient(session, clock=clock),
            policy=easy_policy("discogs", clock),
            authorization=None,
            api_url=server.url,
        )
        account = DiscogsAccount(
            user_id=1, username=OWNER, authorization=lambda: Secret("OAuth canary-4f9a")
        )
        yield service.shelf(account), server


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        pytest.param(answer(b'{"message":"No."}', status="401 No"), AuthenticationFailed, id="401"),
        pytest.param(answer(b'{"message":"No."}', status="403 No"), AccessDenied, id="403"),
        pytest.param(answer(b"<html>", status="403 No"), ServiceDown, id="403 of the gateway"),
        pytest.param(answer(b'{"message":"No."}', status="404 No"), NotFound, id="404"),
        pytest.param(answer(b'{"message":"No."}', status="422 No"), InvalidRequest, id="422"),
        pytest.param(answer(b"\n", status="429 No"), RateLimitExceeded, id="429"),
        pytest.param(answer(b"<html>", status="520 No"), UpstreamServerError, id="520"),
        pytest.param(answer(b"<html>"), InvalidResponse, id="HTML"),
        pytest.param(answer(b'{"releases":[]}'), InvalidResponse, id="no frame"),
        pytest.param(answer(b'{"pagi', length=400), UpstreamUnreachable, id="cut"),
        pytest.param(reset_after(b""), UpstreamUnreachable, id="reset"),
    ],
)
async def test_every_failure_has_its_class_and_names_no_secret(
    handler: Handler,
    expected: type[ExternalServiceException],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    async with _answering(handler) as (shelf, server):
        with pytest.raises(ExternalServiceException) as caught:
            await shelf.page(1, newest_first=True)

    assert type(caught.value) is expected
    assert "Authorization: OAuth canary-4f9a" in server.requests[0]
    assert "canary" not in f"{caught.value!r} {caught.value} {caplog.text}"


async def test_rows_that_cannot_be_read_are_counted_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="services.discogs.shelf_reader")
    body = b'{"pagination":{"page":1,"pages":1,"items":2},"releases":[{"note":"canary"},null]}'

    async with _answering(answer(body)) as (shelf, _):
        page = await shelf.page(1, newest_first=True)

    assert (page.copies, page.unreadable) == ((), 2)
    assert caplog.messages == ["discogs.get_collection: 2 rows could not be read"]


async def test_a_stranger_who_is_asked_to_authenticate_is_denied() -> None:
    clock = SystemClock()
    refusal = answer(b'{"message":"You must authenticate."}', status="401 No")
    async with (
        raw_server(refusal) as server,
        open_session(user_agent="AIME-tests/1.0") as session,
    ):
        service = DiscogsService(
            http=HttpClient(session, clock=clock),
            policy=easy_policy("discogs", clock),
            authorization=None,
            api_url=server.url,
        )
        with pytest.raises(AccessDenied):
            await service.shelf(DiscogsAccount(user_id=1, username="x")).page(1, newest_first=True)
