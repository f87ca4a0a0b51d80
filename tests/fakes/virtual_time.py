"""An event loop whose time jumps to the next timer as soon as nothing else is to be done.

``SystemClock``, ``asyncio.timeout_at`` and every sleep read the loop's time, so hours of policy run
in milliseconds and always in the same order. It is for code that uses no sockets and no threads:
nothing outside the loop can wake it, and a loop that waits for nothing is reported as a dead end
instead of hanging::

    @in_virtual_time
    async def test_the_wait_takes_an_hour(clock: VirtualClock) -> None:
        await clock.sleep(3600)
"""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

START = 1_000.0
"""The loop's time when it starts; not 0, which code may take for "unset"."""

_SETTLING_TURNS = 50


class DeadEndError(RuntimeError):
    """Every task waits for something that cannot come any more."""


class _JumpingSelector(selectors.DefaultSelector):
    """Polls; when nothing is ready, moves the loop's time instead of waiting."""

    loop: "VirtualTimeLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and (timeout is None or timeout > 0):
            self.loop.jump()
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A selector loop with its own time."""

    def __init__(self) -> None:
        selector = _JumpingSelector()
        selector.loop = self
        self._virtual_now = START
        self.complaints: list[str] = []
        super().__init__(selector)
        self.set_exception_handler(self._complain)

    def time(self) -> float:
        return self._virtual_now

    def jump(self) -> None:
        # asyncio drops cancelled timers from the head of the heap before it asks the selector.
        timers: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]  # asyncio's own heap
        if not timers:
            raise DeadEndError("every task waits, and no timer is set")
        self._virtual_now = max(self._virtual_now, timers[0].when())

    def _complain(self, _loop: object, context: Mapping[str, Any]) -> None:
        self.complaints.append(f"{context.get('message')}: {context.get('exception')!r}")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` to its end on a fresh virtual loop.

    An exception that nobody retrieved, which asyncio would only log, is an error here.
    """
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        result = runner.run(main)
        loop = runner.get_loop()
        complaints = loop.complaints if isinstance(loop, VirtualTimeLoop) else []
    assert complaints == []
    return result


def in_virtual_time(test: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Run an async test on a virtual loop; its fixtures must not be async."""

    @wraps(test)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        return run(test(*args, **kwargs))

    return wrapper


async def settle() -> None:
    """Let every other task run until it waits for time or for somebody else."""
    for _ in range(_SETTLING_TURNS):
        await _turn()


async def outcomes(*awaitables: Awaitable[T]) -> list[T | BaseException]:
    """Await all of them together; failures are part of the result."""
    return await asyncio.gather(*awaitables, return_exceptions=True)


class _Turn:
    def __await__(self) -> Any:  # noqa: ANN401  # the awaitable protocol
        yield


async def _turn() -> None:
    await _Turn()
