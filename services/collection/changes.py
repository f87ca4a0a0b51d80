"""``CollectionChanges``: copies that a person adds and removes here.

What somebody typed is never lost. It goes to Discogs first, where that is possible; otherwise it is
kept here and marked as such; and when Discogs cannot answer (``manual_entry_mode`` of the ADR) a
durable job adds it there later. Before anything is sent, the job notes which copies of the release
there were: however often it is interrupted, it adds one.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from services.collection.errors import NoSuchCopy, ReadOnlyLink
from services.collection.models import AddedWhere, Entry
from services.collection.ports import Accounts, OpenShelf, Shelf
from services.collection.rows import entry_row, row_of
from services.collection.upstream_copies import address_of, with_notes_of
from services.discogs.accounts import DiscogsAccount
from services.errors import (
    AuthenticationFailed,
    ExternalServiceException,
    InvalidRequest,
    LinkAgain,
    NotFound,
    NotLinked,
)
from services.jobs.kinds import JobKind, RetryLater, RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.resilience.priority import background
from services.resilience.single_flight import SingleFlight
from services.storage.collection_entries import LocalEntries
from services.storage.collection_models import ItemRecord, ItemRow
from services.storage.collections import CollectionRepository
from services.storage.database import Database
from services.storage.job_models import Priority

_LOGGER = logging.getLogger(__name__)

_FIRST_TRY_SECONDS: Final = 60.0
_LONGEST_PAUSE_SECONDS: Final = 3_600.0
_GIVE_UP_SECONDS: Final = 7 * 86_400.0
# Only the person can mend it, by linking anew: what they typed is kept here until then.
_NO_LONGER_ALLOWED: Final = (AuthenticationFailed, LinkAgain)
# Discogs does not take this release, now or later.
_NEVER: Final = (NotFound, InvalidRequest)


class AddLater(msgspec.Struct, frozen=True, kw_only=True):
    """The job: which entry to add to Discogs.

    Attributes:
        user_id: Whose.
        item_id: Of the local entry.
        release_id: What to add.
        asked_at: When it was typed (UTC).
        before: Instance ids of the release that were there before anything was sent; None: they
            are not known, and nothing was sent.
    """

    user_id: int
    item_id: int
    release_id: int
    asked_at: datetime
    before: tuple[int, ...] | None = None


ADD_LATER: Final = JobKind(
    name="collection.add_later", payload=AddLater, priority=Priority.BACKGROUND
)


class CollectionChanges:
    """Adds and removes copies, here and on Discogs; ``add_later`` is the handler of its jobs."""

    def __init__(
        self,
        *,
        database: Database,
        collections: CollectionRepository,
        entries: LocalEntries,
        accounts: Accounts,
        open_shelf: OpenShelf,
        queue: JobQueue,
        clock: Clock,
    ) -> None:
        """Change what is stored in ``database``, and what ``open_shelf`` opens."""
        self._database = database
        self._collections = collections
        self._entries = entries
        self._accounts = accounts
        self._open_shelf = open_shelf
        self._queue = queue
        self._clock = clock
        self._adding = SingleFlight()

    async def add(self, account: DiscogsAccount, entry: Entry) -> tuple[int, AddedWhere]:
        """Store ``entry``; returns its number, and where it is.

        Two at once of the same entry are one: somebody has pressed twice.

        Raises:
            NotFound, InvalidRequest: Discogs has no such release; nothing is stored.
            DatabaseUnavailable: Nothing is stored here, though it may be on Discogs: the next sync
                shows that.
        """
        key = f"{account.user_id}:{entry!r}"
        return await self._adding.run(key, lambda: self._add(account, entry))

    async def _add(self, account: DiscogsAccount, entry: Entry) -> tuple[int, AddedWhere]:
        row = entry_row(entry, self._clock.now())
        if entry.release_id is None or not account.may_write:
            return await self._keep(account.user_id, row), AddedWhere.LOCAL
        shelf = self._open_shelf(account)
        before: tuple[int, ...] | None = None
        try:
            before = await _instances(shelf, entry.release_id)
            instance_id = await shelf.add(entry.release_id, before=before)
        except _NEVER:
            raise
        except _NO_LONGER_ALLOWED:
            return await self._keep(account.user_id, row), AddedWhere.LOCAL
        except ExternalServiceException as error:
            _LOGGER.info("a copy is to be added later: %s", error)
            return await self._keep_for_later(account.user_id, row, before), AddedWhere.LATER
        return await self._added(shelf, account.user_id, row, instance_id), AddedWhere.DISCOGS

    async def remove(self, user_id: int, record: ItemRecord) -> None:
        """Remove a copy here, and on Discogs where it is there.

        Raises:
            NoSuchCopy: It is gone already.
            ReadOnlyLink: It is on Discogs, where this person lets us change nothing.
            NotLinked: Likewise, and there is no account any more.
            ExternalServiceException: Discogs did not remove it; it stays here, too.
        """
        if record.instance_id is None:
            async with self._database.write() as transaction:
                if not await self._entries.remove(transaction, user_id, record.item_id):
                    raise NoSuchCopy
            return
        account = await self._accounts.account(user_id)
        if account is None:
            raise NotLinked("discogs", "remove_copy")
        if not account.may_write:
            raise ReadOnlyLink
        await self._open_shelf(account).remove(address_of(record))
        async with self._database.write() as transaction:
            await self._collections.remove_copy(transaction, user_id, record.item_id)

    async def add_later(self, job: RunningJob[AddLater]) -> None:
        """Handle the job.

        Raises:
            RetryLater: Discogs still cannot answer.
        """
        wish = job.payload
        try:
            with background():
                row = await self._add_now(job)
        except (*_NEVER, *_NO_LONGER_ALLOWED) as error:
            _LOGGER.info("a copy stays local: %s", error)
            return
        except ExternalServiceException as error:
            age = (self._clock.now() - wish.asked_at).total_seconds()
            if age > _GIVE_UP_SECONDS:
                return
            patience = min(max(_FIRST_TRY_SECONDS, age / 4), _LONGEST_PAUSE_SECONDS)
            seconds = max(patience, error.retry_after or 0.0)
            raise RetryLater(str(error), seconds=seconds, counts=False) from error
        if row is not None:
            async with job.finishing() as transaction:
                await self._entries.adopt(transaction, wish.user_id, wish.item_id, row)

    async def _add_now(self, job: RunningJob[AddLater]) -> ItemRow | None:
        """Return the copy that Discogs has now; None when there is nothing to add any more."""
        wish = job.payload
        account = await self._accounts.account(wish.user_id)
        entry = await self._entry(wish)
        if account is None or not account.may_write or entry is None:
            return None
        shelf = self._open_shelf(account)
        if wish.before is None:
            before = await _instances(shelf, wish.release_id)
            async with job.saving(msgspec.structs.replace(wish, before=before)):
                pass
        instance_id = await shelf.add(wish.release_id, before=job.payload.before)
        copies = await shelf.copies_of(wish.release_id)
        copy = next((each for each in copies if each.instance_id == instance_id), None)
        return None if copy is None else row_of(await with_notes_of(shelf, copy, entry))

    async def _entry(self, wish: AddLater) -> ItemRecord | None:
        async with self._database.read() as transaction:
            return await self._entries.get(transaction, wish.user_id, wish.item_id)

    async def _keep(self, user_id: int, row: ItemRow) -> int:
        async with self._database.write() as transaction:
            return await self._entries.add(transaction, user_id, row)

    async def _keep_for_later(
        self, user_id: int, row: ItemRow, before: tuple[int, ...] | None
    ) -> int:
        now = self._clock.now()
        async with self._queue.writing() as transaction:
            item_id = await self._entries.add(transaction, user_id, row)
            wish = AddLater(
                user_id=user_id,
                item_id=item_id,
                release_id=row.release_id or 0,
                asked_at=now,
                before=before,
            )
            await self._queue.enqueue(
                ADD_LATER,
                wish,
                transaction=transaction,
                key=str(item_id),
                run_at=now + timedelta(seconds=_FIRST_TRY_SECONDS),
            )
        return item_id

    async def _added(self, shelf: Shelf, user_id: int, row: ItemRow, instance_id: int) -> int:
        """Store what Discogs has now; what was typed, when it does not tell."""
        copy = replace(row, instance_id=instance_id)
        try:
            found = await shelf.copies_of(row.release_id or 0)
            copy = next((row_of(each) for each in found if each.instance_id == instance_id), copy)
        except ExternalServiceException as error:
            _LOGGER.debug("what was added is shown as it was typed: %s", error)
        async with self._database.write() as transaction:
            item_id = await self._entries.add(transaction, user_id, row)
            await self._entries.adopt(transaction, user_id, item_id, copy)
        return item_id


async def _instances(shelf: Shelf, release_id: int) -> tuple[int, ...]:
    return tuple(copy.instance_id for copy in await shelf.copies_of(release_id))
