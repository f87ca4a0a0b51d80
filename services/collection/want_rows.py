"""Wishes between what Discogs tells, what is stored, and what is shown."""

from typing import Final

import msgspec

from services.collection.models import SyncProblem
from services.collection.want_models import Possession, StoredWant, WantlistState
from services.discogs.shelf_models import Wish
from services.storage.wantlist_models import WantlistRow, WantRecord, WantRow

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Wish)


def want_row(wish: Wish) -> WantRow:
    """Return a wish as it is stored."""
    pressing = wish.pressing
    catnos = [line.catno for line in pressing.labels if line.catno]
    # ``BLP 1595`` is also found as ``BLP1595``.
    joined = ["".join(character for character in catno if character.isalnum()) for catno in catnos]
    return WantRow(
        release_id=pressing.release_id,
        master_id=pressing.master_id,
        rating=wish.rating,
        year=pressing.year,
        added_at=wish.added_at,
        artist=pressing.artist,
        title=pressing.title,
        labels=tuple(line.name for line in pressing.labels),
        texts=(*catnos, *joined, wish.notes),
        data=_ENCODER.encode(wish).decode(),
    )


def want_of(record: WantRecord) -> StoredWant:
    """Return a stored wish as it is shown."""
    wish = _DECODER.decode(record.data)
    pressing = wish.pressing
    possession = Possession.OTHER_PRESSING if record.has_other else Possession.NONE
    return StoredWant(
        release_id=pressing.release_id,
        title=pressing.title,
        artist=pressing.artist,
        master_id=pressing.master_id,
        year=pressing.year,
        country=pressing.country,
        formats=pressing.formats,
        labels=pressing.labels,
        genres=pressing.genres,
        rating=wish.rating,
        notes=wish.notes,
        added_at=wish.added_at,
        thumb_url=pressing.thumb_url,
        possession=Possession.SAME if record.has_copy else possession,
    )


def state_of(row: WantlistRow) -> WantlistState:
    """Return how a wantlist stands."""
    return WantlistState(
        username=row.username,
        synced_at=row.synced_at,
        is_partial=row.generation is None and row.building is not None,
        is_running=row.is_running,
        problem=None if row.problem is None else SyncProblem(row.problem),
        retry_at=row.retry_at,
    )
