"""``SpotifyService``: the catalogue, for a Development-Mode app."""

from collections.abc import Sequence
from typing import Final

from services.answers import Answer, Source
from services.errors import ExternalServiceException
from services.music import clean_query, query_key
from services.resilience.codec import Codec
from services.resilience.config import Fallback
from services.spotify import protocol
from services.spotify.details import SpotifyDetails
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults, url_of

_SEARCH_FRESH_SECONDS = 3_600.0
_ITEM_FRESH_SECONDS = 86_400.0
_PLAYLIST_FRESH_SECONDS = 3_600.0  # people change their playlists; albums stay as they are
# Counted up when a model changes: what was stored in the old form is then asked for again.
_SEARCH_CODEC: Final = Codec(tuple[SpotifyItem, ...], version=3)
_ITEM_CODEC: Final = Codec(SpotifyItem, version=2)
_ALL_KINDS = tuple(SpotifyKind)


class SpotifyService(SpotifyDetails):
    """Searches Spotify and reads single items; every call goes through the policy."""

    @property
    def is_enabled(self) -> bool:
        """True when the app's keys are set and Spotify is not switched off."""
        return self._sender.is_enabled

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
        key = {"kinds": ",".join(kinds), "query": query_key(query)}

        async def ask(limit: int) -> Answer[tuple[SpotifyItem, ...]]:
            return await self._sender.send(
                "search",
                "GET",
                "/search",
                parse=protocol.parse_search,
                params=protocol.build_search_params(query, kinds, self._market, limit),
                kept=self._kept("search", key, _SEARCH_CODEC, _SEARCH_FRESH_SECONDS),
                fallbacks=(Fallback("return_minimal_data", Source.MINIMAL, _no_items),),
            )

        answer = await self._sender.send_page("search", protocol.SEARCH_LIMIT, ask)
        # Added last: what is kept is everybody's, and holds nothing that somebody typed.
        url = protocol.search_url(query)
        return answer.with_value(SpotifyResults(items=answer.value, search_url=url))

    async def get_item(self, kind: SpotifyKind, spotify_id: str) -> Answer[SpotifyItem]:
        """Return one album, artist, track or playlist as far as a list shows it.

        When Spotify fails: a kept answer of up to 24 h, else the id and link alone.

        Raises:
            NotFound: Spotify has no such item.
            ServiceDisabled: The settings lack Spotify's keys.
        """
        is_playlist = kind is SpotifyKind.PLAYLIST
        minimal = SpotifyItem(
            kind=kind, spotify_id=spotify_id, name="", url=url_of(kind, spotify_id)
        )
        return await self._item(
            f"get_{kind}_item",
            kind,
            spotify_id,
            protocol.parse_item,
            codec=_ITEM_CODEC,
            fresh=_PLAYLIST_FRESH_SECONDS if is_playlist else _ITEM_FRESH_SECONDS,
            minimal=minimal,
        )


def _no_items(_: ExternalServiceException) -> tuple[SpotifyItem, ...]:
    return ()
