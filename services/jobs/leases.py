"""Leases: how long a claim holds without a sign of life, and who notices that it ended.

Nobody compares wall clocks. A worker's sign of life is a counter that it increments; whoever
watches sees that a counter has not moved for a whole lease *on the watcher's own monotonic
clock*. So a clock that is set, or two machines whose clocks disagree, can neither end a lease
early nor keep it for ever. (DynamoDB's lock client does it this way, for this reason.) The price:
after a crash a new process waits a whole lease from its first look.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from services.storage.job_models import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """How long a claim holds, and how often it is renewed and watched; seconds.

    Several beats fit into a lease, so that a slow database does not end it.
    """

    seconds: float = 45.0
    beat_every: float = 10.0
    watch_every: float = 5.0


class LeaseWatch:
    """Remembers when each claim last showed life."""

    def __init__(self, lease: Lease) -> None:
        """Judge by ``lease``."""
        self._lease = lease
        self._seen: dict[int, tuple[tuple[int, int], float]] = {}

    def expired(self, running: Iterable[Job], now: float) -> list[Job]:
        """Return the jobs whose worker has shown no life for a lease.

        Args:
            running: Every claimed job, as the table says now.
            now: A monotonic instant.
        """
        jobs = list(running)
        before, self._seen = self._seen, {}
        expired: list[Job] = []
        for job in jobs:
            mark = (job.fence, job.beat)
            last_mark, since = before.get(job.job_id, (mark, now))
            if last_mark != mark:
                since = now
            self._seen[job.job_id] = (mark, since)
            if now - since >= self._lease.seconds:
                expired.append(job)
        return expired
