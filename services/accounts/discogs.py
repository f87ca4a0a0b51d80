"""``DiscogsLinks``: whose Discogs account is whose, and what the bot may do with it.

There are three kinds of link:

- *By name*: anybody can say any name, so the bot asks about it as a stranger does: what Discogs
  shows to everybody is read, nothing is written. It is called unproven.
- *By OAuth*: the person has allowed it on Discogs, which proves that the account is theirs.
- *The operator's*: whoever runs the bot may link the account of ``DISCOGS_TOKEN`` by its name and
  has no need of OAuth. It takes both: to own the application at Discord, and to give the name of
  the account that the token belongs to. Anybody else who gives that name is a stranger to it like
  to any other, and Discogs is then asked without the token.

Linking another account, and unlinking, also deletes what was stored of the one before, in the same
transaction.
"""

from collections.abc import Callable
from typing import Final

from services.accounts.cipher import TokenCipher
from services.accounts.discogs_permissions import DiscogsPermissions
from services.accounts.discogs_ports import Discogs, OAuth
from services.accounts.grants import Grants, OnUnlink
from services.accounts.models import DiscogsLink, NoSuchName, TokenSet
from services.discogs.accounts import Authorization, DiscogsAccount, parse_username
from services.discogs.shelf_models import Profile
from services.resilience.clock import Clock
from services.storage.database import Database, Transaction
from services.storage.discogs_accounts import AccountRow, DiscogsAccountRepository
from services.storage.permissions import PermissionRow

_SERVICE: Final = "discogs"


