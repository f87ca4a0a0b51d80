import asyncio

from fakes.accounts import NOW, USER, ChangingKeys, Refresher, make_grants, make_tokens

from services.accounts.cipher import Binding, TokenCipher
from services.accounts.models import TokenSet, encode_tokens
from services.accounts.rotation import Rotation, reencrypt_grants
from services.storage.database import Database
from services.storage.grants import GrantRepository, GrantRow

ROWS = GrantRepository()


def encrypted(keys: ChangingKeys, tokens: TokenSet, user_id: int = USER) -> str:
    binding = Binding(purpose="grant", owner=user_id, service="spotify")
    return TokenCipher(keys).encrypt(encode_tokens(tokens), binding)


async def row_of(database: Database) -> GrantRow:
    async with database.read() as transaction:
        row = await ROWS.get(transaction, USER, "spotify")
    assert row is not None
    return row


async def test_old_rows_read_after_rotation_without_the_old_key(database: Database) -> None:
    keys = ChangingKeys(1)
    grants = make_grants(database, keys)
    linked = [
        await grants.link(USER, "spotify", make_tokens("a")),
        await grants.link(USER, "discogs", make_tokens("b")),
    ]
    keys.change(2, 1)

    rotation = await reencrypt_grants(database, TokenCipher(keys))
    keys.change(2)

    assert rotation == Rotation(rotated=2, current=0, unreadable=0)
    assert [await grants.get(USER, "spotify"), await grants.get(USER, "discogs")] == linked


async def test_rotation_tells_current_and_unreadable_rows_apart_and_leaves_both(
    database: Database,
) -> None:
    keys = ChangingKeys(9)
    grants = make_grants(database, keys)
    await grants.link(1, "spotify", make_tokens("lost"))
    keys.change(1)
    await grants.link(2, "spotify", make_tokens("old"))
    await grants.link(3, "spotify", make_tokens("old"))
    keys.change(2, 1)
    await grants.link(4, "spotify", make_tokens("new"))
    async with database.read() as transaction:
        before = await ROWS.page(transaction, after=None, limit=10)

    rotation = await reencrypt_grants(database, TokenCipher(keys))

    async with database.read() as transaction:
        after = await ROWS.page(transaction, after=None, limit=10)
    unchanged = [old == new for old, new in zip(before, after, strict=True)]
    assert rotation == Rotation(rotated=2, current=1, unreadable=1)
    assert unchanged == [True, False, False, True]


async def test_rotation_is_done_once(database: Database) -> None:
    keys = ChangingKeys(1)
    await make_grants(database, keys).link(USER, "spotify", make_tokens("a"))
    keys.change(2, 1)
    await reencrypt_grants(database, TokenCipher(keys))

    rotation = await reencrypt_grants(database, TokenCipher(keys))

    assert rotation == Rotation(rotated=0, current=1, unreadable=0)


async def test_rotation_of_no_rows_does_nothing(database: Database) -> None:
    assert await reencrypt_grants(database, TokenCipher(ChangingKeys(1))) == Rotation()


async def test_rotation_goes_through_every_page(database: Database) -> None:
    keys = ChangingKeys(1)
    async with database.write() as transaction:
        for user_id in range(1, 202):
            ciphertext = encrypted(keys, make_tokens("a"), user_id)
            await ROWS.put(transaction, user_id, "spotify", ciphertext, NOW)
    keys.change(2, 1)

    rotation = await reencrypt_grants(database, TokenCipher(keys))

    assert rotation == Rotation(rotated=201)


async def test_refresh_under_way_during_a_rotation_is_stored(database: Database) -> None:
    keys = ChangingKeys(1)
    grants = make_grants(database, keys)
    stale = await grants.link(USER, "spotify", make_tokens("old"))
    refresh = Refresher(make_tokens("new"))
    refresh.may_answer.clear()
    task = asyncio.create_task(grants.refreshed(stale, refresh))
    await refresh.is_asked.wait()
    keys.change(2, 1)

    await reencrypt_grants(database, TokenCipher(keys))
    refresh.may_answer.set()

    assert (await task).tokens == make_tokens("new")


async def rotate_while_changing(database: Database, *, deletes: bool = False) -> Rotation:
    """Rotate, and change the only row after it was read and before it is written."""
    keys = ChangingKeys(1)
    await make_grants(database, keys).link(USER, "spotify", make_tokens("old"))
    before = await row_of(database)
    newer = encrypted(keys, make_tokens("new"))
    keys.change(2, 1)
    keys.is_asked.clear()
    # An open change: SQLite's writers wait for it, PostgreSQL's for its row; readers see neither.
    async with database.write() as transaction:
        if deletes:
            await ROWS.delete_state(transaction, before)
        else:
            await ROWS.change(transaction, before, newer, NOW)
        task = asyncio.create_task(reencrypt_grants(database, TokenCipher(keys)))
        await keys.is_asked.wait()
    return await task


async def test_rotation_never_overwrites_a_refresh_but_rotates_what_it_stored(
    database: Database,
) -> None:
    rotation = await rotate_while_changing(database)

    grant = await make_grants(database, ChangingKeys(2)).get(USER, "spotify")
    assert rotation == Rotation(rotated=1)
    assert grant is not None
    assert (grant.version, grant.tokens) == (2, make_tokens("new"))


async def test_rotation_does_not_count_what_was_unlinked_meanwhile(database: Database) -> None:
    assert await rotate_while_changing(database, deletes=True) == Rotation()
