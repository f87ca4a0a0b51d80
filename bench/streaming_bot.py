"""The bot with a way to stream: ``python -m bench.streaming_bot ours|token|clock``.

What people build first, and second: an edit for every piece of text, and one clock that lets one
message a second be edited, whosever it is. With any of them one person may have any number of
texts, since the bench has few people.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Self

import bot.app
import bot.writing
from bot.__main__ import main
from bot.ui.stream import EditFailed, MessageGone
from services.descriptions.allowance import Allowance
from services.resilience.clock import Clock, SystemClock

_SECONDS_BETWEEN_EDITS = 1.0
_MANY = 1_000_000

Show = Callable[[Any], Awaitable[None]]


class _EditPerToken:
    """Shows every state there ever was, one after the other."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._states: asyncio.Queue[Any] = asyncio.Queue()
        self.newest: Any = None
        self.is_gone = False

    async def __aenter__(self) -> Self:
        self._editor = asyncio.create_task(self._edit())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._editor.cancel()

    def update(self, state: object) -> None:
        """Add a state to those that are to be shown."""
        self.newest = state
        self._states.put_nowait(state)

    async def finish(self, state: object) -> None:
        """Wait until all of them were."""
        self._states.put_nowait(state)
        await self._states.join()

    async def _edit(self) -> None:
        while True:
            state = await self._states.get()
            try:
                await self._show(state)
            except (MessageGone, EditFailed):
                self.is_gone = True
            self._states.task_done()


class _SharedClock:
    """Shows a state if a second has passed since any message was edited, and the last one."""

    _last = float("-inf")

    def __init__(self, show: Show) -> None:
        self._show = show
        self._clock = SystemClock()
        self._edits: set[asyncio.Task[None]] = set()
        self.newest: Any = None
        self.is_gone = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def update(self, state: object) -> None:
        """Show it, or drop it."""
        self.newest = state
        now = self._clock.monotonic()
        if now - _SharedClock._last >= _SECONDS_BETWEEN_EDITS:
            _SharedClock._last = now
            edit = asyncio.ensure_future(self._show(state))
            self._edits.add(edit)

    async def finish(self, state: object) -> None:
        """Show it."""
        await asyncio.gather(*self._edits, return_exceptions=True)
        await self._show(state)


_WAYS: dict[str, Callable[[Show], object]] = {"token": _EditPerToken, "clock": _SharedClock}


class _Messages:
    """Stands in for ``ProgressiveMessages``."""

    def __init__(self, *, clock: Clock) -> None:
        del clock

    def start(self, show: Show, **_: object) -> object:
        """Return one message."""
        return _WAYS[sys.argv[1]](show)


if __name__ == "__main__":
    if sys.argv[1] in _WAYS:
        setattr(bot.app, "ProgressiveMessages", _Messages)  # noqa: B010  # no name that it exports
    generous = partial(Allowance, per_user=_MANY, per_server=_MANY)
    setattr(bot.writing, "Allowance", generous)  # noqa: B010  # as above
    sys.exit(main(["run"]))
