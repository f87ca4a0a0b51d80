"""Builders for what is stored of a collection."""

from datetime import UTC, datetime
from typing import Any

from services.collection.models import CopiesPage, StoredCopy, SyncState
from services.discogs.shelf_models import Format, LabelLine

SYNCED_AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


def make_copy(**fields: Any) -> StoredCopy:  # noqa: ANN401  # passed through
    """Return a copy of Blue Train, changed by ``fields``."""
    settings: dict[str, Any] = {
        "item_id": 1,
        "instance_id": 101,
        "release_id": 7,
        "title": "Blue Train",
        "artist": "John Coltrane",
        "year": 1958,
        "formats": (Format(name="Vinyl", descriptions=("LP", "Album")),),
        "labels": (LabelLine(name="Blue Note", catno="BLP 1577"),),
    }
    return StoredCopy(**(settings | fields))


def make_state(**fields: Any) -> SyncState:  # noqa: ANN401  # passed through
    """Return the state of a collection that was read whole, changed by ``fields``."""
    settings: dict[str, Any] = {"username": "digger", "copies": 1, "synced_at": SYNCED_AT}
    return SyncState(**(settings | fields))


def make_page(*copies: StoredCopy, **fields: Any) -> CopiesPage:  # noqa: ANN401  # passed through
    """Return the only page of a collection, changed by ``fields``."""
    settings: dict[str, Any] = {
        "copies": copies,
        "page": 1,
        "pages": 1,
        "matching": len(copies),
        "state": make_state(copies=len(copies)),
    }
    return CopiesPage(**(settings | fields))
