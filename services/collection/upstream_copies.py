"""Stored copies as Discogs needs to be told of them."""

from contextlib import suppress

import msgspec

from services.collection.ports import EditShelf
from services.collection.rows import notes_of
from services.discogs.shelf_models import Copy, Pressing
from services.errors import InvalidRequest, NotFound
from services.storage.collection_models import ItemRecord


async def with_notes_of(shelf: EditShelf, copy: Copy, entry: ItemRecord) -> Copy:
    """Have a copy bear the rating and the notes of a local entry; returns it.

    Raises:
        ExternalServiceException: Discogs did not take them.
    """
    notes = notes_of(entry)
    if entry.rating:
        await shelf.set_rating(copy, entry.rating)
    for field_id, text in notes.items():
        with suppress(NotFound, InvalidRequest):  # Discogs has no such field any more
            await shelf.set_note(copy, field_id, text)
    kept = {**dict(copy.notes), **notes}
    rating = entry.rating or copy.rating
    return msgspec.structs.replace(copy, rating=rating, notes=tuple(sorted(kept.items())))


def address_of(record: ItemRecord) -> Copy:
    """Return as much of a stored copy as Discogs needs to find it."""
    pressing = Pressing(release_id=record.release_id or 0, title="", artist="")
    return Copy(instance_id=record.instance_id or 0, pressing=pressing, folder_id=record.folder_id)
