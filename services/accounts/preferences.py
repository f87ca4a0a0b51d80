"""``Preferences``: what a person lets others see. Without a decision, nothing.

They are permissions for the collection that is linked now: linking another account, and unlinking,
end them in the same transaction.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from services.resilience.clock import Clock
from services.storage.database import Database, Transaction
from services.storage.preferences import PreferenceRepository

OnHidden = Callable[[Transaction, int], Awaitable[None]]
"""Takes back what somebody has just hidden from others, as part of hiding it."""


async def _nothing(_transaction: Transaction, _user_id: int) -> None:
    """Take nothing back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """What one person has decided.

    Attributes:
        shares: Members of a server they are in may see which records they own.
        shared_at: Since when (UTC); None while they do not share.
        shows_value: Others may see what their collection is worth.
    """

    shares: bool = False
    shared_at: datetime | None = None
    shows_value: bool = False


class Preferences:
    """Keeps what people decide. Everything raises ``DatabaseUnavailable``."""

    def __init__(
        self, database: Database, *, clock: Clock, on_value_hidden: OnHidden = _nothing
    ) -> None:
        """Keep it in ``database``."""
        self._database = database
        self._clock = clock
        self._on_value_hidden = on_value_hidden
        self._rows = PreferenceRepository()

    async def get(self, user_id: int) -> Preference:
        """Return what the person has decided."""
        async with self._database.read() as transaction:
            row = await self._rows.get(transaction, user_id)
        return Preference(shares=row.shares, shared_at=row.shared_at, shows_value=row.shows_value)

    async def set_sharing(self, user_id: int, on: bool) -> None:  # noqa: FBT001  # says itself
        """Begin or end sharing; whatever is read after this returns heeds it."""
        async with self._database.write() as transaction:
            if on:
                await self._rows.begin_sharing(transaction, user_id, self._clock.now())
            else:
                await self._rows.end_sharing(transaction, user_id)

    async def set_value_shown(self, user_id: int, on: bool) -> None:  # noqa: FBT001  # says itself
        """Let others see what the collection is worth, or no longer."""
        async with self._database.write() as transaction:
            await self._rows.show_value(transaction, user_id, on=on)
            if not on:
                await self._on_value_hidden(transaction, user_id)

    async def forget(self, transaction: Transaction, user_id: int) -> None:
        """Show nothing to others any more, as part of unlinking."""
        await self._rows.show_nothing(transaction, user_id)
