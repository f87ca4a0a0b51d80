"""``SpotifyLinks``: whose Spotify account is whose, and the way to speak for them.

An account is linked by its owner's consent alone. The consent is asked for with a state that
belongs to one person here and can be used once: what comes back with another state, or for
somebody else, links nothing. Linking another account, and unlinking, also deletes what was stored
of the one before, in the same transaction.
"""

from typing import Final

from services.accounts.cipher import TokenCipher
from services.accounts.grants import Grants, OnUnlink
from services.accounts.models import SpotifyLink
from services.accounts.permissions import ConsentDenied
from services.accounts.spotify_credential import SPOTIFY, SpotifyCredential
from services.accounts.spotify_expiry import ExpiryWarnings, link_of
from services.accounts.spotify_permissions import Asked, SpotifyPermissions
from services.accounts.spotify_ports import OAuth
from services.accounts.spotify_tokens import Refreshing, new_tokens
from services.errors import AccessDenied, InvalidRequest, LinkAgain, ServiceDisabled
from services.resilience.clock import Clock
from services.spotify.accounts import SpotifyAccount
from services.spotify.oauth_protocol import (
    Returned,
    SpotifyProfile,
    UserTokens,
    parse_return,
    read_return,
)
from services.storage.database import Database, Transaction
from services.storage.permissions import PermissionRow
from services.storage.spotify_accounts import SpotifyAccountRepository, SpotifyAccountRow

_MOST_CHARACTERS: Final = 100  # of an id or a name, as stored


