"""``Checking``: a short look for new copies while somebody waits for their collection."""

import logging
from typing import Final, Protocol

from services.collection.models import SyncProblem
from services.collection.newest import Newest, read_newest
from services.collection.rows import row_of
from services.collection.sync_failures import final_problem
from services.collection.sync_store import SyncStore, hidden_copies, needs_full_pass
from services.collection.sync_work import Accounts, OpenShelf
from services.errors import ExternalServiceException
from services.resilience.clock import Clock
from services.storage.collection_models import CollectionRow

_LOGGER = logging.getLogger(__name__)

_MOST_REQUESTS: Final = 2


class Start(Protocol):
    """Starts a sync; see ``CollectionSync.start``."""

    async def __call__(self, user_id: int, *, full: bool = False) -> bool:
        """Have the collection synced."""


class Checking:
    """Checks collections; what two requests cannot settle is left to a sync."""

    def __init__(
        self,
        *,
        store: SyncStore,
        accounts: Accounts,
        open_shelf: OpenShelf,
        start: Start,
        clock: Clock,
    ) -> None:
        """Check what ``open_shelf`` shows of the ``accounts``; ``start`` starts a sync."""
        self._store = store
        self._collections = store.collections
        self._accounts = accounts
        self._open_shelf = open_shelf
        self._start = start
        self._clock = clock

    async def check(self, user_id: int) -> bool:
        """Store what is new; False when what is stored may not be what Discogs has.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        account = await self._accounts.account(user_id)
        if account is None:
            return False
        row = await self._store.get(user_id)
        if row is None or row.generation is None or row.username != account.username:
            await self._start(user_id)
            return False
        if row.is_running:
            return False
        try:
            newest = await read_newest(
                self._open_shelf(account),
                lambda instances: self._store.known(user_id, instances),
                most_pages=_MOST_REQUESTS,
            )
        except ExternalServiceException as error:
            _LOGGER.info("a collection cannot be checked: %s", error)
            await self._note_problem(user_id, final_problem(error, is_owner=account.may_write))
            return False
        if not await self._note_newest(row, newest):
            await self._start(user_id, full=True)
            return False
        if needs_full_pass(row, self._clock.now()):
            await self._start(user_id)
        return True

    async def _note_newest(self, row: CollectionRow, newest: Newest) -> bool:
        """Store what was found; False when that is not everything that has changed."""
        user_id, hidden = row.user_id, hidden_copies(row)
        async with self._store.database.write() as transaction:
            now = await self._collections.get(transaction, user_id, for_update=True)
            if now is None or now.generation != row.generation or now.is_running:
                return False
            rows = [row_of(copy) for copy in newest.copies]
            await self._collections.add_newest(transaction, user_id, rows)
            stored = await self._collections.count(transaction, user_id, now.generation or 0)
            is_same = newest.is_complete and stored + hidden == newest.total
            if is_same:
                await self._store.note_success(
                    transaction, user_id, stored=stored, total=newest.total
                )
            transaction.after_commit(self._store.tell)
        return is_same

    async def _note_problem(self, user_id: int, problem: SyncProblem | None) -> None:
        if problem is None:
            return  # it is down, as everybody sees, and not about this collection
        async with self._store.database.write() as transaction:
            row = await self._collections.get(transaction, user_id, for_update=True)
            if row is not None and not row.is_running:
                await self._collections.change(transaction, user_id, problem=problem)
