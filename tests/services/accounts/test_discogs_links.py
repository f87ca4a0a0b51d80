"""Linking by name, by OAuth, as the operator; on both databases."""

from datetime import timedelta

import pytest
from fakes.accounts import ChangingKeys, ImpatientClock
from fakes.discogs_accounts import VERIFIER, FakeAccounts, FakeOAuth, make_profile
from sqlalchemy import text

from services.accounts.cipher import TokenCipher
from services.accounts.discogs import DiscogsLinks
from services.accounts.grants import Grants
from services.accounts.models import NoSuchName
from services.accounts.permissions import NothingUnderWay
from services.discogs.accounts import DiscogsAccount
from services.errors import InvalidRequest, NotFound, UpstreamTimeout
from services.storage.database import Database, Transaction

ALICE, BOB, OPERATOR = 42, 43, 44
DIGGER, MARIE = make_profile("Crate_Digger", 101), make_profile("vinyl_marie", 202)


class World:
    """The links of one process, and what is around them.

    Attributes:
        deleted: Whose stored collections were deleted, in order.
    """

    def __init__(self, database: Database, *, has_oauth: bool = True) -> None:
        self.discogs = FakeAccounts({"crate_digger": DIGGER, "vinyl_marie": MARIE}, owner=DIGGER)
        self.oauth = FakeOAuth(allows=MARIE)
        self.clock = ImpatientClock()
        self.keys = ChangingKeys(1)
        self.deleted: list[int] = []
        cipher = TokenCipher(self.keys)
        self.links = DiscogsLinks(
            database,
            grants=Grants(database, cipher=cipher, clock=self.clock),
            cipher=cipher,
            discogs=self.discogs,
            oauth=self.oauth if has_oauth else None,
            is_operator=lambda user_id: user_id == OPERATOR,
            on_unlink=self._delete,
            clock=self.clock,
        )

    async def _delete(self, transaction: Transaction, user_id: int) -> None:
        del transaction
        self.deleted.append(user_id)

    async def allow(self, user_id: int = ALICE) -> None:
        """Link by OAuth."""
        await self.links.begin(user_id, None)
        await self.links.finish(user_id, VERIFIER)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def spoken_as(account: DiscogsAccount | None) -> str | None:
    assert account is not None
    return None if account.authorization is None else account.authorization().reveal()


# --- By name


@pytest.mark.parametrize(
    "typed",
    ["vinyl_marie", " @VINYL_MARIE ", "https://www.discogs.com/user/vinyl_marie/collection"],
)
async def test_name_is_linked_unproven_as_discogs_writes_it(world: World, typed: str) -> None:
    link = await world.links.link_username(ALICE, typed)

    assert (link.username, link.is_proven, link.may_write) == ("vinyl_marie", False, False)
    assert link.copies == 12
    assert await world.links.account(ALICE) == DiscogsAccount(user_id=ALICE, username="vinyl_marie")
    assert spoken_as(await world.links.account(ALICE)) is None


async def test_nobody_is_linked_before(world: World) -> None:
    assert await world.links.account(ALICE) is None
    assert await world.links.describe(ALICE) is None


async def test_name_that_nobody_has_is_not_linked(world: World) -> None:
    with pytest.raises(NotFound):
        await world.links.link_username(ALICE, "nobody")

    assert await world.links.describe(ALICE) is None


@pytest.mark.parametrize("typed", ["", "two words", "..", "a/b"])
async def test_what_cannot_be_a_name_is_not_asked_for(world: World, typed: str) -> None:
    with pytest.raises(NoSuchName):
        await world.links.link_username(ALICE, typed)

    assert world.discogs.asked_as == []


async def test_another_name_replaces_the_first_and_what_was_stored_of_it(world: World) -> None:
    await world.links.link_username(ALICE, "vinyl_marie")
    world.deleted.clear()

    await world.links.link_username(ALICE, "vinyl_marie")
    after_the_same = list(world.deleted)
    await world.links.link_username(ALICE, "crate_digger")

    assert after_the_same == []
    assert world.deleted == [ALICE]
    link = await world.links.describe(ALICE)
    assert link is not None
    assert link.username == "Crate_Digger"


