"""``Currencies``: in which currency a person wants prices, as they have told Discogs."""

import logging
from collections.abc import Callable
from typing import Final, Protocol

from services.discogs.accounts import DiscogsAccount
from services.discogs.shelf_models import Profile
from services.errors import DeadlineExceeded, ExternalServiceException
from services.resilience.cache import Cache
from services.resilience.clock import Clock
from services.resilience.deadline import deadline

_LOGGER = logging.getLogger(__name__)

_KEPT_SECONDS: Final = 86_400.0
_KEPT: Final = 1_000
# A price in the language's currency is better than one that is late.
_PATIENCE_SECONDS: Final = 2.0


class Accounts(Protocol):
    """``DiscogsLinks``, as far as it is needed here."""

    async def account(self, user_id: int, /) -> DiscogsAccount | None:
        """Return the person's account, or None."""


class ProfileReader(Protocol):
    """``DiscogsShelf``, as far as it is needed here."""

    async def profile(self) -> Profile:
        """Return the account's user."""


class Currencies:
    """Asks Discogs once a day for each person; kept in memory only."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        open_shelf: Callable[[DiscogsAccount], ProfileReader],
        clock: Clock,
    ) -> None:
        """Read the profiles that ``open_shelf`` opens."""
        self._accounts = accounts
        self._open_shelf = open_shelf
        self._clock = clock
        self._kept = Cache(capacity=_KEPT, clock=clock)

    async def of(self, user_id: int) -> str | None:
        """Return three letters, within 2 s; None without an account, or when nobody can tell now.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        try:
            account = await self._accounts.account(user_id)
            return None if account is None else await self._of(account)
        except ExternalServiceException as error:
            _LOGGER.debug("a currency is not known: %s", error)
            return None

    async def _of(self, account: DiscogsAccount) -> str | None:
        key = f"{account.user_id}:{account.username}"
        kept = await self._kept.get(key, max_age=_KEPT_SECONDS)
        if kept is not None:
            return str(kept.value) or None
        async with deadline(self._clock, _PATIENCE_SECONDS, expired=_late):
            profile = await self._open_shelf(account).profile()
        await self._kept.set(key, profile.currency or "")
        return profile.currency


def _late() -> DeadlineExceeded:
    message = f"no profile within {_PATIENCE_SECONDS:g} s"
    return DeadlineExceeded("discogs", "get_profile", None, message)
