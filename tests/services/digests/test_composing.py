"""What a digest says of its members' collections; upstreams up, slow and down."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.copies import make_copy, store
from fakes.digest_content import GUILD, NOW, Desk, make_schedule
from fakes.wishes import make_wish

from services.collection.want_rows import want_row
from services.digests.models import Place, Slot, WhenNothing
from services.discogs.models import Master
from services.errors import (
    ServiceDown,
    UpstreamServerError,
)
from services.storage.collection_values import CollectionValueRepository, ValueRow
from services.storage.database import Database
from services.storage.plays import PlayRepository
from services.storage.wantlists import WantlistRepository

ANN, BOB, CAT = 1, 2, 3
FRESH = NOW - timedelta(hours=1)
OLD = NOW - timedelta(hours=30)
LAST_WEEK = NOW - timedelta(days=7)
ON_SQLITE = pytest.mark.parametrize("template", ["sqlite"], indirect=True)
"""For what depends on no statement that is not held on both elsewhere."""
DISCOGS_DOWN = ServiceDown("discogs", "get", 503)
EURIA_DOWN = UpstreamServerError("euria", "generate_description", 503)


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


async def want(database: Database, user_id: int, *release_ids: int, read_at: datetime) -> None:
    repository = WantlistRepository()
    async with database.write() as transaction:
        await repository.open(transaction, user_id, f"user{user_id}")
        generation = await repository.begin_generation(transaction, user_id)
        assert generation is not None
        wishes = [want_row(make_wish(each)) for each in release_ids]
        await repository.write(transaction, user_id, generation, wishes)
        assert await repository.publish(transaction, user_id, generation)
        await repository.change(transaction, user_id, synced_at=read_at)


async def worth(database: Database, user_id: int, amount: str, asked_at: datetime) -> None:
    row = ValueRow(
        day=asked_at.date(), minimum=amount, median=amount, maximum=amount, asked_at=asked_at
    )
    async with database.write() as transaction:
        await CollectionValueRepository().put(transaction, user_id, row)


async def test_digest_tells_what_each_member_added_since_the_last_one(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN, BOB)
    before = make_copy(1, "Before", added_at=ago(days=8))
    added = make_copy(2, "Added", added_at=ago(days=1))
    await store(database, ANN, before, added, synced_at=FRESH)
    bobs = (make_copy(10 + each, f"Bob {each}", added_at=ago(hours=each)) for each in range(1, 10))
    await store(database, BOB, *bobs, synced_at=FRESH)
    await store(database, CAT, make_copy(3, "Not a member's"), synced_at=FRESH)

    content = await desk.compose()

    assert [(each.user_id, each.added_count) for each in content.members] == [(BOB, 9), (ANN, 1)]
    newest = [f"Bob {each}" for each in range(1, 6)]
    assert [each.title for each in content.members[0].added] == newest
    assert [each.title for each in content.members[1].added] == ["Added"]
    assert content.has_news


@ON_SQLITE
async def test_digest_holds_nothing_that_a_member_has_not_agreed_to(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    copy = make_copy(1, "Added", added_at=ago(days=1), notes=((3, "hidden note"),), folder_id=7)
    await store(database, ANN, copy, synced_at=FRESH)

    content = await desk.compose()

    assert "hidden note" not in str(content)
    assert f"user{ANN}" not in str(content)


async def test_digest_remembers_what_was_bought_this_week_in_other_years(
    database: Database,
) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    await store(
        database,
        ANN,
        make_copy(1, "Ten", added_at=datetime(2016, 11, 20, tzinfo=UTC)),
        make_copy(2, "Three", added_at=datetime(2023, 11, 23, 3, tzinfo=UTC)),
        make_copy(3, "The week before", added_at=datetime(2016, 11, 16, tzinfo=UTC)),
        synced_at=FRESH,
    )

    [part] = (await desk.compose()).members

    assert [(each.record.title, each.years) for each in part.bought] == [("Three", 3), ("Ten", 10)]
    assert part.months == (0, 0, 0, 0, 0, 0)


async def test_digest_counts_what_was_added_in_each_of_the_last_months(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    days = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC))
    copies = (make_copy(each, added_at=days[each % 2]) for each in range(1, 4))
    await store(database, ANN, *copies, synced_at=FRESH)

    [part] = (await desk.compose()).members

    assert part.months == (0, 0, 0, 2, 0, 1)


async def test_jubilee_is_of_the_works_year_and_no_reissues(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    await store(
        database,
        ANN,
        make_copy(1, "A reissue", year=2016, master_id=100),
        make_copy(2, "A first pressing", year=2016, master_id=200),
        make_copy(3, "The only edition", year=1976),
        make_copy(4, "Not round", year=1975),
        synced_at=FRESH,
    )
    for master_id, year in ((100, 1959), (200, 2016)):
        desk.discogs.masters[master_id] = Master(
            master_id=master_id, title="T", artist="A", year=year, url="u"
        )

    [part] = (await desk.compose()).members

    assert [(each.record.title, each.years) for each in part.jubilees] == [
        ("A first pressing", 10),
        ("The only edition", 50),
    ]
    assert desk.years.years == {100: 1959, 200: 2016}


@ON_SQLITE
async def test_value_is_told_of_who_shows_it_alone(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN, BOB)
    for user_id in desk.members.ids:
        await store(database, user_id, make_copy(user_id), synced_at=FRESH)
        await worth(database, user_id, "€100.00", ago(days=8))
        await worth(database, user_id, "€90.00", ago(days=20))
        await worth(database, user_id, "€120.00", ago(hours=2))
    await desk.preferences.set_value_shown(BOB, on=True)

    values = {each.user_id: each.value for each in (await desk.compose()).members}

    theirs = values[BOB]
    assert values[ANN] is None
    assert theirs is not None
    assert (theirs.before, theirs.now) == ("€100.00", "€120.00")


async def test_wish_is_cheaper_when_it_was_dearer_at_the_last_digest(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    await store(database, ANN, make_copy(1), synced_at=FRESH)
    await want(database, ANN, 7, 8, 9, read_at=FRESH)
    desk.market.prices = {7: 20.0, 8: 20.0}
    first = await desk.compose()
    await desk.composer.posted(make_schedule(), Slot(5, LAST_WEEK), Place(70, 1), first)
    desk.market.prices = {7: 15.0, 8: 19.9, 9: 5.0}

    second = await desk.compose()

    assert first.members[0].cheaper == ()
    assert [each.price for each in second.members[0].cheaper] == [15.0]
    assert second.has_news


@ON_SQLITE
async def test_price_is_forgotten_once_the_next_digest_has_compared_with_it(
    database: Database,
) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    await store(database, ANN, make_copy(1), synced_at=FRESH)
    await want(database, ANN, 7, read_at=FRESH)
    desk.market.prices = {7: 20.0}
    content = await desk.compose()

    for days in (14, 7):
        slot = Slot(5, NOW - timedelta(days=days))
        await desk.composer.posted(make_schedule(), slot, Place(70, days), content)

    latest, earlier = await desk.posts.latest(GUILD, 5, 2)
    assert latest.members[0].prices
    assert not earlier.members[0].prices


@ON_SQLITE
async def test_few_wishes_are_asked_about_whoever_has_many(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN, BOB)
    for user_id in desk.members.ids:
        await store(database, user_id, make_copy(user_id), synced_at=FRESH)
    await want(database, ANN, *range(1, 100), read_at=FRESH)
    await want(database, BOB, 500, 501, read_at=FRESH)

    await desk.compose()

    assert desk.market.asked == [99, 501, 98, 500, 97, 96]


@ON_SQLITE
async def test_wantlist_that_cannot_be_read_anew_tells_no_prices(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    await store(database, ANN, make_copy(1), synced_at=FRESH)
    await want(database, ANN, 7, read_at=OLD)

    await desk.compose()

    assert desk.wants.checked == [ANN]
    assert desk.market.asked == []


@ON_SQLITE
async def test_collection_is_looked_after_when_it_is_old_and_told_of_with_its_age(
    database: Database,
) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN, BOB)
    await store(database, ANN, make_copy(1), synced_at=OLD)
    await store(database, BOB, make_copy(2), synced_at=FRESH)
    desk.sync.error = DISCOGS_DOWN

    content = await desk.compose()

    assert desk.sync.checked == [ANN]
    stale = {each.user_id: each.is_stale for each in content.members}
    assert stale == {ANN: True, BOB: False}


@ON_SQLITE
async def test_member_whose_collection_was_never_read_is_left_out(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN, BOB)
    await store(database, ANN, make_copy(1), synced_at=FRESH)

    content = await desk.compose()

    assert [each.user_id for each in content.members] == [ANN]
    assert content.unread_count == 1
    assert desk.sync.checked == [BOB]


@ON_SQLITE
async def test_nothing_is_told_of_a_member_who_has_left_the_server(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids, desk.presence.gone = (ANN, BOB), frozenset({BOB})
    for user_id in desk.members.ids:
        await store(database, user_id, make_copy(user_id), synced_at=FRESH)

    content = await desk.compose()

    assert [each.user_id for each in content.members] == [ANN]
    assert not content.tells_of(BOB)
    assert content.unread_count == 0


@ON_SQLITE
async def test_nothing_new_is_a_short_digest_or_none_as_it_is_set(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    await store(database, ANN, make_copy(1), synced_at=FRESH)

    short = await desk.compose()
    skipped = await desk.composer.compose(
        make_schedule(when_nothing=WhenNothing.SKIP), since=LAST_WEEK, now=NOW
    )

    assert not short.has_news
    assert short.pick is not None
    assert skipped is None
    assert len(desk.euria.prompts) == 1  # nobody pays for what nobody reads


@ON_SQLITE
async def test_digest_of_nobody_is_empty(database: Database) -> None:
    content = await Desk(database).compose()

    assert (content.members, content.pick) == ((), None)


# --- The pick


@ON_SQLITE
async def test_pick_is_written_about_from_the_catalogue_alone(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    copy = make_copy(1, "Homogenic", artist="Björk", rating=5, notes=((3, "hidden note"),))
    await store(database, ANN, copy, synced_at=FRESH)

    pick = (await desk.compose()).pick

    assert pick is not None
    assert pick.text == "Night falls on the groove,\nthe needle finds\nthe way home at last."
    told = " ".join(message.content for message in desk.euria.prompts[0].messages)
    assert "Homogenic" in told
    assert "hidden note" not in told
    assert f"user{ANN}" not in told


@ON_SQLITE
async def test_pick_differs_from_those_of_the_last_digests(database: Database) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    await store(database, ANN, *(make_copy(each) for each in range(1, 7)), synced_at=FRESH)
    picked: list[int] = []

    for week in range(6):
        content = await desk.compose()
        assert content.pick is not None
        picked.append(content.pick.facts.release_id)
        slot = Slot(5, NOW + timedelta(days=7 * week))
        await desk.composer.posted(make_schedule(), slot, Place(70, week), content)

    assert sorted(picked) == [1_001, 1_002, 1_003, 1_004, 1_005, 1_006]


@pytest.mark.parametrize(
    ("fields", "is_played", "reason"),
    [
        pytest.param({"rating": 5, "added_at": FRESH}, False, "chance", id="ratings are private"),
        pytest.param({"added_at": ago(days=3_000)}, False, "old_friend", id="bought long ago"),
        pytest.param({"added_at": FRESH}, False, "chance", id="nothing special"),
        pytest.param({"added_at": FRESH}, True, "long_ago", id="played long ago"),
    ],
)
async def test_pick_says_why(
    database: Database,
    fields: dict[str, Any],
    is_played: bool,  # noqa: FBT001  # a parameter
    reason: str,
) -> None:
    desk = Desk(database)
    desk.members.ids = (ANN,)
    await store(database, ANN, make_copy(1, **fields), synced_at=FRESH)
    if is_played:
        async with database.write() as transaction:
            await PlayRepository().note(transaction, ANN, 1, ago(days=300))

    pick = (await desk.compose()).pick

    assert pick is not None
    assert pick.reason == reason


@pytest.mark.parametrize(("month", "title"), [(12, "Christmas"), (11, "Blue Train")])
async def test_holiday_record_is_picked_in_december_alone(
    database: Database, month: int, title: str
) -> None:
    desk = Desk(database)
    holiday = make_copy(1, "Christmas", styles=("Holiday",), rating=5)
    await store(database, ANN, holiday, make_copy(2), synced_at=FRESH)

    pick = await desk.shelves.pick(ANN, datetime(2026, month, 20, tzinfo=UTC))

    assert pick is not None
    assert pick.record.title == title
