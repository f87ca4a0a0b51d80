import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.resilience.cache_key import cache_key

PARAMS = st.dictionaries(st.text(), st.none() | st.integers(-(2**63), 2**63 - 1) | st.text())


def test_cache_key_names_upstream_operation_version_and_a_digest() -> None:
    digest = hashlib.sha256(msgspec.msgpack.encode([("a", 1), ("b", "x")])).hexdigest()

    key = cache_key("spotify", "search", {"b": "x", "a": 1}, version=3)

    assert key == f"spotify:search:3:{digest}"


def test_cache_key_is_of_version_1_unless_said_otherwise() -> None:
    assert cache_key("spotify", "search", {}).startswith("spotify:search:1:")


def test_cache_key_of_a_person_ends_with_the_persons_id() -> None:
    anybody = cache_key("discogs", "get_collection", {"page": 1})

    assert cache_key("discogs", "get_collection", {"page": 1}, user=42) == f"{anybody}:42"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param({"a": "1"}, {"a": 1}, id="text and number"),
        pytest.param({"a": None}, {"a": "None"}, id="nothing and its name"),
        pytest.param({"a": None}, {}, id="nothing and absent"),
        pytest.param({"a": "b", "c": "d"}, {"a": "b:c=d"}, id="separators in a value"),
        pytest.param({"ab": "c"}, {"a": "bc"}, id="name and value run together"),
    ],
)
def test_cache_key_tells_apart_what_looks_alike(
    first: dict[str, str | int | None], second: dict[str, str | int | None]
) -> None:
    assert cache_key("discogs", "search", first) != cache_key("discogs", "search", second)


def test_cache_key_holds_nothing_that_was_typed() -> None:
    assert "canary" not in cache_key("discogs", "search", {"query": "canary"}, user=1)


@given(PARAMS, PARAMS, st.none() | st.integers(0), st.none() | st.integers(0))
def test_cache_keys_are_equal_exactly_when_everything_is(
    first: dict[str, str | int | None],
    second: dict[str, str | int | None],
    first_user: int | None,
    second_user: int | None,
) -> None:
    keys = [
        cache_key("discogs", "search", first, user=first_user),
        cache_key("discogs", "search", second, user=second_user),
    ]

    assert (keys[0] == keys[1]) is ((first, first_user) == (second, second_user))
