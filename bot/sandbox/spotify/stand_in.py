"""The Spotify stand-in: accounts service, catalogue endpoints and pictures on one port.

It behaves as a Development-Mode app of 2026 with a client-credentials token does: at most ten
results a page, one id per call, and 403 for every endpoint that was removed.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.art import cover_png
from bot.sandbox.catalogue import Album, Catalogue, default_catalogue
from bot.sandbox.catalogue.model import spotify_id
from bot.sandbox.faults import FaultKind, fault_middleware
from bot.sandbox.server import StandIn
from bot.sandbox.spotify import quirks
from bot.sandbox.spotify.accounts import TokenDesk, fault_body
from bot.sandbox.spotify.finding import PLAYLISTS, SpotifySearch, parse_question, playlists
from bot.sandbox.spotify.objects import SpotifyObjects, album_type, songs_of
from bot.sandbox.spotify.parameters import (
    Unbuilt,
    Window,
    id_of,
    market_of,
    market_query,
    refused,
    there,
)
from bot.sandbox.spotify.short_links import ShortLinkDesk, bases

_TOKEN_SECONDS: Final = 3600
_IMAGE_SIZES: Final = frozenset({"640", "300", "64"})
_TYPES: Final = ("album", "artist", "playlist", "track", "show", "episode", "audiobook")
# Removed from Development Mode, some in 2024, the rest in 2026.
_REMOVED: Final = (
    "/albums",
    "/artists",
    "/tracks",
    "/artists/{id}/top-tracks",
    "/artists/{id}/related-artists",
    "/audio-analysis/{id}",
    "/audio-features",
    "/audio-features/{id}",
    "/browse/{rest:.*}",
    "/markets",
    "/playlists/{id}/items",
    "/playlists/{id}/tracks",
    "/recommendations",
    "/users/{id}",
    "/users/{id}/playlists",
)


class SpotifyStandIn(StandIn):
    """Spotify over a loopback socket.

    Attributes:
        client_id: The app's id.
        client_secret: The app's secret.
        accounts: Issues tokens; its `expires_in` may be changed while running.
        catalogue: The records it knows.
        short_links: Where short links lead.
        premium_lapsed: Every call answers 403 in plain text, as when the app's owner stops paying;
            the QUIRK `premium_lapsed` does the same. `sparse` leaves out whatever may be absent.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        catalogue: Catalogue | None = None,
        expires_in: int = _TOKEN_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare the stand-in.

        Args:
            port: Port on 127.0.0.1; 0 lets the system choose.
            catalogue: Records it knows; the sandbox's own by default.
            expires_in: Lifetime of a token, in seconds of the clock.
            monotonic: Clock that tokens expire by.
        """
        super().__init__(port=port, monotonic=monotonic)
        self.client_id = "5a4db0x00000000000000000000c11e7"
        self.client_secret = "5a4db0x0000000000000000000005ec2"  # noqa: S105  # opens nothing but this stand-in
        self.premium_lapsed = False
        self.accounts = TokenDesk(
            client_id=self.client_id,
            client_secret=self.client_secret,
            expires_in=expires_in,
            monotonic=monotonic,
        )
        self.catalogue = catalogue or default_catalogue()
        self.short_links = ShortLinkDesk()
        self._search = SpotifySearch(self.catalogue)

    @property
    def api_url(self) -> str:
        """Base of the Web API, ending in `/v1`."""
        return f"{self.url}/v1"

    @property
    def accounts_url(self) -> str:
        """Base of the accounts service; `/api/token` follows it."""
        return f"{self.url}/accounts"

    @property
    def short_link_hosts(self) -> Mapping[str, str]:
        """The hosts of short links, and the base of each one's addresses here."""
        return bases(self.url)

    def revoke_tokens(self) -> None:
        """Make every token issued so far answer 401 `The access token expired`."""
        self.accounts.revoke_all()

    def _middlewares(self) -> list[Middleware]:
        faults = fault_middleware(
            self.faults, error_body=fault_body, left_to_handler=(FaultKind.QUIRK,)
        )
        return [faults, self._guard()]

    def _guard(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not request.path.startswith("/v1/"):
                return await handler(request)
            quirk = quirks.quirk_of(request)
            if self.premium_lapsed or quirk == quirks.PREMIUM_LAPSED:
                return quirks.premium_lapsed()
            refusal = self.accounts.refusal(request.headers.get("Authorization"))
            answer = refusal or await handler(request)
            return quirks.made_sparse(answer) if quirk == quirks.SPARSE else answer

        return guard

    def _set_up(self, app: web.Application) -> None:
        router = app.router
        router.add_post("/accounts/api/token", self.accounts.answer)
        router.add_get("/image/{name}", _image)
        router.add_get("/short/{rest:.*}", self.short_links.answer)
        router.add_get("/v1/search", self._answer_search)
        router.add_get("/v1/albums/{id}", self._answer_album)
        router.add_get("/v1/albums/{id}/tracks", self._answer_album_tracks)
        router.add_get("/v1/artists/{id}", self._answer_artist)
        router.add_get("/v1/artists/{id}/albums", self._answer_artist_albums)
        router.add_get("/v1/tracks/{id}", self._answer_track)
        router.add_get("/v1/playlists/{id}", self._answer_playlist)
        for path in _REMOVED:
            router.add_get(f"/v1{path}", _answer_removed)
        router.add_get("/v1/{rest:.*}", _answer_unknown)

    @property
    def _objects(self) -> SpotifyObjects:
        return SpotifyObjects(api_url=self.api_url, image_url=f"{self.url}/image")

    async def _answer_search(self, request: web.Request) -> web.StreamResponse:
        # Pages name their own address with `query`, which the real search takes as well.
        text = request.query.get("q", request.query.get("query", "")).strip()
        kinds = [kind for kind in request.query.get("type", "").split(",") if kind]
        if not text:
            raise refused(HTTPStatus.BAD_REQUEST, "No search query")
        if not kinds:
            raise refused(HTTPStatus.BAD_REQUEST, "Missing parameter type")
        unknown = [kind for kind in kinds if kind not in _TYPES]
        if unknown:
            raise refused(HTTPStatus.BAD_REQUEST, f"Bad search type field {unknown[0]}")
        window = Window.of(request, default=5, most=10)
        market = market_of(request)
        body = {}
        for kind in kinds:
            found = self._find(kind, text, market)
            extra = {"query": text, "type": kind} | ({"market": market} if market else {})
            body[f"{kind}s"] = window.cut(found, href=f"{self.api_url}/search", query=extra)
        return web.json_response(body)

    def _find(self, kind: str, text: str, market: str | None) -> list[Unbuilt]:
        """Return what a search finds, each ready to be built when its page is wanted."""
        question = parse_question(text)
        objects = self._objects
        if kind == "album":
            albums = self._search.albums(question)
            return [partial(objects.simple_album, each, market) for each in albums]
        if kind == "track":
            songs = self._search.songs(question)
            return [partial(objects.track, each, market) for each in songs]
        if kind == "artist":
            return [partial(objects.artist, each) for each in self._search.artists(question)]
        if kind == "playlist":
            rows = playlists(question)
            # The real search leaves a null where a playlist went away.
            return [*(partial(objects.playlist, *row) for row in rows), lambda: None]
        return []

    async def _answer_album(self, request: web.Request) -> web.StreamResponse:
        album = self._album(request)
        return web.json_response(self._objects.album(album, market_of(request)))

    async def _answer_album_tracks(self, request: web.Request) -> web.StreamResponse:
        album = self._album(request)
        market = market_of(request)
        build = self._objects.simple_track
        found = [partial(build, song, market) for song in songs_of(album)]
        href = f"{self.api_url}/albums/{album.spotify_id}/tracks"
        window = Window.of(request, default=20, most=50)
        return web.json_response(window.cut(found, href=href, query=market_query(market)))

    async def _answer_artist(self, request: web.Request) -> web.StreamResponse:
        artist = self.catalogue.spotify_artists.get(id_of(request))
        return web.json_response(self._objects.artist(there(artist)))

    async def _answer_artist_albums(self, request: web.Request) -> web.StreamResponse:
        artist = there(self.catalogue.spotify_artists.get(id_of(request)))
        groups = request.query.get("include_groups", "album,single,appears_on,compilation")
        market = market_of(request)
        albums = sorted(
            (
                album
                for album in self.catalogue.spotify_albums.values()
                if artist.name in {credit.name for credit in album.credits}
                and album_type(album) in groups.split(",")
            ),
            key=lambda album: album.released,
            reverse=True,
        )
        found = [partial(self._objects.simple_album, album, market) for album in albums]
        href = f"{self.api_url}/artists/{artist.spotify_artist_id}/albums"
        query = {"include_groups": groups} | market_query(market)
        window = Window.of(request, default=5, most=10)
        return web.json_response(window.cut(found, href=href, query=query))

    async def _answer_track(self, request: web.Request) -> web.StreamResponse:
        song = there(self.catalogue.spotify_songs.get(id_of(request)))
        return web.json_response(self._objects.track(song, market_of(request)))

    async def _answer_playlist(self, request: web.Request) -> web.StreamResponse:
        wanted = id_of(request)
        rows = {spotify_id("playlist", row[0]): row for row in PLAYLISTS}
        # No `items` key: the contents are the owner's alone in Development Mode.
        return web.json_response(self._objects.playlist(*there(rows.get(wanted))))

    def _album(self, request: web.Request) -> Album:
        return there(self.catalogue.spotify_albums.get(id_of(request)))


async def _image(request: web.Request) -> web.StreamResponse:
    name, _, size = request.match_info["name"].rpartition("-")
    if not name or size not in _IMAGE_SIZES:
        return web.Response(status=HTTPStatus.NOT_FOUND)
    return web.Response(body=cover_png(name, int(size)), content_type="image/png")


async def _answer_removed(_request: web.Request) -> web.StreamResponse:
    raise refused(HTTPStatus.FORBIDDEN, "Forbidden")


async def _answer_unknown(_request: web.Request) -> web.StreamResponse:
    raise refused(HTTPStatus.NOT_FOUND, "Service not found")
