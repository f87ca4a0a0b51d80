"""``Freshness``: what is stored is looked after before it is shown (``architecture.md`` 4.4)."""

from datetime import datetime, timedelta
from typing import Final

from services.collection.ports import Accounts, Sync
from services.discogs.accounts import DiscogsAccount
from services.errors import NotLinked
from services.resilience.clock import Clock
from services.storage.collections import CollectionRepository
from services.storage.database import Database

_CHECK_SECONDS: Final = 3.0


class Freshness:
    """Has a sync look for news where what is stored is older than Discogs' terms allow."""

    def __init__(
        self,
        *,
        database: Database,
        collections: CollectionRepository,
        accounts: Accounts,
        sync: Sync,
        clock: Clock,
        stale_seconds: float,
    ) -> None:
        """Leave alone what is younger than ``stale_seconds``."""
        self._database = database
        self._collections = collections
        self._accounts = accounts
        self._sync = sync
        self._clock = clock
        self._stale = timedelta(seconds=stale_seconds)

    async def current(self, user_id: int) -> DiscogsAccount:
        """Return the account, after the sync has looked for news where that is due.

        Raises:
            NotLinked: There is no account.
            LinkAgain: Its tokens are of no use.
            DatabaseUnavailable: Of the storage.
        """
        account = await self.account(user_id)
        async with self._database.read() as transaction:
            row = await self._collections.get(transaction, user_id)
        if row is None or (row.synced_at is None and row.problem is None):
            await self._sync.start(user_id)
        elif self.is_stale(row.synced_at):
            await self._sync.freshen(user_id, within=_CHECK_SECONDS)
        return account

    async def account(self, user_id: int) -> DiscogsAccount:
        """Return the account, whatever the age of what is stored; raises as ``current``."""
        account = await self._accounts.account(user_id)
        if account is None:
            raise NotLinked("discogs", "get_collection")
        return account

    def is_stale(self, synced_at: datetime | None) -> bool:
        """Tell whether what was read then must be looked after, or else shown with its age."""
        return synced_at is not None and self._clock.now() - synced_at > self._stale
