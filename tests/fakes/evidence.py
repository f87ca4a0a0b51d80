"""Whatever a run shows to anybody: log lines, errors with all that hangs on them, task names."""

import asyncio
import io
import logging
import re
import traceback
from collections.abc import Coroutine, Generator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import Context
from pathlib import Path
from typing import Any, TypeVar

from bot.logs import set_up_logging

T = TypeVar("T")

_LOGGER = logging.getLogger("tests.evidence")


def everything_shown_of(error: BaseException) -> str:
    """Return what any logger or error tracker could show, suppressed contexts included.

    A traceback quotes the test's own source lines: they must hold no literal canary.
    """
    shown = [
        f"{link!s}\n{link!r}\n{link.args!r}\n{vars(link)!r}\n"
        + "".join(traceback.format_exception(link))
        for link in _chain(error, set())
    ]
    return "\n".join(shown)


def _chain(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    yield from _chain(error.__cause__, seen)
    yield from _chain(error.__context__, seen)


class Evidence:
    """Collects texts by the place where they were seen."""

    def __init__(self) -> None:
        self._texts: list[tuple[str, str]] = []
        self._logs = {"the bot's log": io.StringIO(), "a bare log": io.StringIO()}
        self._tasks: list[asyncio.Task[Any]] = []

    @contextmanager
    def recording(self, *, secrets: Iterable[str]) -> Iterator[None]:
        """Record every log line, as the bot and as a bare handler writes it, and every task."""
        redacted, bare = self._logs.values()
        set_up_logging(level="DEBUG", log_format="json", secrets=secrets, stream=redacted)
        logging.getLogger().addHandler(logging.StreamHandler(bare))
        loop = asyncio.get_running_loop()
        loop.set_task_factory(self._started)
        try:
            yield
        finally:
            loop.set_task_factory(None)

    def add(self, place: str, value: object) -> None:
        """Note what was seen; of an error everything, also as a log shows it."""
        if isinstance(value, BaseException):
            self._texts.append((place, everything_shown_of(value)))
            _LOGGER.error("%s failed", place, exc_info=value)
        else:
            self._texts.append((place, f"{value!s} {value!r}"))

    def add_files(self, folder: Path) -> None:
        """Note every byte of every file."""
        for path in folder.iterdir():
            self._texts.append((path.name, path.read_bytes().decode("latin-1")))

    def log(self) -> str:
        """Return what the bot's log says."""
        return self._logs["the bot's log"].getvalue()

    def leaks(self, *canaries: str) -> list[str]:
        """Return where a canary was seen and what stood around it."""
        texts = list(self._texts)
        texts += [(place, log.getvalue()) for place, log in self._logs.items()]
        texts += [("a task's name", task.get_name()) for task in self._tasks]
        pattern = re.compile("(?i)" + "|".join(map(re.escape, canaries)))
        return [
            f"{place}: {text[max(0, found.start() - 60) : found.end() + 20]}"
            for place, text in texts
            for found in pattern.finditer(text)
        ]

    def _started(
        self,
        loop: asyncio.AbstractEventLoop,
        work: Coroutine[Any, Any, T] | Generator[Any, None, T],
        *,
        context: Context | None = None,
    ) -> asyncio.Task[T]:
        task: asyncio.Task[T] = asyncio.Task(work, loop=loop, context=context)
        self._tasks.append(task)  # its name is set a moment later
        return task
