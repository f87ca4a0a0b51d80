"""The limit of a block: ``asyncio.timeout_at`` in half the time.

Every call enters two of them, its deadline's and its attempt's, and asyncio's own were more than a
third of what a policy costs. Left out is what nobody here uses: rescheduling, and states for a
repr. The tests hold both against each other in every case they know.
"""

from asyncio import (
    AbstractEventLoop,
    CancelledError,
    Handle,
    Task,
    current_task,
    get_running_loop,
)
from types import TracebackType
from typing import Any


class Timeout:
    """Cancels the block at an instant of the loop's time, and raises TimeoutError in its place."""

    __slots__ = ("_cancelling", "_has_expired", "_instant", "_task", "_timer")

    def __init__(self, instant: float | None) -> None:
        """Set the limit; None: there is none. It is entered once."""
        self._instant = instant
        self._has_expired = False

    async def __aenter__(self) -> None:
        loop = get_running_loop()
        task = current_task(loop)
        if task is None:
            raise RuntimeError("a timeout needs a task that it can cancel")
        self._task: Task[Any] = task
        # Requests to cancel that others made before are none of our business.
        self._cancelling = task.cancelling()
        self._timer = None if self._instant is None else self._start(loop, self._instant)

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self._has_expired:
            return
        # 1. Somebody else cancelled the task as well: theirs goes on.
        # 2. The block ended in another way than by our cancellation: so it ends.
        if self._task.uncancel() <= self._cancelling and isinstance(error, CancelledError):
            raise TimeoutError from error

    def _start(self, loop: AbstractEventLoop, instant: float) -> Handle:
        if instant <= loop.time():
            return loop.call_soon(self._expire)
        return loop.call_at(instant, self._expire)

    def _expire(self) -> None:
        self._has_expired = True
        self._task.cancel()
