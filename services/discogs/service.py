"""``DiscogsService``: search and releases."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from services.answers import Answer, Source
from services.discogs import protocol
from services.discogs.models import DiscogsKind, DiscogsResults, Release, SearchHit
from services.errors import ExternalServiceException, ServiceDisabled
from services.http import HttpClient, Request, parse_body
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
_SEARCH_CODEC: Final = Codec(tuple[SearchHit, ...], version=2)
_RELEASE_CODEC: Final = Codec(Release, version=1)
_SEARCH_HITS = 15
# Without this media type notes and profiles come with markup codes.
_ACCEPT = "application/vnd.discogs.v2.plaintext+json"

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
        is_enabled: bool = True,
        release_fresh_seconds: float = 6 * 3_600.0,
    ) -> None:
        """Set where and how to ask.

        Args:
            http: Sends the requests.
            policy: Discogs' limits; without ``authorization`` made for 25 requests a minute.
            authorization: The whole header value; None: releases only, no search.
            api_url: Without a trailing slash.
            is_enabled: False refuses every call, naming ``DISCOGS_ENABLED``.
            release_fresh_seconds: How old release details may be; Discogs' terms say 6 h.
        """
        self._http = http
        self._policy = policy
        self._authorization = authorization
        self._api_url = api_url
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
        answer = await self._fetch(
            "search",
            "/database/search",
            protocol.build_search_params(query, kind, _SEARCH_HITS),
            protocol.parse_search,
            key_params={"kind": kind, "query": query_key(query)},
            codec=_SEARCH_CODEC,
            fresh=_SEARCH_FRESH_SECONDS,
            # As old as Discogs' terms allow: a search costs one of few permits.
            swr=self._release_fresh_seconds,
            fallbacks=(Fallback("manual_entry_mode", Source.MANUAL, _no_hits),),
        )
        # Added last: what is kept is everybody's, and holds nothing that somebody typed.
        url = protocol.search_url(query)
        return answer.with_value(DiscogsResults(hits=answer.value, search_url=url))

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

    async def _fetch(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str],
        parse: Callable[[bytes], T],
        *,
        key_params: Mapping[str, str | int | None],
        codec: Codec[T],
        fresh: float,
        swr: float = 0.0,
        fallbacks: tuple[Fallback[T], ...] = (),
    ) -> Answer[T]:
        headers = {"Accept": _ACCEPT}
        if self._authorization is not None:
            headers["Authorization"] = self._authorization.reveal()
        request = Request(
            service="discogs",
            operation=operation,
            method="GET",
            url=self._api_url + path,
            params=params,
            headers=headers,
            read_headers=lambda headers: self._policy.learn(protocol.parse_allowance(headers)),
        )

        async def send() -> T:
            return parse_body(request, await self._http.send(request), parse)

        return await self._policy.call(
            Call(
                operation=operation,
                send=send,
                key=cache_key("discogs", operation, key_params, version=codec.version),
                codec=codec,
                fresh=fresh,
                swr=swr,
                stale=_STALE_SECONDS,
                patience=_PATIENCE_SECONDS,
                fallbacks=fallbacks,
            )
        )


def _no_hits(_: ExternalServiceException) -> tuple[SearchHit, ...]:
    return ()
