"""Generations, local entries and numbers of copies, on both databases."""

from datetime import timedelta

import pytest
from fakes.copies import (
    BLUE_TRAIN,
    FIRST_DAY,
    HOMOGENIC,
    SEVEN_INCH,
    SHINDO,
    make_copy,
    rows,
    store,
)

from services.collection.models import Entry
from services.collection.rows import entry_row, row_of
from services.storage.collection_entries import LocalEntries
from services.storage.collection_models import EVERYTHING, ItemOrder, ItemRecord, NameKind
from services.storage.collection_reader import CollectionReader
from services.storage.collection_rows import LOCAL
from services.storage.collections import CollectionRepository
from services.storage.database import Database

ME, OTHER = 42, 99
BEFORE = FIRST_DAY - timedelta(days=1)
COLLECTIONS, ENTRIES, READER = CollectionRepository(), LocalEntries(), CollectionReader()


async def shown(database: Database, user_id: int = ME) -> list[ItemRecord]:
    async with database.read() as transaction:
        return await READER.page(
            transaction, user_id, EVERYTHING, order=ItemOrder.ADDED, offset=0, limit=1_000
        )


async def instances(database: Database, user_id: int = ME) -> list[int | None]:
    return sorted((row.instance_id for row in await shown(database, user_id)), key=lambda i: i or 0)


async def enter(database: Database, artist: str, title: str, release_id: int | None = None) -> int:
    row = entry_row(Entry(artist=artist, title=title, release_id=release_id), BEFORE)
    async with database.write() as transaction:
        return await ENTRIES.add(transaction, ME, row)


async def test_first_pages_are_shown_while_the_rest_is_read(database: Database) -> None:
    async with database.write() as transaction:
        await COLLECTIONS.open(transaction, ME, "me")
        generation = await COLLECTIONS.begin_generation(transaction, ME) or 0
        await COLLECTIONS.write_page(transaction, ME, generation, 1, rows(BLUE_TRAIN, HOMOGENIC))

    assert await instances(database) == [1, 2]


async def test_new_generation_is_invisible_until_it_is_published(database: Database) -> None:
    await store(database, ME, BLUE_TRAIN, HOMOGENIC)

    async with database.write() as transaction:
        generation = await COLLECTIONS.begin_generation(transaction, ME) or 0
        await COLLECTIONS.write_page(transaction, ME, generation, 1, rows(SHINDO))
    before = await instances(database)
    async with database.write() as transaction:
        is_published = await COLLECTIONS.publish(transaction, ME, generation)

    assert before == [1, 2]
    assert is_published
    assert await instances(database) == [3]


async def test_generation_that_was_given_up_cannot_be_published(database: Database) -> None:
    await store(database, ME, BLUE_TRAIN)
    async with database.write() as transaction:
        first = await COLLECTIONS.begin_generation(transaction, ME) or 0
        second = await COLLECTIONS.begin_generation(transaction, ME) or 0
        is_given_up = await COLLECTIONS.give_up(transaction, ME, second)

        published = [await COLLECTIONS.publish(transaction, ME, each) for each in (first, second)]

    assert is_given_up
    assert published == [False, False]
    assert await instances(database) == [1]


async def test_copy_keeps_its_number_from_one_generation_to_the_next(database: Database) -> None:
    await store(database, ME, BLUE_TRAIN, HOMOGENIC)
    first = {row.instance_id: row.item_id for row in await shown(database)}

    await store(database, ME, HOMOGENIC, make_copy(5), BLUE_TRAIN)
    second = {row.instance_id: row.item_id for row in await shown(database)}

    assert second == {**first, 5: second[5]}
    assert second[5] not in first.values()


async def test_people_with_the_same_instance_ids_have_numbers_of_their_own(
    database: Database,
) -> None:
    await store(database, OTHER, BLUE_TRAIN, HOMOGENIC)
    await store(database, ME, BLUE_TRAIN, HOMOGENIC)
    await store(database, OTHER, BLUE_TRAIN, HOMOGENIC)

    mine = {row.item_id for row in await shown(database, ME)}
    theirs = {row.item_id for row in await shown(database, OTHER)}

    assert (len(mine), len(theirs), mine & theirs) == (2, 2, set())


async def test_page_that_is_written_twice_is_there_once(database: Database) -> None:
    async with database.write() as transaction:
        await COLLECTIONS.open(transaction, ME, "me")
        generation = await COLLECTIONS.begin_generation(transaction, ME) or 0
        await COLLECTIONS.write_page(transaction, ME, generation, 1, rows(BLUE_TRAIN, HOMOGENIC))
        await COLLECTIONS.write_page(transaction, ME, generation, 1, rows(BLUE_TRAIN, SHINDO))

    assert await instances(database) == [1, 3]


