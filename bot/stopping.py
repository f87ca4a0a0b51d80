"""Stopping: on the first SIGTERM or Ctrl-C in good order, within a limit; on the second at once."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_LOGGER = logging.getLogger(__name__)

STOP_SECONDS: Final = 10.0
"""What service managers and people wait for: whoever is not gone by then is killed anyway."""
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_CUT_SHORT: Final = 70  # the exit code EX_SOFTWARE


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """Yield an event that the first signal sets; once it is set, the block has 10 s left.

    The limit is kept by a thread: it holds even when the event loop hangs.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    limit = threading.Timer(STOP_SECONDS, _leave, ["stopping took too long"])
    limit.daemon = True

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if limit.is_alive() or stop.is_set():
            _leave("told to stop twice")
        limit.start()
        loop.call_soon_threadsafe(stop.set)

    # Not ``loop.add_signal_handler``: that one waits for the loop, which may be what hangs.
    before = {name: signal.signal(name, on_signal) for name in _SIGNALS}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
        limit.cancel()


def _leave(reason: str) -> None:
    """End the process at once: jobs and streams that were under way are found by their leases."""
    _LOGGER.error("%s; leaving at once", reason)
    os._exit(_CUT_SHORT)
