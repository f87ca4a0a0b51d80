from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import NamedTuple
from uuid import UUID

import msgspec
import pytest

from services.resilience._immutable import is_immutable


class _Kind(Enum):
    ALBUM = "album"


class _Pair(NamedTuple):
    first: object
    second: object


@dataclass(frozen=True)
class _Frozen:
    part: object


@dataclass
class _Open:
    part: object


class _FrozenStruct(msgspec.Struct, frozen=True):
    part: object


class _OpenStruct(msgspec.Struct):
    part: object


class _Plain:
    """Neither a dataclass nor a struct."""


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        1.5,
        "",
        b"",
        date(2026, 1, 1),
        datetime(2026, 1, 1, tzinfo=UTC),
        time(12),
        timedelta(1),
        Decimal(1),
        UUID(int=1),
        _Kind.ALBUM,
        (),
        (1, ("a", None)),
        frozenset({1}),
        _Pair(1, "a"),
        _Frozen("a"),
        _Frozen(_FrozenStruct(("a",))),
        _FrozenStruct(_Frozen(1)),
    ],
    ids=repr,
)
def test_what_nobody_can_change_is_immutable(value: object) -> None:
    assert is_immutable(value)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([], id="list"),
        pytest.param({}, id="dict"),
        pytest.param({1}, id="set"),
        pytest.param(bytearray(), id="bytearray"),
        pytest.param(_Plain(), id="plain object"),
        pytest.param(_Open(1), id="dataclass"),
        pytest.param(_OpenStruct(1), id="struct"),
        pytest.param(_Frozen, id="a class itself"),
        pytest.param(([],), id="list in a tuple"),
        pytest.param((1, (2, {})), id="dict deep in tuples"),
        pytest.param(_Pair(1, []), id="list in a named tuple"),
        pytest.param(_Frozen([]), id="list in a frozen dataclass"),
        pytest.param(_FrozenStruct(part=(_OpenStruct(1),)), id="struct in a frozen struct"),
    ],
)
def test_what_somebody_could_change_is_not(value: object) -> None:
    assert not is_immutable(value)