async def test_copy_that_moved_to_another_page_is_there_once(database: Database) -> None:
    async with database.write() as transaction:
        await COLLECTIONS.open(transaction, ME, "me")
        generation = await COLLECTIONS.begin_generation(transaction, ME) or 0
        await COLLECTIONS.write_page(transaction, ME, generation, 1, rows(BLUE_TRAIN, HOMOGENIC))
        await COLLECTIONS.write_page(transaction, ME, generation, 2, rows(HOMOGENIC, SHINDO))
        count = await COLLECTIONS.count(transaction, ME, generation)

    assert count == 3
    assert await instances(database) == [1, 2, 3]


async def test_old_generations_are_dropped_bit_by_bit(database: Database) -> None:
    await store(database, ME, *(make_copy(number) for number in range(1, 6)))
    await enter(database, "Nina Simone", "Pastel Blues")
    await store(database, ME, make_copy(9))

    dropped = []
    for _ in range(4):
        async with database.write() as transaction:
            dropped.append(await COLLECTIONS.drop_stale(transaction, ME, limit=2))

    assert dropped == [2, 2, 1, 0]
    assert await instances(database) == [None, 9]


async def test_newest_copies_are_added_to_what_is_shown(database: Database) -> None:
    await store(database, ME, BLUE_TRAIN)

    async with database.write() as transaction:
        added = await COLLECTIONS.add_newest(transaction, ME, rows(BLUE_TRAIN, HOMOGENIC))
        known = await COLLECTIONS.known_instances(transaction, ME, [1, 2, 3])

    assert added == 1
    assert known == {1, 2}
    assert await instances(database) == [1, 2]


async def test_nothing_is_added_to_a_collection_that_was_never_read(database: Database) -> None:
    async with database.write() as transaction:
        await COLLECTIONS.open(transaction, ME, "me")

        added = await COLLECTIONS.add_newest(transaction, ME, rows(BLUE_TRAIN))

    assert added == 0
    assert await instances(database) == []


async def test_state_of_a_sync_is_kept(database: Database) -> None:
    async with database.write() as transaction:
        await COLLECTIONS.open(transaction, ME, "me")
        is_changed = await COLLECTIONS.change(
            transaction, ME, is_running=True, pages=7, seconds_left=2.5, retry_at=FIRST_DAY
        )
        is_changed_elsewhere = await COLLECTIONS.change(transaction, OTHER, is_running=True)
        renamed = await COLLECTIONS.open(transaction, ME, "me2")
        kept = await COLLECTIONS.get(transaction, ME)

    assert (is_changed, is_changed_elsewhere) == (True, False)
    assert kept == renamed
    assert kept is not None
    assert (kept.username, kept.is_running, kept.pages, kept.seconds_left, kept.retry_at) == (
        ("me2", True, 7, 2.5, FIRST_DAY)
    )


async def test_names_are_replaced(database: Database) -> None:
    async with database.write() as transaction:
        await COLLECTIONS.save_names(transaction, ME, NameKind.FOLDER, {1: "Old", 7: "Björk"})
        await COLLECTIONS.save_names(transaction, ME, NameKind.FIELD, {1: "Media"})
        await COLLECTIONS.save_names(transaction, ME, NameKind.FOLDER, {7: "Shelf"})

        folders = await READER.names(transaction, ME, NameKind.FOLDER)
        fields = await READER.names(transaction, ME, NameKind.FIELD)

    assert folders == {7: "Shelf"}
    assert fields == {1: "Media"}


async def test_local_entry_is_shown_beside_what_discogs_has(database: Database) -> None:
    await store(database, ME, BLUE_TRAIN)
    item_id = await enter(database, "Nina Simone", "Pastel Blues")

    assert await instances(database) == [None, 1]
    async with database.write() as transaction:
        assert await ENTRIES.remove(transaction, ME, item_id)
        assert not await ENTRIES.remove(transaction, ME, item_id)
    assert await instances(database) == [1]


async def test_entry_that_discogs_has_by_now_is_given_up_and_keeps_its_number(
    database: Database,
) -> None:
    item_id = await enter(database, "nina SIMONE", "Pastel Blues")
    await store(database, ME, make_copy(5, "Pastel Blues", artist="Nina Simone"))

    async with database.write() as transaction:
        given_up = await COLLECTIONS.reconcile(transaction, ME)
        again = await COLLECTIONS.reconcile(transaction, ME)

    assert (given_up, again) == (1, 0)
    assert [(row.item_id, row.instance_id) for row in await shown(database)] == [(item_id, 5)]


