"""What somebody has allowed on Spotify ends after six months: a word in time.

The six months count from the person's consent and no refresh extends them (since June 2026), so
two weeks before the end they are told, once, in a direct message. The job that does it is made
with the link and goes with it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from services.accounts.spotify_credential import SPOTIFY
from services.delivery import DiscordUnavailable, Publisher, Refused
from services.jobs.kinds import JobKind, RetryLater, RunningJob
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.storage.database import Database, Transaction
from services.storage.grants import GrantRepository
from services.storage.spotify_accounts import SpotifyAccountRepository

_LOGGER = logging.getLogger(__name__)

_HOLDS: Final = timedelta(days=180)  # "six months": rather a little early
_AHEAD: Final = timedelta(days=14)
_AGAIN_SECONDS: Final = 1_800.0


class ExpiryWork(msgspec.Struct, frozen=True, kw_only=True):
    """The job: whom to tell about which link.

    Attributes:
        user_id: The person's Discord id.
        linked_at: Names the link: another one is none of this job's business.
        locale: The person's, such as ``fr``.
    """

    user_id: int
    linked_at: datetime
    locale: str


WARN_OF_EXPIRY: Final = JobKind(name="accounts.spotify_expiry", payload=ExpiryWork)


@dataclass(frozen=True, slots=True)
class SpotifyExpiring:
    """What the person is told: whose link it is, and when it ends."""

    user_id: int
    expires_at: datetime


def expiry_of(linked_at: datetime) -> datetime:
    """Return when what was allowed at an instant ends."""
    return linked_at + _HOLDS


def is_expiring(linked_at: datetime, now: datetime) -> bool:
    """Return whether the end is less than two weeks away, or behind us."""
    return now >= expiry_of(linked_at) - _AHEAD


class ExpiryWarnings:
    """Tells people in time; once for every link."""

    def __init__(
        self, database: Database, *, queue: JobQueue, publisher: Publisher, clock: Clock
    ) -> None:
        """Tell through ``publisher`` what is due in ``queue``."""
        self._database = database
        self._queue = queue
        self._publisher = publisher
        self._clock = clock
        self._rows = SpotifyAccountRepository()
        self._grants = GrantRepository()

    async def schedule(
        self, transaction: Transaction, user_id: int, linked_at: datetime, locale: str
    ) -> None:
        """Have the person told about a new link's end, and not about an older one's."""
        await self.forget(transaction, user_id)
        await self._queue.enqueue(
            WARN_OF_EXPIRY,
            ExpiryWork(user_id=user_id, linked_at=linked_at, locale=locale),
            transaction=transaction,
            key=str(user_id),
            run_at=expiry_of(linked_at) - _AHEAD,
        )

    async def forget(self, transaction: Transaction, user_id: int) -> None:
        """Tell the person nothing."""
        await self._queue.withdraw(transaction, WARN_OF_EXPIRY, str(user_id))

    async def warn(self, job: RunningJob[ExpiryWork]) -> None:
        """Tell the person, if that is still true.

        Raises:
            RetryLater: Discord is away.
            DatabaseUnavailable: Of the storage.
        """
        work = job.payload
        expires_at = expiry_of(work.linked_at)
        if not await self._holds(work) or self._clock.now() >= expires_at:
            return
        content = SpotifyExpiring(work.user_id, expires_at)
        key = f"{WARN_OF_EXPIRY.name}:{job.job_id}"
        try:
            await self._publisher.tell(work.user_id, content, locale=work.locale, key=key)
        except Refused:
            _LOGGER.info("somebody takes no message about the end of a link")
        except DiscordUnavailable as error:
            seconds = error.retry_after or _AGAIN_SECONDS
            raise RetryLater("Discord is away", seconds=seconds, counts=False) from error

    async def _holds(self, work: ExpiryWork) -> bool:
        async with self._database.read() as transaction:
            row = await self._rows.get(transaction, work.user_id)
            grant = await self._grants.get(transaction, work.user_id, SPOTIFY)
        return grant is not None and row is not None and row.linked_at == work.linked_at
