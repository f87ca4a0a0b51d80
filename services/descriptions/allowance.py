"""``Allowance``: how many texts a person, and a server, may have written in any 24 hours.

EurIA is paid for by whoever runs the bot, and one person must not use it up for everybody. Only
texts that are really written count: kept ones, and joining one that is being written, are free.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from services.descriptions.models import AllowanceSpent, Payer
from services.resilience.clock import Clock
from services.storage.ai_uses import AiUseRepository, Uses
from services.storage.database import Database
from services.storage.errors import DatabaseUnavailable

_LOGGER = logging.getLogger(__name__)

TEXTS_PER_USER: Final = 30
TEXTS_PER_SERVER: Final = 200
_DAY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Used:
    """How much of their texts a person has had in the last 24 hours."""

    texts: int
    limit: int

    @property
    def is_worth_saying(self) -> bool:
        """Return whether half of them are gone."""
        return 2 * self.texts >= self.limit


class Allowance:
    """Counts texts in the database, so that a restart forgets nothing.

    Without the database nobody is refused: what it protects is a budget, not a secret.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        per_user: int = TEXTS_PER_USER,
        per_server: int = TEXTS_PER_SERVER,
    ) -> None:
        """Allow so many texts in any 24 hours."""
        self._database = database
        self._clock = clock
        self._per_user = per_user
        self._per_server = per_server
        self._rows = AiUseRepository()

    async def take(self, payer: Payer) -> int | None:
        """Count a text that is about to be written; returns its number, for ``give_back``.

        Raises:
            AllowanceSpent: It would be one too many.
        """
        now = self._clock.now()
        since = now - _DAY
        try:
            async with self._database.write() as transaction:
                await self._rows.forget_before(transaction, since)
                theirs = await self._rows.of_user(transaction, payer.user_id, since)
                self._check("user", theirs, self._per_user)
                if payer.guild_id is not None:
                    servers = await self._rows.of_guild(transaction, payer.guild_id, since)
                    self._check("server", servers, self._per_server)
                return await self._rows.add(transaction, payer.user_id, payer.guild_id, now)
        except DatabaseUnavailable as error:
            _LOGGER.warning("a text is not counted: %s", error)
            return None

    async def give_back(self, number: int | None) -> None:
        """Uncount a text of which nothing could be shown."""
        if number is None:
            return
        try:
            async with self._database.write() as transaction:
                await self._rows.remove(transaction, number)
        except DatabaseUnavailable as error:
            _LOGGER.warning("a text counts that was not written: %s", error)

    async def used(self, user_id: int) -> Used | None:
        """Return what a person has had; None when nobody knows."""
        since = self._clock.now() - _DAY
        try:
            async with self._database.read() as transaction:
                uses = await self._rows.of_user(transaction, user_id, since)
        except DatabaseUnavailable:
            return None
        return Used(uses.count, self._per_user)

    def _check(self, scope: str, uses: Uses, limit: int) -> None:
        if uses.count >= limit and uses.oldest is not None:
            raise AllowanceSpent(scope, limit, uses.oldest + _DAY)
