"""Albums, tracks and artists in full; ``SpotifyService`` is the whole of the catalogue."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

import msgspec

from services.answers import Answer, Source
from services.errors import ExternalServiceException
from services.resilience.cache_key import cache_key
from services.resilience.codec import Codec
from services.resilience.config import Fallback
from services.spotify import details_protocol as protocol
from services.spotify.details_protocol import AlbumPage, TrackPage
from services.spotify.editions import one_of_each
from services.spotify.models import (
    SpotifyAlbum,
    SpotifyArtist,
    SpotifyDiscography,
    SpotifyKind,
    SpotifyTrack,
)
from services.spotify.sending import Kept, SpotifySender

_FRESH_SECONDS = 86_400.0
_RELEASES_FRESH_SECONDS = 6 * 3_600.0  # the only thing here that grows
_STALE_SECONDS = 86_400.0
_PATIENCE_SECONDS = 3.0
_MOST_TRACKS = 500
# With the artist three requests: /artist may not eat up the day's thousand.
_FIRST_PAGES = 2
# Counted up when a model changes: what was stored in the old form is then asked for again.
_ALBUM_CODEC: Final = Codec(AlbumPage, version=1)
_TRACKS_CODEC: Final = Codec(TrackPage, version=1)
_TRACK_CODEC: Final = Codec(SpotifyTrack, version=1)
_ARTIST_CODEC: Final = Codec(SpotifyArtist, version=1)
_RELEASES_CODEC: Final = Codec(SpotifyDiscography, version=1)

T = TypeVar("T")


class SpotifyDetails:
    """Reads single items; every call goes through the policy."""

    def __init__(self, sender: SpotifySender, *, market: str) -> None:
        """Ask through ``sender`` for what is available in ``market`` (ISO 3166-1 alpha-2)."""
        self._sender = sender
        self._market = market

    async def get_track(self, spotify_id: str) -> Answer[SpotifyTrack]:
        """Return one track with its album; otherwise as ``get_album``."""
        return await self._item(
            "get_track",
            SpotifyKind.TRACK,
            spotify_id,
            protocol.parse_track,
            codec=_TRACK_CODEC,
            minimal=SpotifyTrack(spotify_id=spotify_id, name=""),
        )

    async def get_album(self, spotify_id: str) -> Answer[SpotifyAlbum]:
        """Return one album with its tracks, up to 500.

        More than 50 take several requests. When a later one fails, the tracks that came are
        returned, ``is_complete`` is false, and the answer's ``error`` tells why. When Spotify fails
        altogether: a kept answer of up to 24 h, else the id and link alone.

        Raises:
            NotFound: Spotify has no such album.
            ServiceDisabled: The settings lack Spotify's keys.
        """
        album = SpotifyAlbum(spotify_id=spotify_id, name="", is_complete=False)
        answer = await self._item(
            "get_album",
            SpotifyKind.ALBUM,
            spotify_id,
            protocol.parse_album,
            codec=_ALBUM_CODEC,
            minimal=AlbumPage(album, 0, 0),
        )
        return await self._completed(answer)

    async def get_artist(self, spotify_id: str) -> Answer[SpotifyArtist]:
        """Return one artist with up to 20 releases; otherwise as ``get_album``.

        When their releases fail, those that came are returned.
        """
        answer = await self._item(
            "get_artist",
            SpotifyKind.ARTIST,
            spotify_id,
            protocol.parse_artist,
            codec=_ARTIST_CODEC,
            minimal=SpotifyArtist(spotify_id=spotify_id, name=""),
        )
        if answer.source is Source.MINIMAL:
            return answer
        pages = await self._first_pages(spotify_id)
        releases = one_of_each(each for page in pages for each in page.value.releases)
        total = pages[0].value.total if pages else None
        artist = msgspec.structs.replace(answer.value, releases=releases, releases_total=total)
        # Records from a kept answer must not pass for live ones because the artist's were live.
        spokesman = next((page for page in pages if page.source.is_fallback), answer)
        return spokesman.with_value(artist)

    async def get_discography(self, spotify_id: str, page: int = 1) -> Answer[SpotifyDiscography]:
        """Return 10 of an artist's albums, singles and compilations, fewer where editions repeat.

        Args:
            spotify_id: The artist's.
            page: 1 or more.

        Raises:
            NotFound: Spotify has no such artist.
            ExternalServiceException: Any other failure, when nothing is kept.
        """
        answer = await self._releases(spotify_id, page)
        releases = one_of_each(answer.value.releases)
        return answer.with_value(msgspec.structs.replace(answer.value, releases=releases))

    async def _first_pages(self, spotify_id: str) -> list[Answer[SpotifyDiscography]]:
        pages: list[Answer[SpotifyDiscography]] = []
        for number in range(1, _FIRST_PAGES + 1):
            try:
                page = await self._releases(spotify_id, number)
            except ExternalServiceException:
                break  # the artist is worth showing without
            pages.append(page)
            if not page.value.has_more:
                break
        return pages

    async def _releases(self, spotify_id: str, page: int) -> Answer[SpotifyDiscography]:
        operation = "get_discography"

        async def ask(limit: int) -> Answer[SpotifyDiscography]:
            offset = (page - 1) * limit
            params = protocol.build_releases_params(offset, limit, self._market)
            return await self._sender.send(
                operation,
                "GET",
                f"{protocol.item_path(SpotifyKind.ARTIST, spotify_id)}/albums",
                parse=protocol.parse_releases,
                params=params,
                kept=self._kept(
                    operation,
                    {"id": spotify_id, **params},
                    _RELEASES_CODEC,
                    _RELEASES_FRESH_SECONDS,
                ),
            )

        return await self._sender.send_page(operation, protocol.RELEASES_LIMIT, ask)

    async def _completed(self, answer: Answer[AlbumPage]) -> Answer[SpotifyAlbum]:
        """Read the pages after the first, until one fails."""
        album, rows, total = answer.value.album, answer.value.rows, answer.value.total
        pages: list[TrackPage] = []
        while rows < min(total or 0, _MOST_TRACKS):
            try:
                page = (await self._tracks(album.spotify_id, rows)).value
            except ExternalServiceException as error:
                answer = replace(answer, error=error)
                break  # what came is worth showing
            if not page.rows:
                break
            pages.append(page)
            rows += page.rows
        if not pages:
            return answer.with_value(album)
        tracks = protocol.in_order(
            (*album.tracks, *(track for page in pages for track in page.tracks))
        )
        is_complete = total is not None and rows >= total
        album = msgspec.structs.replace(album, tracks=tracks, is_complete=is_complete)
        return answer.with_value(album)

    async def _tracks(self, spotify_id: str, offset: int) -> Answer[TrackPage]:
        operation = "get_album_tracks"

        async def ask(limit: int) -> Answer[TrackPage]:
            params = protocol.build_tracks_params(offset, limit, self._market)
            return await self._sender.send(
                operation,
                "GET",
                f"{protocol.item_path(SpotifyKind.ALBUM, spotify_id)}/tracks",
                parse=protocol.parse_tracks,
                params=params,
                kept=self._kept(operation, {"id": spotify_id, **params}, _TRACKS_CODEC),
            )

        return await self._sender.send_page(operation, protocol.TRACKS_LIMIT, ask)

    async def _item(
        self,
        operation: str,
        kind: SpotifyKind,
        spotify_id: str,
        parse: Callable[[bytes], T],
        *,
        codec: Codec[T],
        minimal: T,
        fresh: float = _FRESH_SECONDS,
    ) -> Answer[T]:
        return await self._sender.send(
            operation,
            "GET",
            protocol.item_path(kind, spotify_id),
            parse=parse,
            # Without a market most content looks unavailable; artists have none.
            params={"market": self._market} if kind is not SpotifyKind.ARTIST else {},
            kept=self._kept(operation, {"id": spotify_id}, codec, fresh),
            fallbacks=(Fallback("return_minimal_data", Source.MINIMAL, lambda _: minimal),),
        )

    def _kept(
        self,
        operation: str,
        key: Mapping[str, str],
        codec: Codec[T],
        fresh: float = _FRESH_SECONDS,
    ) -> Kept[T]:
        params = {"market": self._market, **key}
        return Kept(
            key=cache_key("spotify", operation, params, version=codec.version),
            codec=codec,
            fresh=fresh,
            stale=_STALE_SECONDS,
            patience=_PATIENCE_SECONDS,
        )
