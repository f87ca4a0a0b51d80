from datetime import UTC, datetime, timedelta

import pytest

from services.storage.database import Database
from services.storage.grants import GrantRepository, GrantRow

NOW = datetime(2026, 11, 26, 12, 0, 0, 123_456, tzinfo=UTC)
LATER = NOW + timedelta(microseconds=1)
GRANTS = GrantRepository()


async def put(
    database: Database,
    user_id: int = 42,
    service: str = "spotify",
    *,
    ciphertext: str = "one",
    now: datetime = NOW,
) -> GrantRow:
    async with database.write() as transaction:
        return await GRANTS.put(transaction, user_id, service, ciphertext, now)


async def get(database: Database, user_id: int = 42, service: str = "spotify") -> GrantRow | None:
    async with database.read() as transaction:
        return await GRANTS.get(transaction, user_id, service)


async def change(database: Database, before: GrantRow, ciphertext: str = "two") -> bool:
    async with database.write() as transaction:
        return await GRANTS.change(transaction, before, ciphertext, LATER)


async def delete(database: Database, user_id: int = 42, service: str = "spotify") -> bool:
    async with database.write() as transaction:
        return await GRANTS.delete(transaction, user_id, service)


async def test_new_row_has_version_one_and_everything_it_was_given(database: Database) -> None:
    largest = 2**63 - 1  # a Discord id has 64 bits

    row = await put(database, largest)

    assert row == GrantRow(
        user_id=largest,
        service="spotify",
        version=1,
        ciphertext="one",
        linked_at=NOW,
        updated_at=NOW,
    )
    assert await get(database, largest) == row
    assert row.key == (largest, "spotify")


async def test_row_that_was_there_is_replaced_under_the_next_version(database: Database) -> None:
    await put(database)

    row = await put(database, ciphertext="two", now=LATER)

    assert (row.version, row.ciphertext) == (2, "two")
    assert (row.linked_at, row.updated_at) == (LATER, LATER)
    assert await get(database) == row


async def test_get_finds_the_row_of_that_user_and_service_only(database: Database) -> None:
    await put(database)

    assert await get(database, 43) is None
    assert await get(database, service="discogs") is None


async def test_change_keeps_the_link_and_counts_the_version(database: Database) -> None:
    before = await put(database)
    others = [await put(database, 43), await put(database, 42, "discogs")]

    is_changed = await change(database, before)

    row = await get(database)
    assert is_changed is True
    assert row == GrantRow(
        user_id=42,
        service="spotify",
        version=2,
        ciphertext="two",
        linked_at=NOW,
        updated_at=LATER,
    )
    assert [await get(database, 43), await get(database, 42, "discogs")] == others


async def test_change_of_another_version_does_nothing(database: Database) -> None:
    before = await put(database)
    await change(database, before)

    is_changed = await change(database, before, "three")

    row = await get(database)
    assert is_changed is False
    assert row is not None
    assert (row.version, row.ciphertext) == (2, "two")


async def test_change_of_an_earlier_link_with_the_same_version_does_nothing(
    database: Database,
) -> None:
    before = await put(database)
    await delete(database)
    anew = await put(database, ciphertext="new", now=LATER)

    is_changed = await change(database, before)

    assert (before.version, anew.version) == (1, 1)
    assert is_changed is False
    assert await get(database) == anew


async def test_reencryption_changes_the_ciphertext_alone(database: Database) -> None:
    before = await put(database)
    other = await put(database, 43)

    async with database.write() as transaction:
        is_changed = await GRANTS.reencrypt(transaction, before, "anew")

    assert is_changed is True
    assert await get(database) == GrantRow(
        user_id=42,
        service="spotify",
        version=1,
        ciphertext="anew",
        linked_at=NOW,
        updated_at=NOW,
    )
    assert await get(database, 43) == other


async def test_reencryption_leaves_a_row_alone_that_has_changed(database: Database) -> None:
    before = await put(database)
    await change(database, before)
    reencrypted = await put(database, 43)
    async with database.write() as transaction:
        await GRANTS.reencrypt(transaction, reencrypted, "by another process")

    async with database.write() as transaction:
        outcomes = [
            await GRANTS.reencrypt(transaction, row, "anew") for row in (before, reencrypted)
        ]

    rows = [await get(database), await get(database, 43)]
    assert outcomes == [False, False]
    assert [row and row.ciphertext for row in rows] == ["two", "by another process"]


async def test_delete_takes_that_row_only(database: Database) -> None:
    await put(database)
    others = [await put(database, 43), await put(database, 42, "discogs")]

    outcomes = [await delete(database), await delete(database)]

    assert outcomes == [True, False]
    assert await get(database) is None
    assert [await get(database, 43), await get(database, 42, "discogs")] == others


@pytest.mark.parametrize("is_same", [True, False])
async def test_delete_of_a_state_takes_no_other_state(database: Database, *, is_same: bool) -> None:
    before = await put(database)
    if not is_same:
        await change(database, before)

    async with database.write() as transaction:
        is_deleted = await GRANTS.delete_state(transaction, before)

    assert is_deleted is is_same
    assert (await get(database) is None) is is_same


async def test_services_of_a_user_are_listed_by_name(database: Database) -> None:
    for user_id, service in ((42, "spotify"), (42, "discogs"), (43, "euria")):
        await put(database, user_id, service)

    async with database.read() as transaction:
        services = await GRANTS.services_of(transaction, 42)
        none = await GRANTS.services_of(transaction, 44)

    assert services == ("discogs", "spotify")
    assert none == ()


async def test_pages_hold_every_row_once_in_the_order_of_the_keys(database: Database) -> None:
    keys = [(7, "discogs"), (7, "spotify"), (42, "discogs"), (43, "discogs"), (43, "spotify")]
    for user_id, service in reversed(keys):
        await put(database, user_id, service)

    async with database.read() as transaction:
        first = await GRANTS.page(transaction, after=None, limit=2)
        second = await GRANTS.page(transaction, after=first[-1].key, limit=2)
        third = await GRANTS.page(transaction, after=second[-1].key, limit=2)
        fourth = await GRANTS.page(transaction, after=third[-1].key, limit=2)

    assert [[row.key for row in page] for page in (first, second, third, fourth)] == [
        keys[:2],
        keys[2:4],
        keys[4:],
        [],
    ]


def test_ciphertext_is_in_no_repr() -> None:
    row = GrantRow(
        user_id=42,
        service="spotify",
        version=1,
        ciphertext="canary",
        linked_at=NOW,
        updated_at=NOW,
    )

    assert "canary" not in repr(row)
