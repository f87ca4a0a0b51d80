"""What a job is to the code that wants it done: a kind, a typed payload, a handler."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from services.errors import LONGEST_RETRY_AFTER_SECONDS
from services.resilience.retry import Backoff
from services.storage.database import Transaction
from services.storage.job_models import Job, Priority

P = TypeVar("P", bound=msgspec.Struct)


class JobLost(Exception):  # noqa: N818  # says what happened
    """Somebody else holds this job now, or nobody: what this worker does for it must not count."""


class RetryLater(Exception):  # noqa: N818  # what the handler asks for
    """Raised by a handler: try again, not before ``seconds`` from now.

    Attributes:
        seconds: How long to wait.
        counts: False when it was no fault of the job: the attempt is taken back, and the handler
            itself decides when to give up.
    """

    def __init__(self, reason: str, *, seconds: float, counts: bool = True) -> None:
        """Keep the reason, which is stored and shown to operators: no secrets, no user text.

        Raises:
            ValueError: ``seconds`` is not between 0 and 30 days.
        """
        if not 0 <= seconds <= LONGEST_RETRY_AFTER_SECONDS:
            raise ValueError(f"between 0 and {LONGEST_RETRY_AFTER_SECONDS:.0f} s, not {seconds}")
        super().__init__(reason)
        self.seconds = seconds
        self.counts = counts


class Abandon(Exception):  # noqa: N818  # what the handler asks for
    """Raised by a handler: trying again is pointless; the job becomes a dead letter now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind(Generic[P]):
    """A kind of work.

    Attributes:
        name: Such as ``descriptions.write_later``; it is stored, so it never changes.
        payload: What the job needs to know. It is stored as JSON: never a token, and a new field
            needs a default, since jobs of the previous version may still wait.
        max_attempts: Claims until it becomes a dead letter.
        priority: Among the jobs that are due.
        backoff: The waits between attempts; its own ``attempts`` is not used.
    """

    name: str
    payload: type[P]
    max_attempts: int = 5
    priority: Priority = Priority.NORMAL
    backoff: Backoff = field(default_factory=lambda: Backoff(floor=1.0, base=10.0, cap=600.0))

    def encode(self, payload: P) -> str:
        """Return the payload as it is stored."""
        return msgspec.json.encode(payload).decode()

    def decode(self, text: str) -> P:
        """Return the payload of a stored job.

        Raises:
            Abandon: It cannot be read by this version.
        """
        try:
            return msgspec.json.decode(text, type=self.payload)
        except msgspec.MsgspecError:
            # ``from None``: the error quotes the payload, which may hold what a user typed.
            raise Abandon("the payload cannot be read by this version") from None


class Saver(Protocol):
    """What a running job needs of the table of jobs."""

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction."""

    async def save(self, transaction: Transaction, job: Job, payload: str) -> bool:
        """Replace the payload; False when the fence no longer fits."""

    async def complete(self, transaction: Transaction, job: Job) -> bool:
        """Remove the job; False when the fence no longer fits."""


class RunningJob(Generic[P]):
    """A claimed job in the hands of its handler.

    A handler that returns has completed the job. One that changes the database does so in
    ``finishing``, which makes the change and the completion one: whatever dies in between, the
    change is there exactly once. A long one commits its steps with ``saving`` and goes on from
    ``payload`` next time.

    Attributes:
        payload: As enqueued, or as last saved.
        is_finishing: True while ``finishing`` commits.
        is_done: True once ``finishing`` has committed.
    """

    def __init__(self, kind: JobKind[P], job: Job, saver: Saver) -> None:
        """Hand out ``job``, whose payload is read now.

        Raises:
            Abandon: The payload cannot be read.
        """
        self._kind = kind
        self._job = job
        self._saver = saver
        self.payload = kind.decode(job.payload)
        self.is_finishing = False
        self.is_done = False

    @property
    def job_id(self) -> int:
        """Unique for ever, and the same on every attempt: good for an idempotency key."""
        return self._job.job_id

    @property
    def attempt(self) -> int:
        """1 for the first."""
        return self._job.attempts

    @property
    def is_last_attempt(self) -> bool:
        """True when a failure now makes a dead letter."""
        return self._job.attempts >= self._job.max_attempts

    @asynccontextmanager
    async def saving(self, payload: P) -> AsyncIterator[Transaction]:
        """Commit what the block does together with the progress ``payload``.

        Raises:
            JobLost: Somebody else has the job; nothing is committed.
            DatabaseUnavailable: Of the storage; whether it was committed may be unknown.
        """
        async with self._saver.writing() as transaction:
            yield transaction
            if not await self._saver.save(transaction, self._job, self._kind.encode(payload)):
                raise JobLost
        self.payload = payload

    @asynccontextmanager
    async def finishing(self) -> AsyncIterator[Transaction]:
        """Commit what the block does together with the completion of the job.

        Raises:
            JobLost: Somebody else has the job; nothing is committed.
            DatabaseUnavailable: Of the storage; whether it was committed may be unknown.
        """
        try:
            async with self._saver.writing() as transaction:
                yield transaction
                self.is_finishing = True
                if not await self._saver.complete(transaction, self._job):
                    raise JobLost
            self.is_done = True
        finally:
            self.is_finishing = False


Handler = Callable[[RunningJob[P]], Awaitable[None]]


class Handlers:
    """Who does which kind of work; filled in ``bot/app.py``."""

    def __init__(self) -> None:
        """Know no kind yet."""
        self._handlers: dict[str, tuple[JobKind[Any], Handler[Any]]] = {}

    def register(self, kind: JobKind[P], handler: Handler[P]) -> None:
        """Have ``handler`` do the jobs of ``kind``.

        Raises:
            ValueError: There is a handler for it already.
        """
        if kind.name in self._handlers:
            raise ValueError(f"two handlers for {kind.name}")
        self._handlers[kind.name] = (kind, handler)

    @property
    def names(self) -> list[str]:
        """The kinds that somebody does; jobs of other kinds stay queued."""
        return sorted(self._handlers)

    def kind(self, name: str) -> JobKind[Any]:
        """Return the kind of that name."""
        return self._handlers[name][0]

    def handler(self, name: str) -> Handler[Any]:
        """Return who does that kind."""
        return self._handlers[name][1]
