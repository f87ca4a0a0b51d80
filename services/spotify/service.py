"""``SpotifyService``: the catalogue, for a Development-Mode app."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar
from urllib.parse import quote

from services.answers import Answer, Source
from services.errors import ExternalServiceException, NotFound, ServiceDisabled
from services.http import HttpClient, Request, parse_body
from services.music import clean_query, query_key
from services.resilience.cache_key import cache_key
from services.resilience.codec import Codec
from services.resilience.config import Call, Fallback
from services.resilience.policy import Policy
from services.spotify import protocol
from services.spotify.auth import ClientCredentials
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults

SETTINGS: Final = ("SPOTIFY_CLIENT_ID", "SPOTIFY_CLIENT_SECRET")
_SEARCH_FRESH_SECONDS = 3_600.0
_PLAYLIST_FRESH_SECONDS = 3_600.0  # people change their playlists; albums stay as they are
_ITEM_FRESH_SECONDS = 86_400.0
_STALE_SECONDS = 86_400.0
_PATIENCE_SECONDS = 3.0
# Counted up when a model changes: what was stored in the old form is then asked for again.
_SEARCH_CODEC: Final = Codec(tuple[SpotifyItem, ...], version=2)
_ITEM_CODEC: Final = Codec(SpotifyItem, version=1)
_ALL_KINDS = tuple(SpotifyKind)

T = TypeVar("T")


class SpotifyService:
    """Searches Spotify and reads single items; every call goes through the policy."""

    def __init__(
        self,
        *,
        http: HttpClient,
        policy: Policy,
        auth: ClientCredentials | None,
        api_url: str,
        market: str,
        missing_settings: tuple[str, ...] = SETTINGS,
    ) -> None:
        """Use ``api_url`` (with ``/v1``); without ``auth`` every call names what is missing."""
        self._http = http
        self._policy = policy
        self._auth = auth
        self._api_url = api_url
        self._market = market
        self._missing_settings = missing_settings

    @property
    def is_enabled(self) -> bool:
        """True when the app's keys are set and Spotify is not switched off."""
        return self._auth is not None

    async def search(
        self, query: str, kinds: Sequence[SpotifyKind] = _ALL_KINDS
    ) -> Answer[SpotifyResults]:
        """Return up to 10 items of each kind.

        When Spotify fails: a kept answer of up to 24 h, else only the link to the same search.

        Raises:
            InvalidQuery: ``query`` has fewer than 2 or more than 200 characters.
            ServiceDisabled: The settings lack Spotify's keys.
            InvalidRequest: Spotify calls the query wrong.
        """
        query = clean_query(query)
        answer = await self._fetch(
            "search",
            "/search",
            protocol.build_search_params(query, kinds, self._market),
            protocol.parse_search,
            key_params={"kinds": ",".join(kinds), "query": query_key(query)},
            codec=_SEARCH_CODEC,
            fresh=_SEARCH_FRESH_SECONDS,
            fallbacks=(Fallback("return_minimal_data", Source.MINIMAL, _no_items),),
        )
        # Added last: what is kept is everybody's, and holds nothing that somebody typed.
        url = protocol.search_url(query)
        return answer.with_value(SpotifyResults(items=answer.value, search_url=url))

    async def get_item(self, kind: SpotifyKind, spotify_id: str) -> Answer[SpotifyItem]:
        """Return one album, artist, track or playlist.

        When Spotify fails: a kept answer of up to 24 h, else the id and link alone.

        Raises:
            NotFound: Spotify has no such item.
            ServiceDisabled: The settings lack Spotify's keys.
        """
        url = f"https://open.spotify.com/{kind}/{quote(spotify_id, safe='')}"
        is_playlist = kind is SpotifyKind.PLAYLIST
        minimal = SpotifyItem(kind=kind, spotify_id=spotify_id, name="", url=url)
        return await self._fetch(
            f"get_{kind}",
            f"/{kind}s/{quote(spotify_id, safe='')}",
            {"market": self._market} if kind is not SpotifyKind.ARTIST else {},
            _parse_item,
            key_params={"id": spotify_id},
            codec=_ITEM_CODEC,
            fresh=_PLAYLIST_FRESH_SECONDS if is_playlist else _ITEM_FRESH_SECONDS,
            fallbacks=(Fallback("return_minimal_data", Source.MINIMAL, lambda _: minimal),),
        )

    async def _fetch(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str],
        parse: Callable[[bytes], T],
        *,
        key_params: Mapping[str, str],
        codec: Codec[T],
        fresh: float,
        fallbacks: tuple[Fallback[T], ...],
    ) -> Answer[T]:
        auth = self._auth
        if auth is None:
            raise ServiceDisabled("spotify", operation, settings=self._missing_settings)

        async def send() -> T:
            token = await auth.token()
            request = Request(
                service="spotify",
                operation=operation,
                method="GET",
                url=self._api_url + path,
                params=params,
                headers={"Authorization": f"Bearer {token.reveal()}"},
                read_error=protocol.read_error,
            )
            return parse_body(request, await self._http.send(request), parse)

        return await self._policy.call(
            Call(
                operation=operation,
                send=send,
                key=cache_key(
                    "spotify",
                    operation,
                    {"market": self._market, **key_params},
                    version=codec.version,
                ),
                codec=codec,
                fresh=fresh,
                stale=_STALE_SECONDS,
                patience=_PATIENCE_SECONDS,
                credential=auth.credential,
                fallbacks=fallbacks,
            )
        )


def _parse_item(body: bytes) -> SpotifyItem:
    item = protocol.parse_item(body)
    if item is None:
        raise NotFound("spotify", "get_item", None, "the answer is no catalogue item")
    return item


def _no_items(_: ExternalServiceException) -> tuple[SpotifyItem, ...]:
    return ()
