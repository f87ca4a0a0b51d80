"""Whether a value can be shared between callers because nobody is able to change it."""

from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import NoneType
from typing import Any
from uuid import UUID

import msgspec

_ATOMS = (NoneType, bool, int, float, str, bytes, date, time, timedelta, Decimal, Enum, UUID)


def is_immutable(value: object) -> bool:
    """Return True for atoms, tuples, frozensets, frozen dataclasses and frozen structs of such."""
    if isinstance(value, _ATOMS):
        return True
    if isinstance(value, tuple | frozenset):
        return all(is_immutable(part) for part in value)
    names = _frozen_fields(type(value))  # type: ignore[arg-type]  # every class is hashable
    return names is not None and all(is_immutable(getattr(value, name)) for name in names)


@lru_cache(maxsize=256)
def _frozen_fields(kind: type[Any]) -> tuple[str, ...] | None:
    """Return the fields of a class whose instances cannot be assigned to; None for any other."""
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_fields__ if kind.__struct_config__.frozen else None
    if is_dataclass(kind) and kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]  # missing in typeshed
        return tuple(field.name for field in fields(kind))
    return None
