"""The jobs that digests are made of, and how they are tuned.

======== ================================= ===================================================
job      enqueued                          does
======== ================================= ===================================================
prepare  within the hour before a slot     waits for upstreams and keeps what the slot will say
post     with the claim of the slot        posts what is kept; waits for nobody
tell     when there is something to tell   has the creator told
======== ================================= ===================================================
"""

from datetime import timedelta
from typing import Final

import msgspec

from services.digests.models import Cadence, PauseReason, Slot
from services.jobs.kinds import JobKind

PREPARE_BEFORE: Final = timedelta(hours=1)
"""So long before its slot a digest is prepared."""

_WORTH_POSTING: Final = {
    Cadence.DAILY: timedelta(hours=6),
    Cadence.WEEKLY: timedelta(hours=24),
    Cadence.MONTHLY: timedelta(hours=24),
}


def worth_posting(cadence: Cadence) -> timedelta:
    """Return how late a digest may come and still be posted.

    A daily one that is late by more than a quarter of a day would meet the next one's news.
    """
    return _WORTH_POSTING[cadence]


class SlotWork(msgspec.Struct, frozen=True):
    """Which slot.

    Attributes:
        digest_id: Of which digest.
        unix: The slot, in seconds since 1970.
        edition: Of the digest, when this was asked for.
    """

    digest_id: int
    unix: int
    edition: int = 0

    @property
    def slot(self) -> Slot:
        """The slot itself."""
        return Slot.from_unix(self.digest_id, self.unix)


class TellWork(msgspec.Struct, frozen=True):
    """What to tell the creator of a digest.

    Attributes:
        digest_id: Which digest.
        unix: The slot it is about.
        paused: Why it was paused; None: it was not, the slot's fate is uncertain.
    """

    digest_id: int
    unix: int
    paused: PauseReason | None = None

    @property
    def slot(self) -> Slot:
        """The slot itself."""
        return Slot.from_unix(self.digest_id, self.unix)


PREPARE: Final = JobKind(name="digests.prepare", payload=SlotWork, max_attempts=3)
# Attempts are only counted when a process dies or a bug shows: everything else gives up by itself.
POST: Final = JobKind(name="digests.post", payload=SlotWork, max_attempts=20)
TELL: Final = JobKind(name="digests.tell", payload=TellWork, max_attempts=20)
