"""``Outages``: background work that goes on after every failure, and says each outage once."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from services.resilience.clock import Clock
from services.storage.errors import DatabaseUnavailable

_LOGGER = logging.getLogger(__name__)

_PAUSE_SECONDS: Final = 1.0

Action = Callable[[], Awaitable[bool]]
"""Returns True when it has changed the database, which proves that it can be used.

Reading proves nothing: SQLite can be read while somebody's lock keeps everybody from writing.
"""


class Outages:
    """Keeps the parts of one worker going."""

    def __init__(self, clock: Clock) -> None:
        """Pause on ``clock`` after a failure."""
        self._clock = clock
        self._is_away = False

    async def repeat(self, seconds: float, action: Action) -> None:
        """Do ``action`` for ever, with pauses of ``seconds``; a failed one is repeated sooner."""
        while True:
            if await self.survive(action):
                await self._clock.sleep(seconds)

    async def survive(self, action: Action) -> bool:
        """Do ``action``; returns False, after a pause of a second, when it failed.

        Says once that the database cannot be used, and once that it can again.
        """
        try:
            has_changed_something = await action()
        except DatabaseUnavailable as error:
            if not self._is_away:
                _LOGGER.warning("the database cannot be used (%s); jobs wait for it", error)
            self._is_away = True
        except Exception:  # the edge of a background task
            _LOGGER.exception("unexpected error of the job worker")
        else:
            if has_changed_something and self._is_away:
                _LOGGER.warning("the database can be used again")
                self._is_away = False
            return True
        await self._clock.sleep(_PAUSE_SECONDS)
        return False
