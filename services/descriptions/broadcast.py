"""``Broadcast``: one text that is being written, followed by as many people as ask for it.

A single task reads from the model and appends to a list; every follower reads that list at its own
pace, so none can slow another, and whoever comes late gets at once what was written so far. The
task ends with the text, or when the last follower has left: nobody pays for what nobody reads.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Final

OnPlace = Callable[[int], None]
"""Is told the place in the queue: 1 is next."""

_NO_PLACE: Final = 0


class Broadcast:
    """Writes once for many; ends by itself when nobody follows any more."""

    def __init__(
        self,
        write: Callable[[OnPlace], AsyncGenerator[str, None]],
        *,
        name: str,
        on_end: Callable[[], None],
    ) -> None:
        """Begin to write, for whoever follows from now on.

        Args:
            write: Yields the text, and tells its place in the queue.
            name: Of the task.
            on_end: Called once, when nobody may join any more.
        """
        self._parts: list[str] = []
        self._changed = asyncio.Event()
        self._followers: dict[object, OnPlace | None] = {}
        self._place = _NO_PLACE
        self._on_end: Callable[[], None] | None = on_end
        self._task = asyncio.create_task(self._write(write), name=name)
        self._task.add_done_callback(self._ended)

    @property
    def followers(self) -> int:
        """How many follow now."""
        return len(self._followers)

    @asynccontextmanager
    async def follow(
        self, on_place: OnPlace | None = None
    ) -> AsyncIterator[AsyncGenerator[str, None]]:
        """Follow the text from its beginning while inside the block.

        The increments end with the text, or raise what its writing raised.
        """
        me = object()
        self._followers[me] = on_place
        if on_place is not None and self._place != _NO_PLACE:
            on_place(self._place)
        try:
            async with aclosing(self._increments()) as increments:
                yield increments
        finally:
            del self._followers[me]
            if not self._followers and not self._task.done():
                self._close()
                self._task.cancel()
                # The socket is closed when this returns, also if we are being cancelled.
                await asyncio.wait({self._task})

    async def _increments(self) -> AsyncGenerator[str, None]:
        read = 0
        while True:
            if read < len(self._parts):
                text, read = "".join(self._parts[read:]), len(self._parts)
                yield text
            elif self._task.done():
                self._task.result()  # raises what ended it
                return
            else:
                await self._changed.wait()

    async def _write(self, write: Callable[[OnPlace], AsyncGenerator[str, None]]) -> None:
        async with aclosing(write(self._tell_place)) as increments:
            async for text in increments:
                self._place = _NO_PLACE
                self._parts.append(text)
                self._wake()

    def _tell_place(self, place: int) -> None:
        self._place = place
        for on_place in list(self._followers.values()):
            if on_place is not None:
                on_place(place)

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._close()
        if not task.cancelled():
            task.exception()  # everybody who follows gets it; nobody may be left
        self._wake()

    def _close(self) -> None:
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            on_end()
