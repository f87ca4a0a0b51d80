from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from fakes.accounts import NOW, USER, make_tokens
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.models import Grant, TokenSet, decode_tokens, encode_tokens
from services.secret import Secret

SECRETS = st.builds(Secret, st.text())
GRANT = Grant(
    user_id=USER,
    service="spotify",
    version=1,
    tokens=make_tokens("canary"),
    linked_at=NOW,
    updated_at=NOW,
)


@given(
    tokens=st.builds(
        TokenSet,
        access=SECRETS,
        refresh=st.none() | SECRETS,
        secret=st.none() | SECRETS,
        expires_at=st.none() | st.datetimes(timezones=st.just(UTC)),
        scopes=st.lists(st.text()).map(tuple),
    )
)
def test_tokens_are_decoded_as_they_were_encoded(tokens: TokenSet) -> None:
    assert decode_tokens(encode_tokens(tokens)) == tokens


def test_tokens_stored_by_an_earlier_version_are_read() -> None:
    stored = msgspec.msgpack.encode({"access": "a", "a field of a later version": 1})

    assert decode_tokens(stored) == TokenSet(access=Secret("a"))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xc1", id="no msgpack"),
        pytest.param(msgspec.msgpack.encode({"refresh": "canary"}), id="no access token"),
        pytest.param(msgspec.msgpack.encode({"access": 1}), id="a number for a token"),
        pytest.param(
            msgspec.msgpack.encode({"access": "canary", "expires_at": "2026-11-26T12:00:00"}),
            id="an instant without a zone",
        ),
    ],
)
def test_tokens_that_cannot_be_read_are_refused_without_a_word_about_them(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^the tokens cannot be read by this version$") as caught:
        decode_tokens(content)

    assert caught.value.__suppress_context__


def test_tokens_that_cannot_be_encoded_are_a_bug() -> None:
    with pytest.raises(NotImplementedError):
        encode_tokens(TokenSet(access=object()))  # type: ignore[arg-type]  # the bug


def test_tokens_expire_at_an_instant_with_a_zone() -> None:
    naive = datetime(2026, 11, 26, 12, 0)  # noqa: DTZ001  # the mistake this is about

    with pytest.raises(ValueError, match=r"^expires_at: an instant without a time zone$"):
        TokenSet(access=Secret("a"), expires_at=naive)


def test_tokens_are_in_no_repr() -> None:
    assert "canary" not in repr(GRANT) + str(GRANT) + repr(GRANT.tokens)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param(replace(GRANT, tokens=make_tokens("x")), True, id="same state"),
        pytest.param(replace(GRANT, version=2), False, id="tokens changed"),
        pytest.param(
            replace(GRANT, linked_at=NOW + timedelta(microseconds=1)), False, id="linked anew"
        ),
    ],
)
def test_state_is_the_version_of_one_link(other: Grant, *, expected: bool) -> None:
    assert GRANT.is_same_state_as(other) is expected
