"""``Pictures``: has charts drawn by a process of its own.

Drawing in a thread was measured to hold up the event loop by 160 to 210 ms at a time, since
matplotlib keeps Python's lock while it loads and while it writes; a process holds up nobody. It is
started when the first picture is asked for, ends when none was for five minutes, and cannot
outlive the bot: its input ends with the bot, in whatever way that ends.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import msgspec

from bot.ui.chart import LENGTH_BYTES, Chart, Drawn
from services.resilience.clock import Clock

_LOGGER = logging.getLogger(__name__)

_PATIENCE_SECONDS: Final = 1.5
_LIMIT_SECONDS: Final = 30.0
"""For the first picture on a new machine matplotlib looks at every font that is installed."""
_IDLE_SECONDS: Final = 300.0
_COMMAND: Final = (sys.executable, "-m", "bot.ui.drawing")

Meanwhile = Callable[[], Awaitable[None]]


class PictureFailed(Exception):  # noqa: N818  # says what happened
    """There is no picture; what it was to show has to be said in words."""


class Pictures:
    """Draws one chart at a time; who makes it closes it."""

    def __init__(self, *, clock: Clock, command: Sequence[str] = _COMMAND) -> None:
        """Draw with ``command``, which speaks as ``bot.ui.drawing`` does."""
        self._clock = clock
        self._command = command
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._idle: asyncio.Task[None] | None = None

    async def draw(
        self, charts: Sequence[Chart], *, meanwhile: Meanwhile | None = None
    ) -> tuple[bytes, ...]:
        """Return a PNG for each chart; none at all when that fails, which is logged.

        Args:
            charts: What to draw.
            meanwhile: Called once when it takes longer than 1.5 s: what is ready can be shown.
        """
        if not charts:
            return ()
        drawing = asyncio.create_task(self._draw_all(charts), name="pictures")
        try:
            with suppress(TimeoutError):
                async with self._clock.timeout_at(self._clock.monotonic() + _PATIENCE_SECONDS):
                    return await asyncio.shield(drawing)
            if meanwhile is not None:
                await meanwhile()
            return await drawing
        except PictureFailed as error:
            _LOGGER.warning("a picture could not be drawn: %s", error)
            return ()
        finally:
            drawing.cancel()

    async def close(self) -> None:
        """End the process."""
        if self._idle is not None:
            self._idle.cancel()
        await self._end()

    async def _draw_all(self, charts: Sequence[Chart]) -> tuple[bytes, ...]:
        async with self._turn:
            if self._idle is not None:
                self._idle.cancel()
            try:
                async with self._clock.timeout_at(self._clock.monotonic() + _LIMIT_SECONDS):
                    pictures = [await self._draw(chart) for chart in charts]
            except TimeoutError:
                await self._end()
                raise PictureFailed("it took too long") from None
            except BaseException:
                await self._end()  # half an answer may be left in its pipe
                raise
            self._idle = asyncio.create_task(self._end_later(), name="idle pictures")
            return tuple(pictures)

    async def _draw(self, chart: Chart) -> bytes:
        process = await self._running()
        if process.stdin is None or process.stdout is None:
            raise PictureFailed("the process has no pipes")
        question = msgspec.msgpack.encode(chart)
        try:
            process.stdin.write(len(question).to_bytes(LENGTH_BYTES) + question)
            await process.stdin.drain()
            length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES))
            answer = await process.stdout.readexactly(length)
            drawn = msgspec.msgpack.decode(answer, type=Drawn)
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            raise PictureFailed(f"the process ended ({type(error).__name__})") from None
        if drawn.error:
            raise PictureFailed(drawn.error)
        return drawn.png

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
                )
            except OSError as error:
                raise PictureFailed(f"no process can be started ({error.strerror})") from None
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()  # it keeps nothing
            await process.wait()

    async def _end_later(self) -> None:
        await self._clock.sleep(_IDLE_SECONDS)
        async with self._turn:
            await self._end()


@asynccontextmanager
async def open_pictures(clock: Clock) -> AsyncIterator[Pictures]:
    """Draw pictures inside the block."""
    pictures = Pictures(clock=clock)
    try:
        yield pictures
    finally:
        await pictures.close()
