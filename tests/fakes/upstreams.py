"""Fake upstream services, and builders for what they return."""

from collections.abc import AsyncGenerator

from fakes.calls import Script, Step, StreamScript
from services.answers import Answer, Source
from services.discogs.models import DiscogsKind, DiscogsResults, Release, SearchHit
from services.errors import ExternalServiceException
from services.euria.models import DescriptionRequest
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults


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
    """

    def __init__(self, search: Script[Answer[SpotifyResults]] | None = None) -> None:
        self._search = search or Script(found_items())
        self.asked: list[tuple[str, tuple[SpotifyKind, ...]]] = []

    async def search(self, query: str, kinds: tuple[SpotifyKind, ...]) -> Answer[SpotifyResults]:
        self.asked.append((query, kinds))
        return await self._search()

    async def get_item(self, kind: SpotifyKind, spotify_id: str) -> Answer[SpotifyItem]:
        return Answer(value=make_item(spotify_id, kind=kind), source=Source.LIVE)


class FakeDiscogs:
    """Answers searches and releases from scripts.

    Attributes:
        asked: The query and kind of every search.
    """

    def __init__(self, search: Script[Answer[DiscogsResults]] | None = None) -> None:
        self._search = search or Script(found_hits())
        self.asked: list[tuple[str, DiscogsKind | None]] = []

    async def search(self, query: str, kind: DiscogsKind | None) -> Answer[DiscogsResults]:
        self.asked.append((query, kind))
        return await self._search()

    async def get_release(self, release_id: int) -> Answer[Release]:
        release = Release(release_id=release_id, title="Stockholm", artist="The Persuader")
        return Answer(value=release, source=Source.LIVE)


class FakeWriter:
    """Writes scripted texts.

    Attributes:
        requests: What was asked for.
        script: The streams; tells how many were opened and closed.
    """

    def __init__(self, *steps: Step) -> None:
        self.script = StreamScript(steps or ["A text."])
        self.requests: list[DescriptionRequest] = []

    def generate_description(self, request: DescriptionRequest) -> AsyncGenerator[str, None]:
        self.requests.append(request)
        return self.script()
