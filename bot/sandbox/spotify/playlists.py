"""Spotify's playlists: everybody's own, read and changed with the token of whoever owns them.

As in Development Mode since 2026: contents are the owner's alone (403, and no `items` key), a new
playlist is public unless it says otherwise, and changes come in batches of at most 100.
"""

import json
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.catalogue import Catalogue, Song
from bot.sandbox.catalogue.model import spotify_id
from bot.sandbox.spotify.finding import PLAYLISTS
from bot.sandbox.spotify.objects import Json, SpotifyObjects
from bot.sandbox.spotify.parameters import Unbuilt, Window, id_of, refused, there
from bot.sandbox.spotify.playlist_shelf import (
    Person,
    Playlist,
    Playlists,
    playlist_item,
    simple_playlist,
)

MOST_AT_ONCE: Final = 100
READ: Final = frozenset({"playlist-read-private"})
WRITE: Final = frozenset({"playlist-modify-private", "playlist-modify-public"})
_EMBEDDED: Final = 100
_MOST_LISTED: Final = 50
_DEFAULT_LISTED: Final = 20

OwnerOf = Callable[[str], tuple[Person, frozenset[str]] | None]
"""Returns whose token it is and what it may do; None for the app's own token."""


class PlaylistEndpoints:
    """Answers what people ask about playlists, and changes theirs."""

    def __init__(
        self,
        *,
        playlists: Playlists,
        catalogue: Catalogue,
        owner_of: OwnerOf,
        objects: Callable[[], SpotifyObjects],
    ) -> None:
        """Serve these playlists.

        Args:
            playlists: Of people who can log in.
            catalogue: Knows the tracks.
            owner_of: Whose token it is.
            objects: Builds what is answered; only callable while the stand-in runs.
        """
        self._playlists = playlists
        self._catalogue = catalogue
        self._owner_of = owner_of
        self._objects = objects

    def routes(self) -> dict[tuple[str, str], Handler]:
        """Return the handlers by method and path below `/v1`."""
        items = "/playlists/{id}/items"
        return {
            ("GET", "/me/playlists"): self._list,
            ("POST", "/me/playlists"): self._create,
            ("GET", "/playlists/{id}"): self._show,
            ("GET", items): self._show_items,
            ("POST", items): self._add,
            ("PUT", items): self._put,
            ("DELETE", items): self._remove,
        }

    # --- Reading

    async def _list(self, request: web.Request) -> web.StreamResponse:
        person = self._person(request, READ)
        window, objects = self._window(request), self._objects()
        found: list[Unbuilt] = [
            partial(self._listed, each, person, objects)
            for each in self._playlists.of(person.user_id)
        ]
        href = f"{objects.api_url}/me/playlists"
        return web.json_response(window.cut(found, href=href, query={}))

    async def _show(self, request: web.Request) -> web.StreamResponse:
        playlist = self._playlists.get(id_of(request))
        if playlist is None:
            return web.json_response(there(self._stranger(request)))
        body = simple_playlist(playlist, self._objects())
        if self._may_see(request, playlist):
            body["items"] = self._items_page(playlist, Window(limit=_EMBEDDED, offset=0))
        else:
            del body["items"]
        return web.json_response(body)

    async def _show_items(self, request: web.Request) -> web.StreamResponse:
        playlist = self._own(request, READ)
        return web.json_response(self._items_page(playlist, self._window(request)))

    def _items_page(self, playlist: Playlist, window: Window) -> Json:
        objects = self._objects()
        found: list[Unbuilt] = [
            partial(playlist_item, self._song(uri), playlist, objects) for uri in playlist.uris
        ]
        href = f"{objects.api_url}/playlists/{playlist.playlist_id}/items"
        return window.cut(found, href=href, query={})

    @staticmethod
    def _window(request: web.Request) -> Window:
        return Window.of(request, default=_DEFAULT_LISTED, most=_MOST_LISTED)

    # --- Changing

    async def _create(self, request: web.Request) -> web.StreamResponse:
        person = self._person(request, WRITE)
        body = await _body(request)
        name = body.get("name")
        if not isinstance(name, str) or not name.strip():
            raise refused(HTTPStatus.BAD_REQUEST, "Missing required field: name")
        playlist = self._playlists.make(
            person,
            name,
            description=str(body.get("description") or ""),
            is_public=bool(body.get("public", True)),
            is_collaborative=bool(body.get("collaborative", False)),
        )
        empty = {"items": self._items_page(playlist, Window(limit=_EMBEDDED, offset=0))}
        made = simple_playlist(playlist, self._objects()) | empty
        return web.json_response(made, status=HTTPStatus.CREATED)

    async def _add(self, request: web.Request) -> web.StreamResponse:
        playlist = self._own(request, WRITE)
        body = await _body(request)
        uris = self._uris(body.get("uris"))
        position = body.get("position", len(playlist.uris))
        if not isinstance(position, int) or not 0 <= position <= len(playlist.uris):
            raise refused(HTTPStatus.BAD_REQUEST, "Index out of bounds")
        playlist.uris[position:position] = uris
        return _changed(playlist, HTTPStatus.CREATED)

    async def _put(self, request: web.Request) -> web.StreamResponse:
        playlist = self._own(request, WRITE)
        body = await _body(request)
        if "uris" in body:
            playlist.uris[:] = self._uris(body["uris"])
            return _changed(playlist)
        start, before = body.get("range_start"), body.get("insert_before")
        length = body.get("range_length", 1)
        last = len(playlist.uris)
        if not (isinstance(start, int) and isinstance(before, int) and 0 <= before <= last):
            raise refused(HTTPStatus.BAD_REQUEST, "Index out of bounds")
        moved = playlist.uris[start : start + length]
        rest = [*playlist.uris[:start], *playlist.uris[start + length :]]
        place = before - length if before > start else before
        playlist.uris[:] = [*rest[:place], *moved, *rest[place:]]
        return _changed(playlist)

    async def _remove(self, request: web.Request) -> web.StreamResponse:
        playlist = self._own(request, WRITE)
        body = await _body(request)
        items = body.get("items")
        if not isinstance(items, list) or len(items) > MOST_AT_ONCE:
            raise refused(HTTPStatus.BAD_REQUEST, "No uris provided")
        gone = {each.get("uri") for each in items if isinstance(each, dict)}
        playlist.uris[:] = [uri for uri in playlist.uris if uri not in gone]
        return _changed(playlist)

    # --- Who, and what

    def _who(self, request: web.Request) -> tuple[Person, frozenset[str]] | None:
        _, _, token = request.headers.get("Authorization", "").partition(" ")
        return self._owner_of(token)

    def _person(self, request: web.Request, scopes: frozenset[str]) -> Person:
        """Return who asks.

        Raises:
            RefusedError: Nobody who logged in, or they have not allowed any of `scopes`.
        """
        who = self._who(request)
        if who is None:
            raise refused(HTTPStatus.FORBIDDEN, "This request requires user authentication.")
        person, granted = who
        if not scopes & granted:
            raise refused(HTTPStatus.FORBIDDEN, "Insufficient client scope")
        return person

    def _own(self, request: web.Request, scopes: frozenset[str]) -> Playlist:
        person = self._person(request, scopes)
        playlist = self._playlists.get(id_of(request))
        if playlist is None:
            there(self._stranger(request))
        if playlist is None or playlist.owner.user_id != person.user_id:
            raise refused(HTTPStatus.FORBIDDEN, "Forbidden")
        return playlist

    def _stranger(self, request: web.Request) -> Json | None:
        """Return the playlist of somebody who never logs in: its contents are not ours to see."""
        rows = {spotify_id("playlist", row[0]): row for row in PLAYLISTS}
        row = rows.get(id_of(request))
        return None if row is None else self._objects().playlist(*row)

    @staticmethod
    def _listed(playlist: Playlist, person: Person, objects: SpotifyObjects) -> Json:
        body = simple_playlist(playlist, objects)
        if playlist.owner.user_id != person.user_id:
            del body["items"]
        return body

    def _may_see(self, request: web.Request, playlist: Playlist) -> bool:
        who = self._who(request)
        return who is not None and who[0].user_id == playlist.owner.user_id

    def _uris(self, uris: object) -> list[str]:
        if not isinstance(uris, list) or not uris:
            raise refused(HTTPStatus.BAD_REQUEST, "No uris provided")
        if len(uris) > MOST_AT_ONCE:
            raise refused(HTTPStatus.BAD_REQUEST, "Too many uris")
        for uri in uris:
            self._song(str(uri))
        return [str(uri) for uri in uris]

    def _song(self, uri: str) -> Song:
        kind, _, track_id = uri.removeprefix("spotify:").partition(":")
        song = self._catalogue.spotify_songs.get(track_id) if kind == "track" else None
        if song is None:
            raise refused(HTTPStatus.BAD_REQUEST, f"Unsupported URL / URI: {uri[:60]}")
        return song


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except json.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise refused(HTTPStatus.BAD_REQUEST, "Error parsing JSON.")
    return body


def _changed(playlist: Playlist, status: int = HTTPStatus.OK) -> web.Response:
    playlist.edits += 1
    return web.json_response({"snapshot_id": playlist.snapshot_id}, status=status)