class DiscogsLinks:
    """Links accounts, and says in whose name the bot may ask."""

    def __init__(
        self,
        database: Database,
        *,
        grants: Grants,
        cipher: TokenCipher,
        discogs: Discogs,
        oauth: OAuth | None,
        is_operator: Callable[[int], bool],
        on_unlink: OnUnlink,
        clock: Clock,
    ) -> None:
        """Keep links in ``database``.

        Args:
            database: Where.
            grants: Keeps the tokens, encrypted.
            cipher: Encrypts permissions under way.
            discogs: Is asked who somebody is.
            oauth: None where the bot has no consumer key: then accounts are linked by name only.
            is_operator: Whether a Discord user owns the application at Discord.
            on_unlink: Deletes what is stored of an account.
            clock: Wall time.
        """
        self._database = database
        self._grants = grants
        self._permissions = DiscogsPermissions(database, cipher=cipher, clock=clock)
        self._discogs = discogs
        self._oauth = oauth
        self._is_operator = is_operator
        self._on_unlink = on_unlink
        self._clock = clock
        self._rows = DiscogsAccountRepository()

    @property
    def has_oauth(self) -> bool:
        """Whether people can prove that an account is theirs."""
        return self._oauth is not None

    async def account(self, user_id: int) -> DiscogsAccount | None:
        """Return the person's account and in whose name to ask for it; None: not linked.

        Raises:
            LinkAgain: Its tokens cannot be decrypted.
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.read() as transaction:
            row = await self._rows.get(transaction, user_id)
        return None if row is None else await self._account(row)

    async def describe(self, user_id: int) -> DiscogsLink | None:
        """Return the person's link; None when there is none.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.read() as transaction:
            row = await self._rows.get(transaction, user_id)
            services = await self._grants.services_in(transaction, user_id)
        if row is None:
            return None
        return _link(row, may_write=self._may_write(row, services))

    async def is_proven(self, user_id: int) -> bool | None:
        """Return whether the person has shown that their account is theirs; None without one.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        async with self._database.read() as transaction:
            return await self._rows.is_proven(transaction, user_id)

    async def link_username(self, user_id: int, name: str) -> DiscogsLink:
        """Link an account by its name, or by the address of its page.

        One that the person has proven to be theirs stays proven.

        Raises:
            NoSuchName: ``name`` cannot be one.
            NotFound: Nobody has it.
            ExternalServiceException: Discogs cannot say now.
            DatabaseUnavailable: Of the storage.
        """
        username = parse_username(name)
        if username is None:
            raise NoSuchName
        stranger = DiscogsAccount(user_id=user_id, username=username)
        profile = await self._discogs.shelf(stranger).profile()
        is_theirs = await self._is_operators_own(user_id, profile)
        async with self._database.write() as transaction:
            before = await self._rows.get(transaction, user_id)
            is_same = before is not None and before.discogs_id == profile.discogs_id
            if not is_same:
                await self._clear(transaction, user_id)
            is_proven = is_theirs or (before is not None and is_same and before.is_proven)
            row = self._row(user_id, profile, is_proven=is_proven)
            await self._rows.put(transaction, row)
            services = await self._grants.services_in(transaction, user_id)
        may_write = self._may_write(row, services)
        return _link(row, may_write=may_write, copies=profile.collection_size)

    async def begin(self, user_id: int, callback: str | None, *, person: str = "") -> str:
        """Return the page where the person allows it; what was under way before is void.

        Args:
            user_id: The person's Discord id.
            callback: Where Discogs sends the person back to; None: it shows a code.
            person: How Discord names them: the callback's page says who would be linked.

        Raises:
            RuntimeError: There is no OAuth (``has_oauth``).
            ExternalServiceException: Discogs cannot be asked now.
            DatabaseUnavailable: Of the storage.
        """
        asked = await self._require_oauth().request_token(callback)
        await self._permissions.ask(user_id, asked, person)
        return asked.authorize_url

    async def finish(self, user_id: int, verifier: str) -> DiscogsLink:
        """Link the account whose owner got ``verifier`` for this person's last ``begin``.

        Raises:
            NothingUnderWay: Begin again.
            InvalidRequest: The code is wrong; another try is possible.
            AuthenticationFailed: Likewise, or it was not allowed.
            ExternalServiceException: Discogs cannot say now.
            DatabaseUnavailable: Of the storage.
        """
        return await self._finish(await self._permissions.of(user_id), verifier)

    async def finish_callback(self, oauth_token: str, verifier: str) -> tuple[int, DiscogsLink]:
        """Link by what Discogs' callback brought; returns whose link it is, too.

        Raises:
            NothingUnderWay: And everything else, as ``finish``.
        """
        row = await self._permissions.by_handle(oauth_token)
        return row.user_id, await self._finish(row, verifier)

    async def who_asked(self, oauth_token: str) -> str:
        """Return how Discord names the person whose permission is under way.

        Raises:
            NothingUnderWay: There is no such permission.
            DatabaseUnavailable: Of the storage.
        """
        return self._permissions.person(await self._permissions.by_handle(oauth_token))

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

    async def _finish(self, row: PermissionRow, verifier: str) -> DiscogsLink:
        oauth = self._require_oauth()
        granted = await oauth.access_token(self._permissions.token(row), verifier)
        owner = await oauth.identity(oauth.authorization(granted.token, granted.secret))
        tokens = TokenSet(access=granted.token, secret=granted.secret)
        user_id = row.user_id
        async with self._database.write() as transaction:
            await self._permissions.use_up(transaction, row)
            before = await self._rows.get(transaction, user_id)
            if before is None or before.discogs_id != owner.discogs_id:
                await self._clear(transaction, user_id)
            account = self._row(user_id, owner, is_proven=True)
            await self._rows.put(transaction, account)
            await self._grants.link_in(transaction, user_id, _SERVICE, tokens)
        return _link(account, may_write=True, copies=owner.collection_size)

    def _require_oauth(self) -> OAuth:
        if self._oauth is None:
            raise RuntimeError("there is no consumer key")
        return self._oauth

    # --- Accounts

    async def _account(self, row: AccountRow) -> DiscogsAccount:
        authorization: Authorization | None = None
        grant = await self._grants.get(row.user_id, _SERVICE)
        if grant is not None and grant.tokens.secret is not None and self._oauth is not None:
            authorization = self._oauth.authorization(grant.tokens.access, grant.tokens.secret)
        elif self._has_token(row):
            authorization = self._discogs.token_authorization
        return DiscogsAccount(
            user_id=row.user_id, username=row.username, authorization=authorization
        )

    def _may_write(self, row: AccountRow, services: tuple[str, ...]) -> bool:
        return (self.has_oauth and _SERVICE in services) or self._has_token(row)

    def _has_token(self, row: AccountRow) -> bool:
        """Return whether the bot's own token is this person's, and speaks for this account."""
        is_operators = row.is_proven and self._is_operator(row.user_id)
        return is_operators and self._discogs.token_authorization is not None

    async def _is_operators_own(self, user_id: int, profile: Profile) -> bool:
        if not self._is_operator(user_id):
            return False
        owner = await self._discogs.token_owner()
        return owner is not None and owner.discogs_id == profile.discogs_id

    async def _clear(self, transaction: Transaction, user_id: int) -> bool:
        """Delete the tokens and what is stored of the account; False when there were no tokens."""
        await self._permissions.forget(transaction, user_id)
        await self._on_unlink(transaction, user_id)
        return await self._grants.unlink_in(transaction, user_id, _SERVICE)

    def _row(self, user_id: int, profile: Profile, *, is_proven: bool) -> AccountRow:
        return AccountRow(
            user_id=user_id,
            username=profile.username,
            discogs_id=profile.discogs_id,
            is_proven=is_proven,
            linked_at=self._clock.now(),
        )


def _link(row: AccountRow, *, may_write: bool, copies: int | None = None) -> DiscogsLink:
    return DiscogsLink(
        username=row.username,
        is_proven=row.is_proven,
        may_write=may_write,
        linked_at=row.linked_at,
        copies=copies,
    )