async def test_copy_stands_for_one_entry_only(database: Database) -> None:
    await enter(database, "Nina Simone", "Pastel Blues", release_id=77)
    second = await enter(database, "Nina Simone", "Pastel Blues", release_id=77)
    await store(database, ME, make_copy(5, release_id=77))

    async with database.write() as transaction:
        given_up = await COLLECTIONS.reconcile(transaction, ME)

    assert given_up == 1
    assert await instances(database) == [None, 5]
    async with database.read() as transaction:
        assert await ENTRIES.get(transaction, ME, second) is not None


async def test_second_copy_of_what_is_owned_already_is_not_given_up(database: Database) -> None:
    await store(database, ME, make_copy(5, release_id=77))
    await enter(database, "Nina Simone", "Pastel Blues", release_id=77)
    await store(database, ME, make_copy(5, release_id=77))

    async with database.write() as transaction:
        given_up = await COLLECTIONS.reconcile(transaction, ME)

    assert given_up == 0
    assert await instances(database) == [None, 5]


async def test_namesake_that_was_added_before_the_entry_is_another_copy(
    database: Database,
) -> None:
    await enter(database, "Nina Simone", "Pastel Blues")
    old = make_copy(5, "Pastel Blues", artist="Nina Simone", added_at=BEFORE - timedelta(seconds=1))
    await store(database, ME, old)

    async with database.write() as transaction:
        assert await COLLECTIONS.reconcile(transaction, ME) == 0


@pytest.mark.parametrize("is_read_before", [False, True], ids=["never read", "read before"])
async def test_adopted_entry_becomes_the_copy_under_its_number(
    *, database: Database, is_read_before: bool
) -> None:
    if is_read_before:
        await store(database, ME, BLUE_TRAIN)
    item_id = await enter(database, "Nina Simone", "Pastel Blues")

    async with database.write() as transaction:
        is_adopted = await ENTRIES.adopt(transaction, ME, item_id, row_of(make_copy(5)))
        is_adopted_again = await ENTRIES.adopt(transaction, ME, item_id, row_of(make_copy(5)))
    adopted = {row.item_id: row.instance_id for row in await shown(database)}
    await store(database, ME, make_copy(5), BLUE_TRAIN)

    assert (is_adopted, is_adopted_again) == (True, False)
    assert adopted[item_id] == 5
    assert {row.instance_id: row.item_id for row in await shown(database)}[5] == item_id
    assert await instances(database) == [1, 5]


async def test_adopted_entry_takes_the_place_of_what_a_sync_has_brought(
    database: Database,
) -> None:
    item_id = await enter(database, "Nina Simone", "Pastel Blues")
    await store(database, ME, make_copy(5))

    async with database.write() as transaction:
        await ENTRIES.adopt(transaction, ME, item_id, row_of(make_copy(5)))

    assert [(row.item_id, row.instance_id) for row in await shown(database)] == [(item_id, 5)]


async def test_removed_copy_is_gone_from_every_generation(database: Database) -> None:
    await store(database, ME, BLUE_TRAIN, HOMOGENIC)
    [item_id] = [row.item_id for row in await shown(database) if row.instance_id == 1]
    async with database.write() as transaction:
        generation = await COLLECTIONS.begin_generation(transaction, ME) or 0
        await COLLECTIONS.write_page(transaction, ME, generation, 1, rows(BLUE_TRAIN, HOMOGENIC))

        assert await COLLECTIONS.remove_copy(transaction, ME, item_id)
        await COLLECTIONS.publish(transaction, ME, generation)

    assert await instances(database) == [2]


async def test_delete_person_leaves_nothing_of_them_and_everything_of_others(
    database: Database,
) -> None:
    await store(database, ME, BLUE_TRAIN)
    await store(database, OTHER, SEVEN_INCH)
    await enter(database, "Nina Simone", "Pastel Blues")

    async with database.write() as transaction:
        is_deleted = await COLLECTIONS.delete_person(transaction, ME)
        is_deleted_again = await COLLECTIONS.delete_person(transaction, ME)
        left = await COLLECTIONS.get(transaction, ME)
        local = await COLLECTIONS.count(transaction, ME, LOCAL)

    assert (is_deleted, is_deleted_again, left, local) == (True, False, None, 0)
    assert await instances(database, ME) == []
    assert await instances(database, OTHER) == [4]
