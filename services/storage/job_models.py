"""What a durable job is: the values that the table of jobs takes and returns."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class JobState(StrEnum):
    """Where a job is; a completed one is nowhere."""

    QUEUED = "queued"
    RUNNING = "running"
    DEAD = "dead"


class Priority(IntEnum):
    """Lower goes first."""

    INTERACTIVE = 0
    NORMAL = 5
    BACKGROUND = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to enqueue.

    Attributes:
        kind: Names the handler.
        payload: JSON; never a token.
        priority: Among the jobs that are due.
        dedup_key: At most one queued or running job has it; None for no such limit.
        run_at: Not before (aware), or None for at once.
        max_attempts: Claims until it becomes a dead letter, 1 or more.
    """

    kind: str
    payload: str
    priority: Priority = Priority.NORMAL
    dedup_key: str | None = None
    run_at: datetime | None = None
    max_attempts: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A row of the table; ``attempts`` counts this one, once it is claimed."""

    job_id: int
    kind: str
    payload: str
    state: JobState
    priority: int
    dedup_key: str | None
    run_at: datetime | None
    attempts: int
    max_attempts: int
    fence: int
    beat: int
    worker: str | None
    enqueued_at: datetime
    last_error: str | None
