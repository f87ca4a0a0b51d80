"""``Grants``: linked accounts, whose tokens are stored encrypted and refreshed once at a time.

Some upstreams give a new refresh token with every refresh, and the old one is void from then on.
So a refresh that has begun is carried through and stored, even when everybody who waited for it
has left; and what it brought is stored before anybody may use it. Within this process one refresh
of an account runs at a time; between processes the first to store wins, and the others use that.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from services.accounts.cipher import Binding, TokenCipher, Undecipherable
from services.accounts.models import Grant, TokenSet, decode_tokens, encode_tokens
from services.errors import AccessDenied, AuthenticationFailed, LinkAgain, NotLinked
from services.resilience.clock import Clock
from services.resilience.single_flight import SingleFlight
from services.storage.database import Database, Transaction
from services.storage.errors import DatabaseUnavailable
from services.storage.grants import GrantRepository, GrantRow

_LOGGER = logging.getLogger(__name__)

Refresh = Callable[[Grant], Awaitable[TokenSet]]
"""Asks the upstream for new tokens; has a limit of its own, and raises AuthenticationFailed when
the old ones are void."""

OnUnlink = Callable[[Transaction, int], Awaitable[None]]
"""Deletes what is stored of a person's account, in the transaction that unlinks it."""

_STORE_AGAIN_SECONDS: Final = (0.5, 2.0, 5.0)
_OTHERS_STORE_SECONDS: Final = 2.0


