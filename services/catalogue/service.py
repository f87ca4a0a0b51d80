"""``CatalogueService``: one search, both upstreams at once, each shown as soon as it answers."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from dataclasses import replace
from typing import Any, Final, Protocol

import msgspec

from services.answers import Answer
from services.catalogue import matching
from services.catalogue.models import CatalogueMatch, Hit, SearchKind, SearchResults
from services.catalogue.titles import bare_title
from services.discogs.links import parse_release_id
from services.discogs.models import DiscogsKind, DiscogsResults, Release, SearchHit
from services.errors import ExternalServiceException
from services.music import MAX_QUERY_LENGTH, clean_query, clean_text
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults

_SPOTIFY_KINDS: Final = {
    SearchKind.EVERYTHING: (SpotifyKind.ALBUM, SpotifyKind.ARTIST, SpotifyKind.TRACK),
    SearchKind.ALBUM: (SpotifyKind.ALBUM,),
    SearchKind.ARTIST: (SpotifyKind.ARTIST,),
    SearchKind.TRACK: (SpotifyKind.TRACK,),
    SearchKind.PLAYLIST: (SpotifyKind.PLAYLIST,),
}
_DISCOGS_KINDS: Final = {
    SearchKind.EVERYTHING: DiscogsKind.RELEASE,
    SearchKind.ALBUM: DiscogsKind.RELEASE,
    SearchKind.ARTIST: DiscogsKind.ARTIST,
    SearchKind.RELEASE: DiscogsKind.RELEASE,
}
_MENU_SIZE: Final = 24
_MOST_MATCHES: Final = 3


class SpotifyCatalogue(Protocol):
    """What is needed of Spotify."""

    async def search(self, query: str, kinds: tuple[SpotifyKind, ...]) -> Answer[SpotifyResults]:
        """Return items; raises ExternalServiceException."""

    async def get_item(self, kind: SpotifyKind, spotify_id: str) -> Answer[SpotifyItem]:
        """Return one item; raises ExternalServiceException."""


class DiscogsCatalogue(Protocol):
    """What is needed of Discogs."""

    async def search(self, query: str, kind: DiscogsKind | None) -> Answer[DiscogsResults]:
        """Return hits; raises ExternalServiceException."""

    async def get_release(self, release_id: int) -> Answer[Release]:
        """Return one release; raises ExternalServiceException."""


class CatalogueService:
    """Searches Spotify and Discogs side by side."""

    def __init__(self, *, spotify: SpotifyCatalogue, discogs: DiscogsCatalogue) -> None:
        """Ask these two; each refuses by itself when it is disabled."""
        self._spotify = spotify
        self._discogs = discogs

    async def search(
        self, query: str, kind: SearchKind = SearchKind.EVERYTHING
    ) -> AsyncGenerator[SearchResults, None]:
        """Yield what is known each time an upstream has answered; the last one is complete.

        An upstream's failure is part of the results, never an exception. Closing the iterator
        cancels what is still under way.

        Raises:
            InvalidQuery: ``query`` has fewer than 2 or more than 200 characters, or no words.
        """
        query = clean_query(query)
        results = SearchResults(query=query, kind=kind)
        tasks = {
            name: asyncio.create_task(_settled(search), name=f"search {name}")
            for name, search in self._searches(query, kind)
        }
        try:
            while tasks:
                await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
                done = {name: task for name, task in tasks.items() if task.done()}
                tasks = {name: task for name, task in tasks.items() if name not in done}
                answers = {name: task.result() for name, task in done.items()}
                results = replace(
                    results,
                    spotify=answers.get("spotify", results.spotify),
                    discogs=answers.get("discogs", results.discogs),
                    waiting=tuple(tasks),
                )
                results = _ranked(results)
                yield results
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def get_release(self, release_id: int) -> Answer[Release]:
        """Return one Discogs release.

        Raises:
            ExternalServiceException: As ``DiscogsService.get_release``.
        """
        return await self._discogs.get_release(release_id)

    async def find_release(self, text: str) -> Answer[Release] | None:
        """Return the Discogs release that ``text`` means; None when nothing is found.

        Args:
            text: A release's number, the address of its page, or words to search for.

        Raises:
            InvalidQuery: There is nothing in it to search for.
            ExternalServiceException: As ``DiscogsService.search`` and ``get_release``; also when
                the search fails and could only be replaced by a link.
        """
        release_id = parse_release_id(text)
        if release_id is None:
            query = clean_query(text)
            found = await self._discogs.search(query, DiscogsKind.RELEASE)
            if not found.value.hits and isinstance(found.error, ExternalServiceException):
                raise found.error
            best = next(iter(matching.rank(query, found.value.hits)), None)
            if not isinstance(best, SearchHit):
                return None
            release_id = best.discogs_id
        return await self._discogs.get_release(release_id)

    async def match(self, kind: str, item_id: str) -> CatalogueMatch:
        """Return what Discogs has under the name of something of Spotify.

        Args:
            kind: A value of ``SpotifyKind``; of a track, its album is looked for.
            item_id: Spotify's.

        Raises:
            ExternalServiceException: As ``SpotifyService.get_item`` and ``DiscogsService.search``.
        """
        item = (await self._spotify.get_item(SpotifyKind(kind), item_id)).value
        if item.kind is SpotifyKind.TRACK:
            item = msgspec.structs.replace(
                item, kind=SpotifyKind.ALBUM, name=item.album or item.name, track_count=None
            )
        return await self.match_item(item)

    async def match_item(self, item: SpotifyItem) -> CatalogueMatch:
        """Return what Discogs has under the name of an album or an artist of Spotify.

        Raises:
            ExternalServiceException: As ``DiscogsService.search``.
        """
        wanted = DiscogsKind.ARTIST if item.kind is SpotifyKind.ARTIST else DiscogsKind.RELEASE
        name = item.name if wanted is DiscogsKind.ARTIST else bare_title(item.name)
        words = clean_text(" ".join((*item.artists[:1], name)))[:MAX_QUERY_LENGTH]
        found = await self._discogs.search(clean_query(words), wanted)
        if not found.value.hits and isinstance(found.error, ExternalServiceException):
            raise found.error  # nobody could look; that is not "nothing"
        hits = found.value.hits
        matches = matching.discogs_matches(item, hits)
        same = [match.hit for match in matches]
        return CatalogueMatch(
            hits=(*same, *(hit for hit in hits if hit not in same))[:_MOST_MATCHES],
            confidence=matches[0].confidence if matches else None,
        )

    def upstreams(self, kind: SearchKind) -> tuple[str, ...]:
        """Return the upstreams that a search of ``kind`` asks, in the order they are shown."""
        asked = (("spotify", kind in _SPOTIFY_KINDS), ("discogs", kind in _DISCOGS_KINDS))
        return tuple(name for name, is_asked in asked if is_asked)

    def _searches(
        self, query: str, kind: SearchKind
    ) -> list[tuple[str, Coroutine[Any, Any, Answer[Any]]]]:
        searches: list[tuple[str, Coroutine[Any, Any, Answer[Any]]]] = []
        if kind in _SPOTIFY_KINDS:
            searches.append(("spotify", self._spotify.search(query, _SPOTIFY_KINDS[kind])))
        if kind in _DISCOGS_KINDS:
            searches.append(("discogs", self._discogs.search(query, _DISCOGS_KINDS[kind])))
        return searches


async def _settled(
    search: Coroutine[Any, Any, Answer[Any]],
) -> Answer[Any] | ExternalServiceException:
    try:
        return await search
    except ExternalServiceException as error:
        return error


def _ranked(results: SearchResults) -> SearchResults:
    spotify = matching.rank(results.query, results.spotify_items)
    discogs = matching.rank(results.query, results.discogs_hits)
    everything: list[Hit] = matching.rank(results.query, [*spotify, *discogs])
    best = everything[0] if everything else None
    if best is not None and matching.score(results.query, best) < matching.GOOD_ENOUGH:
        best = None
    others = [hit for hit in everything if hit is not best][:_MENU_SIZE]
    return replace(results, best=best, others=tuple(others))
