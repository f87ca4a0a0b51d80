"""``MusicLookup``: an album, an artist or a track of Spotify, and what belongs to it elsewhere."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Final, Protocol

from services.answers import Answer, Source
from services.catalogue import matching
from services.catalogue.models import CatalogueMatch
from services.catalogue.music_view import (
    MusicView,
    SpotifyThing,
    Unreadable,
    album_of,
    works_of,
)
from services.catalogue.own_records import OwnRecords
from services.catalogue.recent_items import RecentItem, RecentItems
from services.catalogue.spotify_match import SpotifyMatcher
from services.collection.models import StoredCopy
from services.errors import ExternalServiceException, NotFound
from services.music import clean_query, clean_text
from services.spotify.links import ShortLink, SpotifyLink, Unsupported, parse_link
from services.spotify.models import (
    SpotifyAlbum,
    SpotifyArtist,
    SpotifyDiscography,
    SpotifyItem,
    SpotifyKind,
    SpotifyResults,
    SpotifyTrack,
)

_LOGGER = logging.getLogger(__name__)

OWN_PREFIX: Final = "release:"
"""What a suggestion of somebody's own record begins with; the number of its release follows."""

_MENU_SIZE: Final = 25
_MOST_DIGITS: Final = 10


class Spotify(Protocol):
    """``SpotifyService``, which says what is raised."""

    async def search(self, query: str, kinds: tuple[SpotifyKind, ...], /) -> Answer[SpotifyResults]:
        """Return items."""

    async def get_item(self, kind: SpotifyKind, spotify_id: str, /) -> Answer[SpotifyItem]:
        """Return one item as lists show it."""

    async def get_album(self, spotify_id: str, /) -> Answer[SpotifyAlbum]:
        """Return one album with its tracks."""

    async def get_artist(self, spotify_id: str, /) -> Answer[SpotifyArtist]:
        """Return one artist."""

    async def get_track(self, spotify_id: str, /) -> Answer[SpotifyTrack]:
        """Return one track."""

    async def get_discography(self, spotify_id: str, page: int, /) -> Answer[SpotifyDiscography]:
        """Return 10 of an artist's releases."""


class Links(Protocol):
    """``ShortLinks``, as far as it is needed here."""

    async def read(self, text: str, /) -> SpotifyLink | Unsupported | None:
        """Return the link that a text is, a short one resolved."""


class Matches(Protocol):
    """``CatalogueService``, as far as it is needed here."""

    async def match_item(self, item: SpotifyItem, /) -> CatalogueMatch:
        """Return what Discogs has under the name of an album or an artist."""


class OwnReleases(Protocol):
    """``CollectionService``, as far as it is needed here."""

    async def of_release(self, user_id: int, release_id: int, /) -> StoredCopy | None:
        """Return a copy of the person's of a release."""


