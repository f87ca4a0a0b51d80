"""``DiscogsService``: search, releases, and the way to people's shelves."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from services.answers import Answer, Source
from services.discogs import protocol
from services.discogs.accounts import Authorization, DiscogsAccount
from services.discogs.calling import AccountCaller, Caller, StrangersPass
from services.discogs.models import DiscogsKind, DiscogsResults, Release
from services.discogs.shelf import DiscogsShelf
from services.discogs.shelf_models import Profile
from services.discogs.shelf_protocol import parse_profile
from services.errors import ServiceDisabled
from services.http import HttpClient
from services.music import clean_query, query_key
from services.resilience.cache_key import cache_key
from services.resilience.codec import Codec
from services.resilience.config import Call, Fallback
from services.resilience.policy import Policy
from services.secret import Secret

SETTINGS: Final = ("DISCOGS_TOKEN",)
_SEARCH_FRESH_SECONDS = 3_600.0
_STALE_SECONDS = 7 * 86_400.0
_PATIENCE_SECONDS = 3.0
# Counted up when a model changes: what was stored in the old form is then asked for again.
_SEARCH_CODEC: Final = Codec(DiscogsResults, version=1)
_RELEASE_CODEC: Final = Codec(Release, version=1)
_OWNER_FRESH_SECONDS = 3_600.0
_SEARCH_HITS = 15

T = TypeVar("T")


class DiscogsService:
    """Asks Discogs; every call goes through the policy, which keeps within 60 a minute."""

    def __init__(
        self,
        *,
        http: HttpClient,
        policy: Policy,
        authorization: Secret | None,
        api_url: str,
        application: Secret | None = None,
        is_enabled: bool = True,
        release_fresh_seconds: float = 6 * 3_600.0,
    ) -> None:
        """Set where and how to ask.

        Args:
            http: Sends the requests.
            policy: Discogs' limits; without ``authorization`` made for 25 requests a minute.
            authorization: The whole header value; None: releases only, no search.
            api_url: Without a trailing slash.
            application: The header value that names the application and no user, or None.
            is_enabled: False refuses every call, naming ``DISCOGS_ENABLED``.
            release_fresh_seconds: How old release details may be; Discogs' terms say 6 h.
        """
        self._caller = Caller(http=http, policy=policy, api_url=api_url)
        self._policy = policy
        self._authorization = authorization
        self._application = application
        self._is_enabled = is_enabled
        self._release_fresh_seconds = release_fresh_seconds

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """The settings that searching needs; empty when it works."""
        if not self._is_enabled:
            return ("DISCOGS_ENABLED",)
        return SETTINGS if self._authorization is None else ()

    async def search(self, query: str, kind: DiscogsKind | None = None) -> Answer[DiscogsResults]:
        """Return up to 15 hits.

        When Discogs fails: what was found last time, else only the link to the same search.

        Raises:
            InvalidQuery: ``query`` has fewer than 2 or more than 200 characters.
            ServiceDisabled: Discogs is switched off, or has no token (search needs one).
            InvalidRequest: Discogs calls the query wrong.
        """
        query = clean_query(query)
        if self.missing_settings:
            raise ServiceDisabled("discogs", "search", settings=self.missing_settings)
        link = DiscogsResults(hits=(), search_url=protocol.search_url(query))
        return await self._fetch(
            "search",
            "/database/search",
            protocol.build_search_params(query, kind, _SEARCH_HITS),
            lambda body: protocol.parse_search(body, query),
            key_params={"kind": kind, "query": query_key(query)},
            codec=_SEARCH_CODEC,
            fresh=_SEARCH_FRESH_SECONDS,
            # As old as Discogs' terms allow: a search costs one of few permits.
            swr=self._release_fresh_seconds,
            fallbacks=(Fallback("manual_entry_mode", Source.MANUAL, lambda _: link),),
        )

    async def get_release(self, release_id: int) -> Answer[Release]:
        """Return one release; works without a token.

        When Discogs fails: the release as last seen, labelled with its age.

        Args:
            release_id: Discogs release id, 1 or more; not a master id.

        Raises:
            NotFound: Discogs has no such release.
            ServiceDisabled: Discogs is switched off.
            ExternalServiceException: Discogs fails and the release was never seen.
        """
        if not self._is_enabled:
            raise ServiceDisabled("discogs", "get_release", settings=self.missing_settings)
        return await self._fetch(
            "get_release",
            f"/releases/{release_id}",
            {},
            protocol.parse_release,
            key_params={"release_id": release_id},
            codec=_RELEASE_CODEC,
            fresh=self._release_fresh_seconds,
        )

    @property
    def token_authorization(self) -> Authorization | None:
        """What speaks for the owner of the bot's own token; None without one."""
        given = self._authorization
        return None if given is None else lambda: given

    async def token_owner(self) -> Profile | None:
        """Return whom the bot's own token belongs to; None without one.

        Raises:
            ServiceDisabled: Discogs is switched off.
            AuthenticationFailed: The token is void.
            ExternalServiceException: Discogs cannot say now.
        """
        if not self._is_enabled:
            raise ServiceDisabled("discogs", "identity", settings=self.missing_settings)
        if self._authorization is None:
            return None
        answer = await self._fetch(
            "identity",
            "/oauth/identity",
            {},
            parse_profile,
            key_params={},
            codec=None,
            fresh=_OWNER_FRESH_SECONDS,
            stale=0.0,
        )
        return answer.value

    def shelf(self, account: DiscogsAccount) -> DiscogsShelf:
        """Return the collection and the wantlist of an account.

        Raises:
            ServiceDisabled: Discogs is switched off.
        """
        if not self._is_enabled:
            raise ServiceDisabled("discogs", "shelf", settings=self.missing_settings)
        return DiscogsShelf(
            AccountCaller(
                caller=self._caller,
                policy=self._policy,
                account=account,
                stranger=self._strangers_pass,
            )
        )

    async def _strangers_pass(self, username: str) -> StrangersPass:
        """Return what to ask with about a user who has allowed nothing.

        The bot's token shows everything that its owner may see. Whoever gives the owner's name as
        theirs must not get to see it, so about the owner the bot asks without the token.
        """
        if self._application is not None:
            return StrangersPass(self._application)
        owner = await self.token_owner()
        if owner is not None and owner.username.casefold() == username.casefold():
            return StrangersPass(None, is_counted=False)
        return StrangersPass(self._authorization)

    async def _fetch(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str],
        parse: Callable[[bytes], T],
        *,
        key_params: Mapping[str, str | int | None],
        codec: Codec[T] | None,
        fresh: float,
        swr: float = 0.0,
        stale: float = _STALE_SECONDS,
        fallbacks: tuple[Fallback[T], ...] = (),
    ) -> Answer[T]:
        async def send() -> T:
            return await self._caller.send(
                operation, path, parse, authorization=self._authorization, params=params
            )

        return await self._policy.call(
            Call(
                operation=operation,
                send=send,
                key=cache_key(
                    "discogs", operation, key_params, version=codec.version if codec else 1
                ),
                codec=codec,
                fresh=fresh,
                swr=swr,
                stale=stale,
                patience=_PATIENCE_SECONDS,
                fallbacks=fallbacks,
            )
        )
