"""Discogs' database and market: what is the same for everybody, and may be kept for a while."""

from collections.abc import Mapping
from typing import Final, TypeVar

from services.answers import Answer, Source
from services.discogs import database_protocol, protocol
from services.discogs.calling import Ask, Caller, Pass
from services.discogs.models import (
    Artist,
    DiscogsKind,
    DiscogsResults,
    Label,
    MarketStats,
    Master,
    Release,
    SearchHit,
    Versions,
)
from services.errors import ExternalServiceException, ServiceDisabled
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
_SEARCH_CODEC: Final = Codec(tuple[SearchHit, ...], version=2)
_RELEASE_CODEC: Final = Codec(Release, version=2)
_MASTER_CODEC: Final = Codec(Master, version=1)
_VERSIONS_CODEC: Final = Codec(Versions, version=1)
_ARTIST_CODEC: Final = Codec(Artist, version=1)
_LABEL_CODEC: Final = Codec(Label, version=1)
_PRICE_FRESH_SECONDS = 3_600.0
_SEARCH_HITS = 15
_VERSIONS_ORDER: Final = {"per_page": "50", "sort": "released", "sort_order": "asc"}

T = TypeVar("T")


class DiscogsDatabase:
    """Asks for facts about records; ``DiscogsService`` is the whole of Discogs."""

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
        self._caller = Caller(http=http, policy=policy, api_url=api_url)
        self._policy = policy
        self._authorization = authorization
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
        params = protocol.build_search_params(query, kind, _SEARCH_HITS)
        return await self._search(query, params, {"kind": kind, "query": query_key(query)})

    async def search_barcode(self, barcode: str) -> Answer[DiscogsResults]:
        """Return up to 15 releases with this barcode; spaces and dashes do not matter.

        Raises:
            InvalidQuery: It has fewer than 2 digits or letters, or more than 200.
            ServiceDisabled: As ``search``.
        """
        return await self._search_number("barcode", "".join(filter(str.isalnum, barcode)))

    async def search_catno(self, catno: str) -> Answer[DiscogsResults]:
        """Return up to 15 releases with this catalogue number.

        Raises:
            InvalidQuery: It has fewer than 2 or more than 200 characters.
            ServiceDisabled: As ``search``.
        """
        return await self._search_number("catno", catno)

    async def get_release(self, release_id: int) -> Answer[Release]:
        """Return one release; works without a token, as all below.

        When Discogs fails: the release as last seen, labelled with its age.

        Args:
            release_id: Discogs release id, 1 or more; not a master id.

        Raises:
            NotFound: Discogs has no such release.
            ServiceDisabled: Discogs is switched off.
            ExternalServiceException: Discogs fails and the release was never seen.
        """
        ask = Ask("get_release", f"/releases/{release_id}", protocol.parse_release)
        return await self._details(ask, {"release_id": release_id}, _RELEASE_CODEC)

    async def get_master(self, master_id: int) -> Answer[Master]:
        """Return the work with this id; otherwise as ``get_release``."""
        ask = Ask("get_master", f"/masters/{master_id}", database_protocol.parse_master)
        return await self._details(ask, {"master_id": master_id}, _MASTER_CODEC)

    async def get_versions(self, master_id: int, page: int = 1) -> Answer[Versions]:
        """Return 50 editions of a work, the earliest first; otherwise as ``get_release``.

        Args:
            master_id: Discogs master id.
            page: 1 or more.
        """
        ask = Ask(
            "get_versions",
            f"/masters/{master_id}/versions",
            database_protocol.parse_versions,
            params={"page": str(page), **_VERSIONS_ORDER},
        )
        return await self._details(ask, {"master_id": master_id, "page": page}, _VERSIONS_CODEC)

    async def get_artist(self, artist_id: int) -> Answer[Artist]:
        """Return the artist with this id; otherwise as ``get_release``."""
        ask = Ask("get_artist", f"/artists/{artist_id}", database_protocol.parse_artist)
        return await self._details(ask, {"artist_id": artist_id}, _ARTIST_CODEC)

    async def get_label(self, label_id: int) -> Answer[Label]:
        """Return the label with this id; otherwise as ``get_release``."""
        ask = Ask("get_label", f"/labels/{label_id}", database_protocol.parse_label)
        return await self._details(ask, {"label_id": label_id}, _LABEL_CODEC)

    async def get_market_stats(self, release_id: int, currency: str = "EUR") -> Answer[MarketStats]:
        """Return what a release costs now; kept in memory only, and for 6 h at most.

        Args:
            release_id: Discogs release id.
            currency: Three letters; one that Discogs does not know means dollars.

        Raises:
            NotFound: Discogs has no such release.
            ServiceDisabled: Discogs is switched off.
            ExternalServiceException: Discogs fails, and was not asked within 6 h.
        """
        self._check_enabled("get_market_stats")
        ask = Ask(
            "get_market_stats",
            f"/marketplace/stats/{release_id}",
            database_protocol.parse_market_stats,
            params={"curr_abbr": currency},
        )
        return await self._fetch(
            ask,
            {"release_id": release_id, "currency": currency},
            fresh=min(_PRICE_FRESH_SECONDS, self._release_fresh_seconds),
            stale=self._release_fresh_seconds,
        )

    async def _search_number(self, name: str, number: str) -> Answer[DiscogsResults]:
        number = clean_query(number)
        params = protocol.build_number_params(name, number, _SEARCH_HITS)
        return await self._search(number, params, {name: query_key(number)})

    async def _search(
        self, query: str, params: Mapping[str, str], key: Mapping[str, str | int | None]
    ) -> Answer[DiscogsResults]:
        if self.missing_settings:
            raise ServiceDisabled("discogs", "search", settings=self.missing_settings)
        answer = await self._fetch(
            Ask("search", "/database/search", protocol.parse_search, params=params),
            key,
            codec=_SEARCH_CODEC,
            fresh=_SEARCH_FRESH_SECONDS,
            # As old as Discogs' terms allow: a search costs one of few permits.
            swr=self._release_fresh_seconds,
            stale=_STALE_SECONDS,
            fallbacks=(Fallback("manual_entry_mode", Source.MANUAL, _no_hits),),
        )
        # Added last: what is kept is everybody's, and holds nothing that somebody typed.
        url = protocol.search_url(query)
        return answer.with_value(DiscogsResults(hits=answer.value, search_url=url))

    async def _details(
        self, ask: Ask[T], key: Mapping[str, str | int | None], codec: Codec[T]
    ) -> Answer[T]:
        self._check_enabled(ask.operation)
        fresh = self._release_fresh_seconds
        return await self._fetch(ask, key, codec=codec, fresh=fresh, stale=_STALE_SECONDS)

    async def _fetch(
        self,
        ask: Ask[T],
        key: Mapping[str, str | int | None],
        *,
        codec: Codec[T] | None = None,
        fresh: float,
        swr: float = 0.0,
        stale: float = 0.0,
        fallbacks: tuple[Fallback[T], ...] = (),
    ) -> Answer[T]:
        async def send() -> T:
            return await self._caller.send(ask, Pass(self._authorization))

        version = 1 if codec is None else codec.version
        return await self._policy.call(
            Call(
                operation=ask.operation,
                send=send,
                key=cache_key("discogs", ask.operation, key, version=version),
                codec=codec,
                fresh=fresh,
                swr=swr,
                stale=stale,
                patience=_PATIENCE_SECONDS,
                fallbacks=fallbacks,
            )
        )

    def _check_enabled(self, operation: str) -> None:
        if not self._is_enabled:
            raise ServiceDisabled("discogs", operation, settings=self.missing_settings)


def _no_hits(_: ExternalServiceException) -> tuple[SearchHit, ...]:
    return ()
