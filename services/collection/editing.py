"""``CollectionEditing``: rating, folder and notes of a person's own copies, changed one by one.

Only what differs is sent. Each change is made on Discogs first and stored here once Discogs has
made it; when one fails, those before it are kept and the person is told which.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from services.collection.edit_models import Editable, Edited, EditField, Edits, Part, Step
from services.collection.errors import ChangedMeanwhile, NoSuchCopy, ReadOnlyLink
from services.collection.ports import Accounts, EditShelf, OpenEditShelf
from services.collection.rows import (
    FIELD_NAMES,
    NOTES_FIELD,
    Names,
    changed_row,
    copy_of,
    notes_of,
)
from services.collection.upstream_copies import address_of
from services.discogs.naming import clean_lines
from services.discogs.shelf_models import Copy
from services.errors import ExternalServiceException, NotLinked, OutcomeUnknown
from services.storage.collection_models import ItemRecord, NameKind
from services.storage.collection_reader import CollectionReader
from services.storage.collections import CollectionRepository
from services.storage.database import Database, Transaction

_VERSION_BYTES: Final = 8
_ALL_FOLDER: Final = 0


class CollectionEditing:
    """Changes copies.

    Everything raises ``DatabaseUnavailable``, and for a copy on Discogs ``NotLinked`` (no account
    any more) and ``LinkAgain`` (its tokens are of no use).
    """

    def __init__(
        self,
        *,
        database: Database,
        collections: CollectionRepository,
        accounts: Accounts,
        open_shelf: OpenEditShelf,
        read_anew: Callable[[int], Awaitable[object]],
    ) -> None:
        """Change what is stored in ``database``, and what ``open_shelf`` opens.

        ``read_anew`` has a person's collection read from end to end, which settles doubts.
        """
        self._database = database
        self._collections = collections
        self._reader = CollectionReader()
        self._accounts = accounts
        self._open_shelf = open_shelf
        self._read_anew = read_anew

    async def editable(self, user_id: int, item_id: int) -> Editable:
        """Return a copy as it can be changed; Discogs is not asked.

        Raises:
            NoSuchCopy: There is none of that number (any more).
            ReadOnlyLink: It is on Discogs, where the person lets us change nothing.
        """
        async with self._database.read() as transaction:
            record, names = await self._stored(transaction, user_id, item_id)
            options = await self._reader.field_options(transaction, user_id)
        if record.instance_id is not None:
            await self._shelf(user_id)
        notes = notes_of(record)
        fields = _fields(record, names)
        return Editable(
            copy=copy_of(record, names),
            folder_id=record.folder_id,
            folders=_folders(record, names),
            fields=tuple(
                EditField(
                    field_id=number,
                    name=name,
                    text=notes.get(number, ""),
                    options=options.get(number, ()),
                )
                for number, name in sorted(fields.items())
            ),
            version=_version(record),
        )

    async def edit(self, user_id: int, item_id: int, version: str, edits: Edits) -> Edited:
        """Change what differs, until Discogs fails.

        Args:
            user_id: Whose.
            item_id: Of ``Editable.copy``.
            version: Of the ``Editable`` that the person was shown.
            edits: What they typed.

        Raises:
            NoSuchCopy: There is none of that number (any more).
            ChangedMeanwhile: It is not what the person was shown; nothing was changed.
            ReadOnlyLink: It is on Discogs, where the person lets us change nothing.
        """
        async with self._database.read() as transaction:
            record, names = await self._stored(transaction, user_id, item_id)
        if _version(record) != version:
            raise ChangedMeanwhile
        shelf = None if record.instance_id is None else await self._shelf(user_id)
        steps = tuple(_steps(record, names, edits))
        done: list[Step] = []
        failure: ExternalServiceException | None = None
        for step in steps:
            try:
                if shelf is not None:
                    await _send(shelf, address_of(record), step)
            except ExternalServiceException as error:
                failure = error
                if isinstance(error, OutcomeUnknown):
                    await self._read_anew(user_id)
                break
            record = await self._store(user_id, record, step)
            done.append(step)
        left = steps[len(done) :]
        copy = copy_of(record, names)
        return Edited(copy=copy, done=tuple(done), left=left, failure=failure)

    async def _store(self, user_id: int, record: ItemRecord, step: Step) -> ItemRecord:
        """Have the stored copy follow; returns it."""
        row = changed_row(record, step)
        async with self._database.write() as transaction:
            await self._collections.rewrite(transaction, user_id, record.item_id, row)
            changed = await self._reader.item(transaction, user_id, record.item_id)
        if changed is None:  # somebody was quick to remove it
            raise NoSuchCopy
        return changed

    async def _stored(
        self, transaction: Transaction, user_id: int, item_id: int
    ) -> tuple[ItemRecord, Names]:
        record = await self._reader.item(transaction, user_id, item_id)
        if record is None:
            raise NoSuchCopy
        names = await self._reader.all_names(transaction, user_id)
        return record, Names(folders=names[NameKind.FOLDER], fields=names[NameKind.FIELD])

    async def _shelf(self, user_id: int) -> EditShelf:
        account = await self._accounts.account(user_id)
        if account is None:
            raise NotLinked("discogs", "edit_copy")
        if not account.may_write:
            raise ReadOnlyLink
        return self._open_shelf(account)


async def _send(shelf: EditShelf, copy: Copy, step: Step) -> None:
    if step.part is Part.RATING:
        await shelf.set_rating(copy, step.number)
    elif step.part is Part.NOTE:
        await shelf.set_note(copy, step.number, step.text)
    else:
        await shelf.move(copy, step.number)


def _steps(record: ItemRecord, names: Names, edits: Edits) -> Iterator[Step]:
    """Yield what differs; the folder last, since it is part of a copy's address."""
    if edits.rating is not None and edits.rating != record.rating:
        yield Step(part=Part.RATING, number=edits.rating)
    notes, fields = notes_of(record), _fields(record, names)
    for number, typed in sorted(edits.notes.items()):
        text = clean_lines(typed)  # as what Discogs tells is stored
        if number in fields and text != notes.get(number, ""):
            yield Step(part=Part.NOTE, number=number, name=fields[number], text=text)
    folder_id, folders = edits.folder_id, _folders(record, names)
    if folder_id is not None and folder_id != record.folder_id and folder_id in folders:
        yield Step(part=Part.FOLDER, number=folder_id, name=folders[folder_id])


def _fields(record: ItemRecord, names: Names) -> dict[int, str]:
    """Return what can be noted: of a local entry, what Discogs calls notes at first."""
    if record.instance_id is None:
        return {NOTES_FIELD: names.fields.get(NOTES_FIELD) or FIELD_NAMES[NOTES_FIELD]}
    return dict(names.fields) or dict(FIELD_NAMES)


def _folders(record: ItemRecord, names: Names) -> dict[int, str]:
    if record.instance_id is None:
        return {}
    return {number: name for number, name in names.folders.items() if number != _ALL_FOLDER}


def _version(record: ItemRecord) -> str:
    """Return what changes with everything that can be changed."""
    shown = repr((record.rating, record.folder_id, sorted(notes_of(record).items())))
    return hashlib.blake2b(shown.encode(), digest_size=_VERSION_BYTES).hexdigest()
