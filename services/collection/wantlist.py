"""``WantlistService``: a person's own wantlist, looked at and changed.

What is shown is what is stored; before that is older than Discogs' terms allow it is read anew, for
at most three seconds. A change is made on Discogs first, and here once Discogs has made it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from services.collection.errors import NoSuchWant, ReadOnlyLink
from services.collection.models import Sort
from services.collection.ports import Accounts, OpenWishShelf, WantlistReading, WishShelf
from services.collection.want_models import (
    AddedWant,
    CleanedUp,
    StoredWant,
    Wanted,
    WantlistState,
    WantsPage,
)
from services.collection.want_rows import state_of, want_of, want_row
from services.discogs.accounts import DiscogsAccount
from services.errors import ExternalServiceException, NotLinked, OutcomeUnknown
from services.resilience.clock import Clock
from services.storage.collection_models import ItemOrder
from services.storage.database import Database
from services.storage.wantlist_reader import WantlistReader
from services.storage.wantlists import WantlistRepository

_CHECK_SECONDS: Final = 3.0


class WantlistService:
    """Answers what people ask about their own wantlists; the number of a wish is its release's.

    Everything raises ``DatabaseUnavailable``; what changes a list also ``NotLinked`` (no account),
    ``LinkAgain`` (its tokens are of no use) and ``ReadOnlyLink`` (it may only be read).
    """

    def __init__(
        self,
        *,
        database: Database,
        wantlists: WantlistRepository,
        accounts: Accounts,
        open_shelf: OpenWishShelf,
        sync: WantlistReading,
        clock: Clock,
        stale_seconds: float,
    ) -> None:
        """Show what is in ``database``; older than ``stale_seconds``, ``sync`` reads it anew."""
        self._database = database
        self._wantlists = wantlists
        self._reader = WantlistReader()
        self._accounts = accounts
        self._open_shelf = open_shelf
        self._sync = sync
        self._clock = clock
        self._stale = timedelta(seconds=stale_seconds)

    # --- Looking

    async def browse(
        self,
        user_id: int,
        text: str = "",
        sort: Sort = Sort.ADDED,
        page: int = 1,
        *,
        page_size: int = 6,
    ) -> WantsPage:
        """Return one page of the wishes with words that begin with those of ``text``.

        Args:
            user_id: Whose.
            text: Words in artist, title, label, catalogue number or notes; empty for all.
            sort: In what order.
            page: 1 or more; the last one is shown instead of one beyond it.
            page_size: Wishes on a page, 1 or more.

        Raises:
            NotLinked: There is no account.
            LinkAgain: Its tokens are of no use.
        """
        account = await self._account(user_id)
        await self._freshen(user_id)
        async with self._database.read() as transaction:
            matching = await self._reader.count(transaction, user_id, text)
            pages = max(1, -(-matching // page_size))
            page = min(max(1, page), pages)
            records = await self._reader.page(
                transaction,
                user_id,
                text,
                order=ItemOrder(sort.value),
                offset=(page - 1) * page_size,
                limit=page_size,
            )
            owned = await self._reader.count_owned(transaction, user_id)
            row = await self._wantlists.get(transaction, user_id)
        state = WantlistState(username=account.username) if row is None else state_of(row)
        return WantsPage(
            wants=tuple(map(want_of, records)),
            page=page,
            pages=pages,
            matching=matching,
            owned=owned,
            may_write=account.may_write,
            state=state,
            is_fresh=not self._is_stale(state.synced_at),
        )

    async def freshen(self, user_id: int, within: float) -> bool:
        """Have the list read anew for at most ``within`` seconds; see ``WantlistSync.freshen``."""
        return await self._sync.freshen(user_id, within)

    async def find(self, user_id: int, text: str, limit: int = 25) -> tuple[StoredWant, ...]:
        """Return wishes that fit ``text``, by artist; without text the newest. Asks nobody."""
        order = ItemOrder.ARTIST if text.strip() else ItemOrder.ADDED
        async with self._database.read() as transaction:
            records = await self._reader.page(
                transaction, user_id, text, order=order, offset=0, limit=limit
            )
        return tuple(map(want_of, records))

    async def get(self, user_id: int, item_id: int) -> StoredWant | None:
        """Return one wish; None when it is not on the list (any more)."""
        async with self._database.read() as transaction:
            record = await self._reader.item(transaction, user_id, item_id)
        return None if record is None else want_of(record)

    async def holds(
        self, user_id: int, release_ids: Collection[int], master_ids: Collection[int]
    ) -> Wanted:
        """Return what of these is wanted; one statement, and nobody upstream is asked."""
        async with self._database.read() as transaction:
            return await self._reader.holds(transaction, user_id, release_ids, master_ids)

    async def owned(self, user_id: int, limit: int = 25) -> tuple[StoredWant, ...]:
        """Return wishes of which the person has a pressing by now, the very same ones first."""
        async with self._database.read() as transaction:
            records = await self._reader.owned(transaction, user_id, limit)
        return tuple(map(want_of, records))

    async def count_owned(self, user_id: int) -> int:
        """Return how many those are, of a list that we may change; 0 of any other."""
        account = await self._accounts.account(user_id)
        if account is None or not account.may_write:
            return 0
        async with self._database.read() as transaction:
            return await self._reader.count_owned(transaction, user_id)

    # --- Changing

    async def add(self, user_id: int, release_id: int) -> AddedWant:
        """Put a release on the list; one that is there already stays as it is.

        Raises:
            NotFound: Discogs has no such release.
            OutcomeUnknown: Nobody knows whether it is on the list now; a sync will tell.
            ExternalServiceException: Discogs did not put it there.
        """
        shelf = await self._writable(user_id)
        was_there = await self.get(user_id, release_id) is not None
        try:
            wish = await shelf.add_wish(release_id)
        except OutcomeUnknown:
            await self._sync.start(user_id)
            raise
        if wish is None:
            await self._sync.start(user_id)
            return AddedWant(want=None, was_there=was_there)
        async with self._database.write() as transaction:
            await self._wantlists.put(transaction, user_id, want_row(wish))
        return AddedWant(want=await self.get(user_id, release_id), was_there=was_there)

    async def remove(self, user_id: int, item_id: int) -> StoredWant:
        """Take a wish off the list; returns what it was.

        Raises:
            NoSuchWant: It is not on the list (any more).
            OutcomeUnknown: Nobody knows whether it is on the list now; a sync will tell.
            ExternalServiceException: Discogs did not take it off; it stays here, too.
        """
        shelf = await self._writable(user_id)
        want = await self.get(user_id, item_id)
        if want is None:
            raise NoSuchWant
        await self._remove(shelf, user_id, item_id)
        return want

    async def clean_up(self, user_id: int, wants: Collection[StoredWant]) -> CleanedUp:
        """Take wishes off the list, one after the other, until Discogs fails.

        Raises:
            NotLinked: And ``LinkAgain``, ``ReadOnlyLink``: nothing was removed.
        """
        shelf = await self._writable(user_id)
        removed: list[StoredWant] = []
        for want in wants:
            try:
                await self._remove(shelf, user_id, want.release_id)
            except ExternalServiceException as error:
                left = tuple(wants)[len(removed) :]
                return CleanedUp(removed=tuple(removed), left=left, failure=error)
            removed.append(want)
        return CleanedUp(removed=tuple(removed))

    async def _remove(self, shelf: WishShelf, user_id: int, release_id: int) -> None:
        try:
            await shelf.remove_wish(release_id)
        except OutcomeUnknown:
            await self._sync.start(user_id)
            raise
        async with self._database.write() as transaction:
            await self._wantlists.remove(transaction, user_id, release_id)

    # --- Accounts, and age

    async def _account(self, user_id: int) -> DiscogsAccount:
        account = await self._accounts.account(user_id)
        if account is None:
            raise NotLinked("discogs", "get_wantlist")
        return account

    async def _writable(self, user_id: int) -> WishShelf:
        account = await self._account(user_id)
        if not account.may_write:
            raise ReadOnlyLink
        return self._open_shelf(account)

    async def _freshen(self, user_id: int) -> None:
        async with self._database.read() as transaction:
            row = await self._wantlists.get(transaction, user_id)
        has_all = row is not None and row.synced_at is not None and row.problem is None
        if row is None or not has_all or self._is_stale(row.synced_at):
            await self._sync.freshen(user_id, within=_CHECK_SECONDS)

    def _is_stale(self, synced_at: datetime | None) -> bool:
        return synced_at is not None and self._clock.now() - synced_at > self._stale
