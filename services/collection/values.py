"""``CollectionValues``: what Discogs thinks a collection is worth, now and since it was linked.

Only the owner is told, so only a link with the owner's permission has a value. One reading a day
is kept: of each look, and of the first successful sync of a day, by a job of its own.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol

import msgspec

from services.answers import Answer, Source
from services.collection.errors import OwnersOnly
from services.collection.money import Money, parse_money
from services.collection.ports import Accounts
from services.discogs.accounts import DiscogsAccount
from services.discogs.shelf_models import CollectionValue
from services.errors import (
    AuthenticationFailed,
    ExternalServiceException,
    InvalidRequest,
    NotFound,
    NotLinked,
)
from services.jobs.kinds import JobKind, RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.resilience.priority import background
from services.storage.collection_values import CollectionValueRepository, ValueRow
from services.storage.collections import CollectionRepository
from services.storage.database import Database, Transaction

_LOGGER = logging.getLogger(__name__)

_A_MONTH: Final = timedelta(days=30)
_LASTING: Final = (AuthenticationFailed, InvalidRequest, NotFound)
"""After these, what was said before is no substitute: something has to be mended."""


class ValueWork(msgspec.Struct, frozen=True, kw_only=True):
    """The job: whose collection to ask the value of."""

    user_id: int


KEEP_VALUE: Final = JobKind(name="collection.value", payload=ValueWork, max_attempts=3)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What Discogs said: its words, and when (UTC)."""

    value: CollectionValue
    asked_at: datetime

    @property
    def median(self) -> Money | None:
        """The median as an amount, or None where it cannot be read."""
        return parse_money(self.value.median)


class ValueHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Readings of one collection.

    Attributes:
        username: Discogs'.
        readings: One a day, the earliest first; at least one.
    """

    username: str
    readings: tuple[Reading, ...]

    @property
    def latest(self) -> Reading:
        """The last reading."""
        return self.readings[-1]

    @property
    def comparable(self) -> tuple[tuple[Reading, Money], ...]:
        """The readings that are in the latest one's currency, with their medians."""
        now = self.latest.median
        if now is None:
            return ()
        amounts = ((each, each.median) for each in self.readings)
        return tuple((each, found) for each, found in amounts if found and found.is_comparable(now))

    def change_since_first(self) -> tuple[Reading, Decimal] | None:
        """Return the first reading and the change since; None when there is no earlier one."""
        known = self.comparable
        return _change(known[0], known[-1]) if len(known) > 1 else None

    def change_in_a_month(self) -> tuple[Reading, Decimal] | None:
        """Return the last reading of 30 or more days ago, and the change; None without one."""
        known = self.comparable
        old = [each for each in known if self.latest.asked_at - each[0].asked_at >= _A_MONTH]
        return _change(old[-1], known[-1]) if old else None


class Shelf(Protocol):
    """What tells a value; ``DiscogsShelf`` says what is raised."""

    async def value(self) -> CollectionValue:
        """Return Discogs' estimate."""


OpenShelf = Callable[[DiscogsAccount], Shelf]


class CollectionValues:
    """Asks and keeps; every method is limited to one person."""

    def __init__(
        self,
        *,
        database: Database,
        collections: CollectionRepository,
        accounts: Accounts,
        open_shelf: OpenShelf,
        queue: JobQueue,
        clock: Clock,
    ) -> None:
        """Ask ``open_shelf`` of people's ``accounts``, and keep it in ``database``."""
        self._database = database
        self._collections = collections
        self._accounts = accounts
        self._open_shelf = open_shelf
        self._queue = queue
        self._clock = clock
        self._rows = CollectionValueRepository()

    async def of(self, user_id: int) -> Answer[ValueHistory]:
        """Return the value now and before; what was said last, when Discogs cannot say now.

        Raises:
            NotLinked: There is no account.
            OwnersOnly: Only the owner is told, and has not allowed us to ask.
            ExternalServiceException: Discogs fails, and has said nothing before; or refuses.
            DatabaseUnavailable: Of the storage.
        """
        account = await self._owner(user_id)
        try:
            reading = await self._ask(account)
        except _LASTING:
            raise
        except ExternalServiceException as error:
            history = await self._kept(account)
            if history is None:
                raise
            return Answer(
                value=history, source=Source.STALE, as_of=history.latest.asked_at, error=error
            )
        history = await self._kept(account)
        if history is None or history.latest != reading:  # the collection was never read: not kept
            history = ValueHistory(username=account.username, readings=(reading,))
        return Answer(value=history, source=Source.LIVE, as_of=reading.asked_at)

    async def kept(self, user_id: int) -> ValueHistory | None:
        """Return what was said before, without asking; None when nothing was.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        account = await self._accounts.account(user_id)
        return None if account is None else await self._kept(account)

    async def want(self, transaction: Transaction, user_id: int) -> None:
        """Have today's value kept, if nothing was yet: called by a sync that ends well.

        It is a job of its own, so nothing that it meets can fail the sync.
        """
        if not await self._rows.has(transaction, user_id, self._clock.now().date()):
            work = ValueWork(user_id=user_id)
            await self._queue.enqueue(KEEP_VALUE, work, transaction=transaction, key=str(user_id))

    async def keep(self, job: RunningJob[ValueWork]) -> None:
        """Handle the job; where Discogs does not tell, there is no reading of that day.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        try:
            with background():
                await self._ask(await self._owner(job.payload.user_id))
        except OwnersOnly:
            pass  # a collection that was linked by its name has no value to know
        except ExternalServiceException as error:
            _LOGGER.info("no value of a collection was kept: %s", error)

    async def _owner(self, user_id: int) -> DiscogsAccount:
        account = await self._accounts.account(user_id)
        if account is None:
            raise NotLinked("discogs", "get_value")
        if not account.may_write:
            raise OwnersOnly
        return account

    async def _ask(self, account: DiscogsAccount) -> Reading:
        value = await self._open_shelf(account).value()
        reading = Reading(value=value, asked_at=self._clock.now())
        async with self._database.write() as transaction:
            # Locked, and looked at: the account may have been unlinked, or replaced, meanwhile.
            row = await self._collections.get(transaction, account.user_id, for_update=True)
            if row is not None and row.username == account.username:
                await self._rows.put(transaction, account.user_id, _row_of(reading))
        return reading

    async def _kept(self, account: DiscogsAccount) -> ValueHistory | None:
        async with self._database.read() as transaction:
            rows = await self._rows.all(transaction, account.user_id)
        if not rows:
            return None
        return ValueHistory(username=account.username, readings=tuple(map(_reading_of, rows)))


def _change(before: tuple[Reading, Money], now: tuple[Reading, Money]) -> tuple[Reading, Decimal]:
    return before[0], now[1].amount - before[1].amount


def _row_of(reading: Reading) -> ValueRow:
    value = reading.value
    return ValueRow(
        day=reading.asked_at.astimezone(UTC).date(),
        minimum=value.minimum,
        median=value.median,
        maximum=value.maximum,
        asked_at=reading.asked_at,
    )


def _reading_of(row: ValueRow) -> Reading:
    value = CollectionValue(minimum=row.minimum, median=row.median, maximum=row.maximum)
    return Reading(value=value, asked_at=row.asked_at)