# --- The operator's token


async def test_operators_own_token_speaks_for_the_operator(world: World) -> None:
    link = await world.links.link_username(OPERATOR, "crate_digger")

    assert (link.is_proven, link.may_write) == (True, True)
    assert spoken_as(await world.links.account(OPERATOR)) == "Discogs token=operators"


async def test_operators_token_speaks_for_nobody_else_who_gives_that_name(world: World) -> None:
    link = await world.links.link_username(ALICE, "crate_digger")

    assert (link.is_proven, link.may_write) == (False, False)
    assert spoken_as(await world.links.account(ALICE)) is None


async def test_operators_token_does_not_speak_for_another_name_of_the_operator(
    world: World,
) -> None:
    link = await world.links.link_username(OPERATOR, "vinyl_marie")

    assert (link.is_proven, link.may_write) == (False, False)
    assert spoken_as(await world.links.account(OPERATOR)) is None


async def test_operators_link_reads_as_a_stranger_once_there_is_no_token(world: World) -> None:
    await world.links.link_username(OPERATOR, "crate_digger")
    world.discogs.owner = None

    assert spoken_as(await world.links.account(OPERATOR)) is None
    link = await world.links.describe(OPERATOR)
    assert link is not None
    assert not link.may_write


# --- By OAuth


async def test_oauth_proves_the_account_and_speaks_for_its_owner(world: World) -> None:
    url = await world.links.begin(ALICE, None)
    link = await world.links.finish(ALICE, VERIFIER)

    assert url.endswith("oauth_token=request-1")
    assert (link.username, link.is_proven, link.may_write) == ("vinyl_marie", True, True)
    assert await world.links.describe(ALICE) is not None
    assert spoken_as(await world.links.account(ALICE)) == "OAuth access access-secret"
    assert world.oauth.exchanged == [("request-1", "request-secret-1")]


async def test_wrong_code_may_be_corrected(world: World) -> None:
    await world.links.begin(ALICE, None)
    with pytest.raises(InvalidRequest):
        await world.links.finish(ALICE, "a typo")

    link = await world.links.finish(ALICE, VERIFIER)

    assert link.is_proven


async def test_permission_is_used_once(world: World) -> None:
    await world.allow()

    with pytest.raises(NothingUnderWay):
        await world.links.finish(ALICE, VERIFIER)


async def test_permission_is_void_after_15_minutes(world: World) -> None:
    await world.links.begin(ALICE, None)
    world.clock.wall += timedelta(minutes=15, seconds=1)

    with pytest.raises(NothingUnderWay):
        await world.links.finish(ALICE, VERIFIER)

    assert world.oauth.exchanged == []


async def test_permission_belongs_to_who_asked_for_it(world: World) -> None:
    await world.links.begin(ALICE, None)

    with pytest.raises(NothingUnderWay):
        await world.links.finish(BOB, VERIFIER)

    assert world.oauth.exchanged == []
    assert await world.links.describe(BOB) is None


async def test_newer_permission_makes_the_older_one_void(world: World) -> None:
    await world.links.begin(ALICE, "https://bot.example/callback/discogs")
    await world.links.begin(ALICE, "https://bot.example/callback/discogs")

    with pytest.raises(NothingUnderWay):
        await world.links.finish_callback("request-1", VERIFIER)
    user_id, link = await world.links.finish_callback("request-2", VERIFIER)

    assert user_id == ALICE
    assert link.is_proven
    assert world.oauth.callbacks == ["https://bot.example/callback/discogs"] * 2


async def test_callback_says_whose_account_it_would_link(world: World) -> None:
    await world.links.begin(ALICE, "https://bot.example/callback/discogs", person="Alice (@alice)")

    assert await world.links.who_asked("request-1") == "Alice (@alice)"
    with pytest.raises(NothingUnderWay):
        await world.links.who_asked("request-2")


