"""``aime run`` for the demo: the real bot, on a clock that its parent can move.

Its parent writes lines such as ``move 3600`` (seconds) to its standard input. When that ends, the
parent is gone, in whatever way, and the bot stops.
"""

import asyncio
import os
import signal
import sys
import threading
from datetime import timedelta

from bot.app import run
from bot.demo.clock import MovableClock
from bot.logs import set_up_logging
from bot.sandbox.spotify.short_links import bases
from bot.settings import load_settings
from bot.state import StartError


def main() -> int:
    """Run the bot until the parent goes; returns the exit code."""
    settings = load_settings()
    set_up_logging(
        level=settings.log_level, log_format=settings.log_format, secrets=settings.secrets()
    )
    clock = MovableClock()
    # The stand-in's accounts and short links are on one port; what the latter are is no setting.
    hosts = bases(settings.spotify_accounts_url.removesuffix("/accounts"))
    threading.Thread(target=_obey, args=(clock,), daemon=True).start()
    try:
        return asyncio.run(run(settings, clock=clock, hosts=hosts))
    except StartError as error:
        sys.stderr.write(f"aime: {error}\n")
        return 1


def _obey(clock: MovableClock) -> None:
    for line in sys.stdin:
        word, _, seconds = line.partition(" ")
        if word == "move":
            clock.move(timedelta(seconds=float(seconds)))
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
