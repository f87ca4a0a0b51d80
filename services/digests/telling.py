"""``DigestTelling``: has the creator of a digest told what became of it."""

import logging

from services.delivery import DiscordUnavailable, Refused
from services.digests.ports import Announcer
from services.digests.rows import schedule_of
from services.digests.work import TellWork
from services.jobs.kinds import RetryLater, RunningJob
from services.storage.database import Database
from services.storage.digests import DigestRepository

_LOGGER = logging.getLogger(__name__)

_AGAIN_SECONDS = 300.0


class DigestTelling:
    """Tells, also after a crash."""

    def __init__(self, database: Database, *, announcer: Announcer) -> None:
        """Have ``announcer`` tell."""
        self._database = database
        self._announcer = announcer
        self._digests = DigestRepository()

    async def tell(self, job: RunningJob[TellWork]) -> None:
        """Tell it, unless the digest is deleted, or resumed since it was paused.

        Raises:
            RetryLater: Discord is away; after enough attempts the job is a dead letter.
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.read() as transaction:
            digest = await self._digests.find(transaction, job.payload.digest_id)
        if digest is None or (job.payload.paused is not None and not digest.is_paused):
            return
        schedule = schedule_of(digest)
        try:
            if job.payload.paused is None:
                await self._announcer.uncertain(schedule, job.payload.slot)
            else:
                await self._announcer.paused(schedule, job.payload.paused)
        except DiscordUnavailable as error:
            seconds = error.retry_after or _AGAIN_SECONDS
            raise RetryLater("Discord cannot be reached", seconds=seconds) from None
        except Refused:
            _LOGGER.info("the creator of digest %s takes no messages", digest.digest_id)