async def test_nothing_is_linked_when_discogs_cannot_say_who_it_was(world: World) -> None:
    await world.links.begin(ALICE, None)
    world.oauth.error = UpstreamTimeout("discogs", "identity")

    with pytest.raises(UpstreamTimeout):
        await world.links.finish(ALICE, VERIFIER)

    assert await world.links.describe(ALICE) is None


async def test_unlinking_while_the_code_is_exchanged_wins(world: World) -> None:
    await world.links.begin(ALICE, None)
    exchange = world.oauth.access_token

    async def unlink_meanwhile(*arguments: object) -> object:
        await world.links.unlink(ALICE)
        return await exchange(*arguments)  # type: ignore[arg-type]  # passed through

    world.oauth.access_token = unlink_meanwhile  # type: ignore[method-assign, assignment]  # a fake

    with pytest.raises(NothingUnderWay):
        await world.links.finish(ALICE, VERIFIER)

    assert await world.links.describe(ALICE) is None


async def test_proof_of_an_account_survives_linking_it_by_its_name(world: World) -> None:
    await world.allow()
    world.deleted.clear()

    link = await world.links.link_username(ALICE, "vinyl_marie")

    assert (link.is_proven, link.may_write) == (True, True)
    assert world.deleted == []
    assert spoken_as(await world.links.account(ALICE)) == "OAuth access access-secret"


async def test_another_name_takes_the_tokens_of_the_first_account_away(world: World) -> None:
    await world.allow()

    link = await world.links.link_username(ALICE, "crate_digger")

    assert (link.is_proven, link.may_write) == (False, False)
    assert spoken_as(await world.links.account(ALICE)) is None


async def test_tokens_are_of_no_use_to_a_bot_without_a_consumer_key(database: Database) -> None:
    await World(database).allow()
    without = World(database, has_oauth=False).links

    link = await without.describe(ALICE)

    assert link is not None
    assert not link.may_write
    assert not without.has_oauth
    assert spoken_as(await without.account(ALICE)) is None


async def test_one_persons_link_is_no_other_persons(world: World) -> None:
    await world.allow(ALICE)

    assert await world.links.account(BOB) is None
    assert await world.links.describe(BOB) is None
    assert not await world.links.unlink(BOB)
    assert await world.links.account(ALICE) is not None


# --- Unlinking


async def test_unlink_deletes_account_tokens_and_collection(
    world: World, database: Database
) -> None:
    await world.allow()
    await world.links.begin(ALICE, None)
    world.deleted.clear()

    assert await world.links.unlink(ALICE)

    async with database.read() as transaction:
        left = [
            (await transaction.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()  # noqa: S608  # our own names
            for table in ("discogs_accounts", "permissions", "grants")
        ]
    assert left == [0, 0, 0]
    assert world.deleted == [ALICE]
    assert not await world.links.unlink(ALICE)


async def test_unlink_that_cannot_delete_the_collection_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.allow()

    async def fail(_transaction: Transaction, _user_id: int) -> None:
        raise RuntimeError("in vain")

    monkeypatch.setattr(world.links, "_on_unlink", fail)
    with pytest.raises(RuntimeError, match="in vain"):
        await world.links.unlink(ALICE)

    assert spoken_as(await world.links.account(ALICE)) == "OAuth access access-secret"


async def test_database_holds_no_secret_in_the_clear(world: World, database: Database) -> None:
    await world.allow()
    await world.links.begin(ALICE, None, person="Alice (@alice)")

    async with database.read() as transaction:
        stored = [
            str(row)
            for table in ("discogs_accounts", "permissions", "grants")
            for row in await transaction.execute(text(f"SELECT * FROM {table}"))  # noqa: S608  # our own names
        ]

    assert len(stored) == 3
    for canary in ("access", "request-2", "request-secret", "Alice"):
        assert canary not in "".join(stored)
