"""The bot as a process of its own, pointed at the sandbox."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final, Protocol

from bot.demo.clock import MovableClock
from bot.sandbox.sandbox import Sandbox

_READY_SECONDS: Final = 20.0
_STOP_SECONDS: Final = 12.0
_LOG_TAIL_LINES: Final = 15
_REAL: Final = ("-m", "bot", "run")
_MOVABLE: Final = ("-m", "bot.demo.child")


class BotProcess(Protocol):
    """What is done with a running bot; ``asyncio.subprocess.Process`` is one."""

    @property
    def pid(self) -> int:
        """The number of the process."""

    @property
    def returncode(self) -> int | None:
        """The exit code; None while it runs."""

    @property
    def stdin(self) -> asyncio.StreamWriter | None:
        """What it reads, if somebody may write that."""

    async def wait(self) -> int:
        """Return the exit code once it has ended; minus the signal that ended it."""

    def send_signal(self, signal: int, /) -> None:
        """Send a signal; raises ``ProcessLookupError`` when it has ended, as the two below."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""


class Start(Protocol):
    """Starts a Python process."""

    async def __call__(
        self,
        arguments: Sequence[str],
        *,
        folder: str,
        env: Mapping[str, str],
        log: IO[bytes] | None,
        has_stdin: bool,
    ) -> BotProcess:
        """Run ``python`` with ``arguments``; its errors go to ``log``, or to ours for None."""


class BotDidNotStart(RuntimeError):  # noqa: N818  # says what happened
    """The bot's process ended, or never became ready; the text ends with its log."""


async def start_cold(
    arguments: Sequence[str],
    *,
    folder: str,
    env: Mapping[str, str],
    log: IO[bytes] | None,
    has_stdin: bool,
) -> asyncio.subprocess.Process:
    """Start an interpreter, as ``Start`` says."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=folder,
        env=env,
        stdin=asyncio.subprocess.PIPE if has_stdin else asyncio.subprocess.DEVNULL,
        stderr=log,
        # Ctrl-C is for the demo, which then stops the bot in an orderly way.
        start_new_session=True,
    )


@asynccontextmanager
async def bot_process(
    sandbox: Sandbox,
    *,
    verbose: bool = False,
    has_movable_clock: bool = False,
    settings: Mapping[str, str] | None = None,
    log_path: Path | None = None,
    start: Start = start_cold,
) -> AsyncIterator[BotProcess]:
    """Run ``aime run`` against ``sandbox`` inside the block.

    It starts in an empty folder with only the sandbox's settings, so that nobody's ``.env`` with
    real keys is read.

    Args:
        sandbox: Running stand-ins.
        verbose: Show the bot's log on standard error.
        has_movable_clock: Let a ``RemoteClock`` move its wall time.
        settings: Settings on top of the sandbox's.
        log_path: Where its log goes, unless ``verbose``; by default a file that is deleted.
        start: Starts the process.

    Raises:
        BotDidNotStart: It is not ready within 20 s.
    """
    with TemporaryDirectory(prefix="aime-demo-") as folder:
        log_path = log_path or Path(folder) / "bot.log"
        env = {
            **sandbox.environment(),
            "WEB_PORT": "0",
            "PYTHONUTF8": "1",
            **(settings or {}),
        }
        arguments = _MOVABLE if has_movable_clock else _REAL
        with log_path.open("wb") as log:
            process = await start(
                arguments,
                folder=folder,
                env=env,
                log=None if verbose else log,
                has_stdin=has_movable_clock,
            )
        try:
            await _wait_ready(sandbox, process, log_path)
            yield process
        finally:
            await _stop(process)


class RemoteClock:
    """The wall clock of a bot that was started with a movable one."""

    def __init__(self, process: BotProcess) -> None:
        """Move the clock of ``process``, which shows the real time until then."""
        self._process = process
        self._shown = MovableClock()

    def now(self) -> datetime:
        """Return what it shows, in UTC."""
        return self._shown.now()

    async def move(self, by: timedelta) -> None:
        """Set it forward, or back; raises what ``move_clock`` raises."""
        await move_clock(self._process, by)
        self._shown.move(by)


async def move_clock(process: BotProcess, by: timedelta) -> None:
    """Move the wall time of a bot that has a movable clock.

    Raises:
        ValueError: It has none, or has ended.
    """
    if process.stdin is None or process.returncode is not None:
        raise ValueError("this bot's clock cannot be moved")
    process.stdin.write(f"move {by.total_seconds()}\n".encode())
    await process.stdin.drain()


async def _wait_ready(sandbox: Sandbox, process: BotProcess, log_path: Path) -> None:
    ready = asyncio.create_task(sandbox.discord.wait_ready(_READY_SECONDS))
    ended = asyncio.create_task(process.wait())
    try:
        await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
        if ready.done() and ready.exception() is None:
            return
        reason = "ended" if ended.done() else "is not ready"
        raise BotDidNotStart("\n".join([f"the bot {reason}; its log ends with:", *_tail(log_path)]))
    finally:
        for task in (ready, ended):
            task.cancel()
        await asyncio.gather(ready, ended, return_exceptions=True)


def _tail(log_path: Path) -> list[str]:
    return log_path.read_text("utf-8", "replace").splitlines()[-_LOG_TAIL_LINES:]


async def _stop(process: BotProcess) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    waiting = asyncio.create_task(process.wait())
    done, _ = await asyncio.wait({waiting}, timeout=_STOP_SECONDS)
    if not done:
        process.kill()
        await waiting