class SpotifyLinks:
    """Links accounts, and says in whose name the bot may ask."""

    def __init__(
        self,
        database: Database,
        *,
        grants: Grants,
        cipher: TokenCipher,
        oauth: OAuth | None,
        warnings: ExpiryWarnings,
        on_unlink: OnUnlink,
        clock: Clock,
        missing_settings: tuple[str, ...] = (),
    ) -> None:
        """Keep links in ``database``.

        Args:
            database: Where.
            grants: Keeps the tokens, encrypted.
            cipher: Encrypts permissions under way.
            oauth: None where the bot lacks Spotify's keys: then nothing can be linked.
            warnings: Tells people before their consent ends.
            on_unlink: Deletes what else is stored of an account.
            clock: Wall time.
            missing_settings: What the bot lacks without ``oauth``.
        """
        self._database = database
        self._grants = grants
        self._permissions = SpotifyPermissions(database, cipher=cipher, clock=clock)
        self._oauth = oauth
        self._warnings = warnings
        self._on_unlink = on_unlink
        self._clock = clock
        self._missing_settings = missing_settings
        self._rows = SpotifyAccountRepository()

    @property
    def is_enabled(self) -> bool:
        """Whether accounts can be linked and used."""
        return self._oauth is not None

    @property
    def is_brought_back(self) -> bool:
        """Whether Spotify brings people back here by itself; else they bring the address."""
        return self._oauth is not None and self._oauth.is_brought_back

    async def account(self, user_id: int) -> SpotifyAccount | None:
        """Return the person's account, which can speak for them; None: not linked.

        Raises:
            LinkAgain: It is linked, but Spotify no longer takes what was allowed.
            ServiceDisabled: The bot lacks Spotify's keys, whether or not it is linked.
            DatabaseUnavailable: Of the storage.
        """
        oauth = self._require_oauth("account")
        async with self._database.read() as transaction:
            row = await self._rows.get(transaction, user_id)
            services = await self._grants.services_in(transaction, user_id)
        if row is None:
            return None
        if SPOTIFY not in services:
            raise LinkAgain(SPOTIFY, "account", None, "the tokens were refused before")
        return SpotifyAccount(
            user_id=user_id,
            account_id=row.account_id,
            name=row.name,
            scopes=frozenset(row.scopes.split()),
            credential=SpotifyCredential(
                user_id,
                grants=self._grants,
                refresh=Refreshing(oauth, clock=self._clock),
                clock=self._clock,
            ),
        )

    async def describe(self, user_id: int) -> SpotifyLink | None:
        """Return the person's link; None when there is none.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.read() as transaction:
            row = await self._rows.get(transaction, user_id)
            services = await self._grants.services_in(transaction, user_id)
        if row is None:
            return None
        return link_of(row, is_usable=SPOTIFY in services, now=self._clock.now())

    async def begin(self, user_id: int, *, person: str, locale: str) -> str:
        """Return the page where the person allows it; what was under way before is void.

        Args:
            user_id: The person's Discord id.
            person: How Discord names them: the callback's page says who would be linked.
            locale: Theirs, for what they are told half a year later.

        Raises:
            ServiceDisabled: The bot lacks Spotify's keys.
            DatabaseUnavailable: Of the storage.
        """
        asked = self._require_oauth("begin").ask()
        await self._permissions.ask(user_id, asked, person=person, locale=locale)
        return asked.authorize_url

    async def finish(self, user_id: int, url_or_code: str) -> SpotifyLink:
        """Link by what the person pasted: the address Spotify sent them to, or only its code.

        Raises:
            NothingUnderWay: Begin again; also for the address of anybody else's request.
            ConsentDenied: The person has said no.
            InvalidRequest: It is no such address, or the code is wrong; another try is possible.
            AccessDenied: Spotify refuses this person, or the app; nothing is stored.
            ServiceDisabled: The bot lacks Spotify's keys.
            ExternalServiceException: Spotify cannot say now.
            DatabaseUnavailable: Of the storage.
        """
        row = await self._permissions.of(user_id)
        returned = parse_return(url_or_code)
        if returned is not None and returned.state is not None:
            self._permissions.require_handle(row, returned.state)
        return await self._finish(row, returned)

    async def finish_callback(self, state: str, code: str) -> tuple[int, SpotifyLink]:
        """Link by what Spotify's redirect brought; returns whose link it is, too.

        Raises:
            NothingUnderWay: And everything else, as ``finish``.
        """
        row = await self._permissions.by_handle(state)
        return row.user_id, await self._finish(row, read_return({"code": code}))

    async def deny(self, state: str) -> None:
        """Forget a permission that the person has refused on Spotify's page.

        Raises:
            NothingUnderWay: There is no such permission.
            DatabaseUnavailable: Of the storage.
        """
        await self._permissions.drop(await self._permissions.by_handle(state))

    async def who_asked(self, state: str) -> str:
        """Return how Discord names the person whose permission is under way.

        Raises:
            NothingUnderWay: There is no such permission.
            DatabaseUnavailable: Of the storage.
        """
        return self._permissions.open(await self._permissions.by_handle(state)).person

    async def unlink(self, user_id: int) -> bool:
        """Delete the link with its tokens and everything stored of the account.

        Returns:
            False when there was no link.

        Raises:
            DatabaseUnavailable: It is still there, or nobody knows.
        """
        async with self._database.write() as transaction:
            had_account = await self._rows.delete(transaction, user_id)
            had_tokens = await self._clear(transaction, user_id)
        return had_account or had_tokens

    async def close(self, seconds: float) -> None:
        """Let the refreshes under way be stored; those that take longer are cancelled."""
        await self._grants.close(seconds)

    # --- Linking

    async def _finish(self, row: PermissionRow, returned: Returned | None) -> SpotifyLink:
        oauth = self._require_oauth("finish")
        if returned is None:
            raise InvalidRequest(SPOTIFY, "finish", None, "what was brought back holds no code")
        if returned.error:
            await self._permissions.drop(row)
            raise ConsentDenied
        asked = self._permissions.open(row)
        tokens = await oauth.exchange(returned.code, asked.secret)
        try:
            owner = await oauth.profile(tokens.access)
        except AccessDenied:
            # Whoever may not use the app has linked nothing; asking again will not help.
            await self._permissions.drop(row)
            raise
        return await self._store(row, asked, tokens, owner)

    async def _store(
        self, row: PermissionRow, asked: Asked, tokens: UserTokens, owner: SpotifyProfile
    ) -> SpotifyLink:
        now, user_id = self._clock.now(), row.user_id
        kept = new_tokens(tokens, now)
        account = SpotifyAccountRow(
            user_id=user_id,
            account_id=owner.account_id[:_MOST_CHARACTERS],
            name=owner.name[:_MOST_CHARACTERS],
            scopes=" ".join(kept.scopes),
            linked_at=now,
        )
        async with self._database.write() as transaction:
            await self._permissions.use_up(transaction, row)
            before = await self._rows.get(transaction, user_id)
            if before is None or before.account_id != account.account_id:
                await self._clear(transaction, user_id)
            await self._rows.put(transaction, account)
            await self._grants.link_in(transaction, user_id, SPOTIFY, kept)
            await self._warnings.schedule(transaction, user_id, now, asked.locale)
        return link_of(account, is_usable=True, now=now)

    async def _clear(self, transaction: Transaction, user_id: int) -> bool:
        """Delete the tokens and what is stored of the account; False when there were no tokens."""
        await self._permissions.forget(transaction, user_id)
        await self._warnings.forget(transaction, user_id)
        await self._on_unlink(transaction, user_id)
        return await self._grants.unlink_in(transaction, user_id, SPOTIFY)

    def _require_oauth(self, operation: str) -> OAuth:
        if self._oauth is None:
            raise ServiceDisabled(SPOTIFY, operation, settings=self._missing_settings)
        return self._oauth
