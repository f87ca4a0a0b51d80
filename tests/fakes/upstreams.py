"""Fake upstream services, and builders for what they return."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

from fakes.calls import Script, Step, StreamScript
from services.answers import Answer, Source
from services.discogs.models import Artist, DiscogsKind, DiscogsResults, Master, Release, SearchHit
from services.errors import ExternalServiceException, NotFound
from services.euria.models import Prompt, StreamEnd
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults

T = TypeVar("T")


def make_item(name: str, *artists: str, kind: SpotifyKind = SpotifyKind.ALBUM) -> SpotifyItem:
    """Return a Spotify item; its id is its name."""
    return SpotifyItem(
        kind=kind,
        spotify_id=name,
        name=name,
        url=f"https://open.spotify.com/{kind}/{name}",
        artists=artists,
    )


def make_hit(title: str, artist: str = "", **fields: object) -> SearchHit:
    """Return a Discogs release as a search finds it."""
    settings: dict[str, object] = {
        "kind": DiscogsKind.RELEASE,
        "discogs_id": 1,
        "title": title,
        "artist": artist,
        "url": "https://www.discogs.com/release/1",
    }
    return SearchHit(**(settings | fields))  # type: ignore[arg-type]  # a builder


def found_items(*items: SpotifyItem) -> Answer[SpotifyResults]:
    """Return a live answer of Spotify."""
    results = SpotifyResults(items=items, search_url="https://open.spotify.com/search/x")
    return Answer(value=results, source=Source.LIVE)


def found_hits(
    *hits: SearchHit, error: ExternalServiceException | None = None
) -> Answer[DiscogsResults]:
    """Return an answer of Discogs: live, or stale when it comes with an error."""
    results = DiscogsResults(hits=hits, search_url="https://www.discogs.com/search/?q=x")
    source = Source.LIVE if error is None else Source.STALE
    return Answer(value=results, source=source, error=error)


class FakeSpotify:
    """Answers searches and items from scripts.

    Attributes:
        asked: The query and kinds of every search.
        items: By id; others are made up of their id.
    """

    def __init__(self, search: Script[Answer[SpotifyResults]] | None = None) -> None:
        self._search = search or Script(found_items())
        self.asked: list[tuple[str, tuple[SpotifyKind, ...]]] = []
        self.items: dict[str, SpotifyItem] = {}

    async def search(self, query: str, kinds: tuple[SpotifyKind, ...]) -> Answer[SpotifyResults]:
        self.asked.append((query, kinds))
        return await self._search()

    async def get_item(self, kind: SpotifyKind, spotify_id: str) -> Answer[SpotifyItem]:
        item = self.items.get(spotify_id) or make_item(spotify_id, kind=kind)
        return Answer(value=item, source=Source.LIVE)


class FakeDiscogs:
    """Answers searches from a script, and everything else from what it knows.

    Attributes:
        asked: The query and kind of every search.
        releases: By number; one that it does not know is not found.
        masters: Likewise.
        artists: Likewise.
        details: What becomes of everything but searches first.
    """

    def __init__(self, search: Script[Answer[DiscogsResults]] | None = None) -> None:
        self._search = search or Script(found_hits())
        self.asked: list[tuple[str, DiscogsKind | None]] = []
        self.releases: dict[int, Release] = {}
        self.masters: dict[int, Master] = {}
        self.artists: dict[int, Artist] = {}
        self.details: Script[None] = Script(None)

    async def search(self, query: str, kind: DiscogsKind | None) -> Answer[DiscogsResults]:
        self.asked.append((query, kind))
        return await self._search()

    async def get_release(self, release_id: int) -> Answer[Release]:
        await self.details()
        return _known(self.releases.get(release_id))

    async def get_master(self, master_id: int) -> Answer[Master]:
        await self.details()
        return _known(self.masters.get(master_id))

    async def get_artist(self, artist_id: int) -> Answer[Artist]:
        await self.details()
        return _known(self.artists.get(artist_id))


class FakeWriter:
    """Writes scripted texts.

    Attributes:
        model: Its name.
        prompts: What it was told.
        script: The streams; tells how many were opened and closed.
        finish_reason: How the next texts end.
        place: Told to whoever asks, where it is not 0.
    """

    model = "test-model"

    def __init__(self, *steps: Step) -> None:
        self.script = StreamScript(steps or ["A text about music."])
        self.prompts: list[Prompt] = []
        self.finish_reason = "stop"
        self.place = 0

    async def stream(
        self,
        prompt: Prompt,
        *,
        on_end: Callable[[StreamEnd], None] | None = None,
        on_place: Callable[[int], None] | None = None,
    ) -> AsyncGenerator[str, None]:
        self.prompts.append(prompt)
        if self.place and on_place is not None:
            on_place(self.place)
        async with aclosing(self.script()) as text:
            async for part in text:
                yield part
        if on_end is not None:
            on_end(StreamEnd(finish_reason=self.finish_reason, usage=None, model=self.model))


def _known(value: T | None) -> Answer[T]:
    if value is None:
        raise NotFound("discogs", "get", 404)
    return Answer(value=value, source=Source.LIVE)