class Grants:
    """Keeps linked accounts; their tokens leave it only inside a ``Grant``."""

    def __init__(self, database: Database, *, cipher: TokenCipher, clock: Clock) -> None:
        """Keep them in ``database``, encrypted by ``cipher``."""
        self._database = database
        self._cipher = cipher
        self._clock = clock
        self._rows = GrantRepository()
        self._flights = SingleFlight()
        self._refreshing: set[asyncio.Task[Grant]] = set()
        self._is_loss_known = False

    async def link(self, user_id: int, service: str, tokens: TokenSet) -> Grant:
        """Store a new link; one that was there, readable or not, is replaced.

        Raises:
            DatabaseUnavailable: It is not stored, or nobody knows.
        """
        async with self._database.write() as transaction:
            return await self.link_in(transaction, user_id, service, tokens)

    async def link_in(
        self, transaction: Transaction, user_id: int, service: str, tokens: TokenSet
    ) -> Grant:
        """Do as ``link``, as part of the caller's transaction."""
        ciphertext = self._cipher.encrypt(encode_tokens(tokens), _binding(user_id, service))
        row = await self._rows.put(transaction, user_id, service, ciphertext, self._clock.now())
        return _grant(row, tokens)

    async def get(self, user_id: int, service: str) -> Grant | None:
        """Return the person's link, or None when there is none.

        Raises:
            LinkAgain: Its tokens cannot be decrypted. The row stays, in case the keys come back.
            DatabaseUnavailable: Of the storage.
        """
        row = await self._row(user_id, service)
        return None if row is None else self._open(row)

    async def unlink(self, user_id: int, service: str) -> bool:
        """Delete the link, readable or not; False when there is none.

        Raises:
            DatabaseUnavailable: It is still there, or nobody knows.
        """
        async with self._database.write() as transaction:
            return await self.unlink_in(transaction, user_id, service)

    async def unlink_in(self, transaction: Transaction, user_id: int, service: str) -> bool:
        """Do as ``unlink``, as part of the caller's transaction."""
        return await self._rows.delete(transaction, user_id, service)

    async def services_of(self, user_id: int) -> tuple[str, ...]:
        """Return the services that the person has linked, in alphabetical order.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.read() as transaction:
            return await self.services_in(transaction, user_id)

    async def services_in(self, transaction: Transaction, user_id: int) -> tuple[str, ...]:
        """Do as ``services_of``, as part of the caller's transaction."""
        return await self._rows.services_of(transaction, user_id)

    async def refreshed(self, stale: Grant, refresh: Refresh) -> Grant:
        """Return the link with newer tokens than ``stale``'s, which are stored already.

        Args:
            stale: As it was when its tokens expired or were rejected.
            refresh: Called with what is stored, unless that is newer than ``stale``; at most once
                at a time. What it returns without a refresh token keeps the old one.

        Raises:
            LinkAgain: The upstream refuses the tokens, and the link is deleted; or they cannot be
                decrypted.
            NotLinked: The person has unlinked the account meanwhile.
            DatabaseUnavailable: Of the storage.
            ExternalServiceException: Whatever else ``refresh`` raises; nothing has changed.
        """
        while True:
            grant = await self._carried_through(stale, refresh)
            # It may be what another caller, whose tokens were older, has waited for.
            if not grant.is_same_state_as(stale):
                return grant

    async def close(self, seconds: float) -> None:
        """Let the refreshes under way be stored; those that take longer are cancelled."""
        if not self._refreshing:
            return
        _, late = await asyncio.wait(self._refreshing, timeout=seconds)
        if late:
            _LOGGER.warning("%s refreshes of tokens were not finished in time", len(late))
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    # --- Refreshing

    async def _carried_through(self, stale: Grant, refresh: Refresh) -> Grant:
        """Join the flight in a task of its own, which stays when the caller leaves."""
        flight = self._flights.run(
            f"{stale.user_id}:{stale.service}", lambda: self._refresh(stale, refresh)
        )
        task = asyncio.create_task(flight, name=f"refresh of {stale.service} tokens")
        self._refreshing.add(task)
        task.add_done_callback(self._refreshing.discard)
        return await asyncio.shield(task)  # which also retrieves an error that nobody waits for

    async def _refresh(self, stale: Grant, refresh: Refresh) -> Grant:
        row = await self._linked_row(stale)
        stored = self._open(row)
        if not stored.is_same_state_as(stale):
            return stored
        try:
            tokens = await refresh(stored)
        except AccessDenied:
            raise
        except AuthenticationFailed as error:
            return await self._after_refusal(row, error)
        if tokens.refresh is None:
            # https://www.rfc-editor.org/rfc/rfc6749#section-6: the old one stays valid.
            tokens = replace(tokens, refresh=stored.tokens.refresh)
        await self._store(row, tokens)
        # Also when another process was faster: everybody uses what is stored.
        return self._open(await self._linked_row(stale))

    async def _store(self, row: GrantRow, tokens: TokenSet) -> None:
        """Store new tokens over the state of ``row``, and over no other.

        A database that is away for a moment must not cost the person the link. Trying again is
        safe, also when the commit took place unnoticed: the state is another one then.
        """
        binding = _binding(row.user_id, row.service)
        ciphertext = self._cipher.encrypt(encode_tokens(tokens), binding)
        now = self._clock.now()
        pauses = iter(_STORE_AGAIN_SECONDS)
        while True:
            try:
                async with self._database.write() as transaction:
                    await self._rows.change(transaction, row, ciphertext, now)
            except DatabaseUnavailable:
                pause = next(pauses, None)
                if pause is None:
                    _LOGGER.warning("new %s tokens could not be stored", row.service)
                    raise
                await self._clock.sleep(pause)
            else:
                return

    async def _after_refusal(self, row: GrantRow, error: AuthenticationFailed) -> Grant:
        """Return what another process got, whose refresh made our tokens void; else unlink."""
        # It may have its answer already, and be about to store it.
        await self._clock.sleep(_OTHERS_STORE_SECONDS)
        async with self._database.write() as transaction:
            is_deleted = await self._rows.delete_state(transaction, row)
        if is_deleted:
            _LOGGER.info("%s refused a person's tokens; their link is deleted", row.service)
            raise LinkAgain(
                row.service, "refresh", error.status_code, "the upstream refused the stored tokens"
            ) from error
        return self._open(await self._linked_row(row))

    # --- Rows

    async def _row(self, user_id: int, service: str) -> GrantRow | None:
        async with self._database.read() as transaction:
            return await self._rows.get(transaction, user_id, service)

    async def _linked_row(self, grant: Grant | GrantRow) -> GrantRow:
        row = await self._row(grant.user_id, grant.service)
        if row is None:
            raise NotLinked(grant.service, "refresh", None, "unlinked meanwhile")
        return row

    def _open(self, row: GrantRow) -> Grant:
        try:
            content = self._cipher.decrypt(row.ciphertext, _binding(row.user_id, row.service))
            return _grant(row, decode_tokens(content))
        except (Undecipherable, ValueError):
            pass  # raised below, where no variable holds what was decrypted
        self._report_loss()
        raise LinkAgain(row.service, "decrypt", None, "the stored tokens cannot be decrypted")

    def _report_loss(self) -> None:
        if not self._is_loss_known:
            self._is_loss_known = True
            _LOGGER.warning(
                "stored tokens cannot be decrypted: their key is not among the keys; bring it back "
                "(SECRET_KEYS, or the file secret_keys in DATA_DIR), or people must link again"
            )


def _binding(user_id: int, service: str) -> Binding:
    return Binding(purpose="grant", owner=user_id, service=service)


def _grant(row: GrantRow, tokens: TokenSet) -> Grant:
    return Grant(
        user_id=row.user_id,
        service=row.service,
        version=row.version,
        tokens=tokens,
        linked_at=row.linked_at,
        updated_at=row.updated_at,
    )