class MusicLookup:
    """Finds something of Spotify, and what belongs to it."""

    def __init__(
        self,
        *,
        spotify: Spotify,
        links: Links,
        matches: Matches,
        copies: OwnReleases,
        own: OwnRecords,
        recent: RecentItems,
    ) -> None:
        """Ask ``spotify``, and ``matches`` for Discogs; note in ``recent`` what people saw."""
        self._spotify = spotify
        self._matcher = SpotifyMatcher(spotify)
        self._links = links
        self._matches = matches
        self._copies = copies
        self._own = own
        self._recent = recent

    async def look_up(
        self, kind: SpotifyKind, query: str, user_id: int
    ) -> AsyncGenerator[MusicView, None]:
        """Yield what is known each time something more is; the last one is complete.

        The query is words, a link to anything of Spotify (whatever ``kind`` was asked for), or
        ``OWN_PREFIX`` and the number of a release that the person owns. Closing the iterator
        cancels what is still under way.

        Raises:
            InvalidQuery: ``query`` is no link, and has fewer than 2 or more than 200 characters, or
                no words.
            NotFound: Spotify has no such thing, or the person no such record.
            ExternalServiceException: Spotify fails, and there is no fallback.
            DatabaseUnavailable: Of the storage.
        """
        text = clean_text(query)
        view, spotify_id = await self._found(MusicView(kind=kind), text, user_id)
        if spotify_id is None:
            yield replace(view, is_complete=True)
            return
        async with aclosing(self._opened(view, spotify_id, user_id)) as opening:
            async for each in opening:
                yield each

    def open(
        self, kind: SpotifyKind, spotify_id: str, user_id: int, *, page: int = 1
    ) -> AsyncGenerator[MusicView, None]:
        """Yield the same for what was picked; raises likewise."""
        return self._opened(MusicView(kind=kind, page=page), spotify_id, user_id)

    async def _found(
        self, view: MusicView, query: str, user_id: int
    ) -> tuple[MusicView, str | None]:
        """Return what the query means, and its id; None when it means nothing.

        1. A link, a short one too. 2. A record of the person's own. 3. Words.
        """
        link = await self._links.read(query)
        if isinstance(link, SpotifyLink):
            kind, spotify_id = link.target
            return replace(view, kind=kind), spotify_id
        if link is not None:
            return replace(view, unreadable=Unreadable.UNSUPPORTED), None
        if isinstance(parse_link(query), ShortLink):
            return replace(view, unreadable=Unreadable.SHORT_LINK), None
        query = clean_query(query)
        number = query.removeprefix(OWN_PREFIX)
        if number != query and number.isdecimal() and len(number) <= _MOST_DIGITS:
            return await self._of_release(view, int(number), user_id)
        return await self._searched(replace(view, query=query))

    async def _searched(self, view: MusicView) -> tuple[MusicView, str | None]:
        answer = await self._spotify.search(view.query, (view.kind,))
        ranked = matching.rank(view.query, answer.value.items)
        items = [item for item in ranked if isinstance(item, SpotifyItem)]
        view = replace(view, search=answer)
        if not items:
            return view, None
        is_doubtful = matching.score(view.query, items[0]) < matching.GOOD_ENOUGH
        others = tuple(items[1 : _MENU_SIZE + 1])
        view = replace(view, found=items[0], others=others, is_doubtful=is_doubtful)
        return view, items[0].spotify_id

    async def _of_release(
        self, view: MusicView, release_id: int, user_id: int
    ) -> tuple[MusicView, str | None]:
        copy = await self._copies.of_release(user_id, release_id)
        if copy is None:
            raise NotFound("discogs", "get_copy", None, f"no copy of release {release_id}")
        year = copy.master_year or copy.year
        found = await self._matcher.find_albums(copy.artist, copy.title, year)
        view = replace(
            view,
            owned=copy,
            search=found.with_value(SpotifyResults(items=(), search_url="")),
            others=tuple(match.hit for match in found.value[1:_MENU_SIZE]),
        )
        if not found.value:
            return view, None
        best = found.value[0]
        view = replace(view, found=best.hit, is_doubtful=best.is_doubtful)
        return view, best.hit.spotify_id

    async def _opened(
        self, view: MusicView, spotify_id: str, user_id: int
    ) -> AsyncGenerator[MusicView, None]:
        view = replace(view, thing=await self._thing(view, spotify_id))
        if view.thing is not None and isinstance(view.thing.value, SpotifyArtist):
            view = replace(view, releases=await self._releases(spotify_id, view.page))
        works = works_of(view)
        view = replace(view, belongings=await self._own.of_albums(user_id, works))
        thing = view.thing.value if view.thing is not None else None
        wanted = album_of(thing) if thing is not None else None
        if thing is None or wanted is None:  # nothing that Discogs could know
            yield replace(view, is_complete=True)
            return
        artist = next(iter(wanted.artists), "")
        seen = RecentItem(
            kind=view.kind, spotify_id=thing.spotify_id, name=thing.name, artist=artist
        )
        self._recent.note(user_id, seen)
        task = asyncio.create_task(self._match(wanted), name="match on discogs")
        try:
            yield view
            yield replace(view, discogs=await task, is_complete=True)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _thing(self, view: MusicView, spotify_id: str) -> Answer[SpotifyThing]:
        """Return what was meant: where only its id is left, as the search listed it."""
        answer = await self._fetch(view.kind, spotify_id)
        if answer.source is Source.MINIMAL and view.found is not None:
            return answer.with_value(view.found)
        return answer

    async def _fetch(self, kind: SpotifyKind, spotify_id: str) -> Answer[SpotifyThing]:
        if kind is SpotifyKind.ALBUM:
            return await self._spotify.get_album(spotify_id)
        if kind is SpotifyKind.ARTIST:
            return await self._spotify.get_artist(spotify_id)
        if kind is SpotifyKind.TRACK:
            return await self._spotify.get_track(spotify_id)
        return await self._spotify.get_item(kind, spotify_id)

    async def _releases(
        self, spotify_id: str, page: int
    ) -> Answer[SpotifyDiscography] | ExternalServiceException:
        try:
            return await self._spotify.get_discography(spotify_id, page)
        except ExternalServiceException as error:
            return error

    async def _match(self, item: SpotifyItem) -> CatalogueMatch | ExternalServiceException:
        try:
            return await self._matches.match_item(item)
        except ExternalServiceException as error:
            return error
