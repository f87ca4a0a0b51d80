import logging
from datetime import timedelta

import pytest
from fakes.accounts import NOW, USER, ChangingKeys, ImpatientClock, make_grants, make_tokens

from services.accounts.cipher import Binding, TokenCipher
from services.accounts.grants import Grants
from services.accounts.models import Grant, encode_tokens
from services.errors import LinkAgain
from services.storage.database import Database
from services.storage.grants import GrantRepository

LATER = NOW + timedelta(hours=2)


@pytest.fixture
def clock() -> ImpatientClock:
    return ImpatientClock()


@pytest.fixture
def keys() -> ChangingKeys:
    return ChangingKeys(1)


@pytest.fixture
def grants(database: Database, keys: ChangingKeys, clock: ImpatientClock) -> Grants:
    return make_grants(database, keys, clock)


async def copy_ciphertext(
    database: Database, source: tuple[int, str], target: tuple[int, str]
) -> None:
    """Do what somebody who can write to the database could do."""
    async with database.write() as transaction:
        row = await GrantRepository().get(transaction, *source)
        assert row is not None
        await GrantRepository().put(transaction, *target, row.ciphertext, NOW)


# --- Linking


async def test_link_is_returned_as_it_is_stored(grants: Grants) -> None:
    linked = await grants.link(USER, "spotify", make_tokens("a"))

    assert linked == Grant(
        user_id=USER,
        service="spotify",
        version=1,
        tokens=make_tokens("a"),
        linked_at=NOW,
        updated_at=NOW,
    )
    assert await grants.get(USER, "spotify") == linked


async def test_linking_again_replaces_the_tokens(grants: Grants, clock: ImpatientClock) -> None:
    await grants.link(USER, "spotify", make_tokens("old"))
    clock.wall = LATER

    linked = await grants.link(USER, "spotify", make_tokens("new"))

    assert (linked.version, linked.linked_at, linked.updated_at) == (2, LATER, LATER)
    assert linked.tokens == make_tokens("new")
    assert await grants.get(USER, "spotify") == linked


async def test_who_has_not_linked_has_no_grant(grants: Grants) -> None:
    await grants.link(USER, "spotify", make_tokens("a"))

    assert await grants.get(USER, "discogs") is None
    assert await grants.get(USER + 1, "spotify") is None


async def test_unlinking_deletes_that_link_and_tells_whether_there_was_one(
    grants: Grants,
) -> None:
    await grants.link(USER, "spotify", make_tokens("a"))
    await grants.link(USER, "discogs", make_tokens("b"))

    outcomes = [await grants.unlink(USER, "spotify"), await grants.unlink(USER, "spotify")]

    assert outcomes == [True, False]
    assert await grants.get(USER, "spotify") is None
    assert await grants.services_of(USER) == ("discogs",)


async def test_services_of_a_person_are_those_they_linked(grants: Grants) -> None:
    for service in ("spotify", "discogs"):
        await grants.link(USER, service, make_tokens("a"))

    assert await grants.services_of(USER) == ("discogs", "spotify")
    assert await grants.services_of(USER + 1) == ()


# --- Tokens that cannot be decrypted


@pytest.mark.parametrize(
    "target",
    [
        pytest.param((USER + 1, "spotify"), id="to another user"),
        pytest.param((USER, "discogs"), id="to another service"),
    ],
)
async def test_ciphertext_copied_to_another_row_does_not_decrypt(
    grants: Grants, database: Database, target: tuple[int, str]
) -> None:
    await grants.link(USER, "spotify", make_tokens("canary"))
    await copy_ciphertext(database, (USER, "spotify"), target)

    with pytest.raises(LinkAgain) as caught:
        await grants.get(*target)

    assert str(caught.value) == f"{target[1]}.decrypt: the stored tokens cannot be decrypted"


async def put_ciphertext(database: Database, keys: ChangingKeys, purpose: str) -> None:
    binding = Binding(purpose=purpose, owner=USER, service="spotify")
    ciphertext = TokenCipher(keys).encrypt(encode_tokens(make_tokens("a")), binding)
    async with database.write() as transaction:
        await GrantRepository().put(transaction, USER, "spotify", ciphertext, NOW)


async def test_ciphertext_of_another_purpose_is_no_grant(
    grants: Grants, database: Database, keys: ChangingKeys
) -> None:
    await put_ciphertext(database, keys, "interaction")

    with pytest.raises(LinkAgain):
        await grants.get(USER, "spotify")


async def test_purpose_of_a_grant_is_the_one_that_is_stored_already(
    grants: Grants, database: Database, keys: ChangingKeys
) -> None:
    await put_ciphertext(database, keys, "grant")

    grant = await grants.get(USER, "spotify")

    assert grant is not None
    assert grant.tokens == make_tokens("a")


async def test_lost_keys_lead_to_linking_again(grants: Grants, keys: ChangingKeys) -> None:
    await grants.link(USER, "spotify", make_tokens("a"))
    keys.change(2)

    with pytest.raises(LinkAgain) as caught:
        await grants.get(USER, "spotify")
    linked = await grants.link(USER, "spotify", make_tokens("b"))

    assert caught.value.service == "spotify"
    assert caught.value.__context__ is None
    assert await grants.get(USER, "spotify") == linked


async def test_row_with_a_lost_key_is_kept_in_case_the_key_comes_back(
    grants: Grants, keys: ChangingKeys
) -> None:
    linked = await grants.link(USER, "spotify", make_tokens("a"))
    keys.change(2)
    with pytest.raises(LinkAgain):
        await grants.get(USER, "spotify")

    keys.change(2, 1)

    assert await grants.services_of(USER) == ("spotify",)
    assert await grants.get(USER, "spotify") == linked


async def test_row_with_a_lost_key_can_be_unlinked(grants: Grants, keys: ChangingKeys) -> None:
    await grants.link(USER, "spotify", make_tokens("a"))
    keys.change(2)

    assert await grants.unlink(USER, "spotify") is True
    assert await grants.get(USER, "spotify") is None


async def test_lost_keys_are_one_warning_however_often_they_are_met(
    grants: Grants, keys: ChangingKeys, caplog: pytest.LogCaptureFixture
) -> None:
    await grants.link(USER, "spotify", make_tokens("canary"))
    keys.change(2)

    for _ in range(3):
        with pytest.raises(LinkAgain):
            await grants.get(USER, "spotify")

    [record] = [r for r in caplog.records if r.name == "services.accounts.grants"]
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("stored tokens cannot be decrypted: ")
    assert "canary" not in caplog.text
    assert str(USER) not in caplog.text


async def test_old_rows_are_read_after_a_new_key_came_on_top(
    grants: Grants, keys: ChangingKeys
) -> None:
    linked = await grants.link(USER, "spotify", make_tokens("a"))

    keys.change(2, 1)

    assert await grants.get(USER, "spotify") == linked
