"""Accounts of Discogs: which names can be one, and who may write."""

import pytest

from services.discogs.accounts import DiscogsAccount, parse_username
from services.secret import Secret


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("crate_digger", "crate_digger"),
        (" Tape.Hiss-88\n", "Tape.Hiss-88"),
        ("@crate_digger", "crate_digger"),
        ("https://www.discogs.com/user/crate_digger", "crate_digger"),
        ("https://www.discogs.com/fr/user/crate_digger/collection?page=2", "crate_digger"),
        ("discogs.com/user/crate_digger", "crate_digger"),
        ("née", "née"),
    ],
)
def test_a_name_is_read_from_what_people_type(text: str, name: str) -> None:
    assert parse_username(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        ".",
        "a b",
        "a/../b",
        "a?b",
        "a#b",
        "a%2f",
        "a\\b",
        "a\x00b",
        "x" * 101,
        "https://www.discogs.com/user/..",
        "https://www.discogs.com/release/1",
        "https://example.org/user/x",
    ],
)
def test_what_can_be_no_name_is_none(text: str) -> None:
    assert parse_username(text) is None


@pytest.mark.parametrize("name", ["", "..", "a/b", "a b"])
def test_an_account_of_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        DiscogsAccount(user_id=1, username=name)


def test_an_account_may_write_when_its_owner_allowed_it_and_keeps_that_to_itself() -> None:
    public = DiscogsAccount(user_id=1, username="x")
    own = DiscogsAccount(user_id=1, username="x", authorization=lambda: Secret("canary"))

    assert (public.may_write, own.may_write) == (False, True)
    assert "authorization" not in repr(own)
