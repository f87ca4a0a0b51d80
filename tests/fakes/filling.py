"""Playlists being filled, for the tests: Spotify in memory, our database, and a worker between."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from fakes.chance import FixedChance
from fakes.direct_database import DirectDatabase
from services.answers import Answer, Source
from services.collection.models import CopiesPage, Filters, Sort, StoredCopy, SyncState
from services.collection.want_models import StoredWant, WantlistState, WantsPage
from services.errors import AccessDenied, ExternalServiceException, NotFound, UpstreamTimeout
from services.jobs.kinds import Handlers
from services.jobs.queue import JobQueue
from services.jobs.worker import Worker, working
from services.playlists.choosing import Choosing
from services.playlists.models import RecordSource, Run, Selection, Wish
from services.playlists.ports import Room
from services.playlists.run_store import FILL
from services.playlists.runs import PlaylistRuns
from services.resilience.clock import Clock
from services.secret import Secret
from services.spotify.accounts import SpotifyAccount
from services.spotify.models import SpotifyAlbum, SpotifyItem, SpotifyKind, SpotifyTrack
from services.spotify.playlist_models import (
    PlaylistPage,
    PlaylistTrack,
    PlaylistTracks,
    SpotifyPlaylist,
)
from services.storage.database import Database
from services.storage.migrating import migrate

USER = 7
_TRAVEL_SECONDS = 0.1
COLLECTION = Selection(source=RecordSource.COLLECTION)
WISH = Wish(name="Shelf", selection=COLLECTION)


class FakeCredential:
    """Always valid."""

    async def token(self) -> Secret:
        return Secret("token")

    async def obtain(self) -> int:
        return 1

    async def renew(self, generation: int) -> bool:
        return bool(generation)


def make_account(user_id: int = USER) -> SpotifyAccount:
    return SpotifyAccount(
        user_id=user_id,
        account_id=f"account-{user_id}",
        name="Marie",
        scopes=frozenset(),
        credential=FakeCredential(),
    )


@dataclass
class FakeAccounts:
    """Who has linked what; change it at will."""

    linked: dict[int, SpotifyAccount] = field(default_factory=lambda: {USER: make_account()})

    async def account(self, user_id: int) -> SpotifyAccount | None:
        return self.linked.get(user_id)


@dataclass(frozen=True)
class FakeMatch:
    hit: SpotifyItem
    is_doubtful: bool = False


Event = Callable[[], None]


def lost() -> None:
    """The answer never came."""
    raise UpstreamTimeout("spotify", "test", None, "no answer")


@dataclass
class FakeSpotify:
    """Answers like ``SpotifyPlaylists``, ``SpotifyMatcher`` and ``SpotifyService`` together.

    Attributes:
        travel: The time that a call takes.
        tracks: How many tracks every album has.
        missing: Titles that it does not have.
        doubtful: Titles of which it has something like it.
        same: Titles that are all one album.
        cut: Why half of an album's tracks cannot be read; each once.
        gone: Why nothing but the id of a track is known; each once.
        playlists: What people have made, the newest first.
        contents: Their tracks.
        before: Events, by name of the call, that strike before it does anything; each once.
        after: Likewise after it has done everything.
        calls: The names of the calls.
        added: How many tracks each batch had.
    """

    travel: Callable[[], Awaitable[None]]
    tracks: int = 10
    missing: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    same: set[str] = field(default_factory=set)
    cut: list[ExternalServiceException] = field(default_factory=list)
    gone: list[ExternalServiceException] = field(default_factory=list)
    playlists: list[SpotifyPlaylist] = field(default_factory=list)
    contents: dict[str, list[str]] = field(default_factory=dict)
    before: dict[str, list[Event]] = field(default_factory=dict)
    after: dict[str, list[Event]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    added: list[int] = field(default_factory=list)

    def _strike(self, when: dict[str, list[Event]], name: str) -> None:
        events = when.get(name)
        if events:
            events.pop(0)()

    async def _begin(self, name: str) -> None:
        await self.travel()
        self.calls.append(name)
        self._strike(self.before, name)

    # --- SpotifyPlaylists

    async def mine(self, _account: SpotifyAccount, page: int, size: int = 50) -> PlaylistPage:
        await self._begin("mine")
        first = (page - 1) * size
        found = tuple(self._counted(each) for each in self.playlists[first : first + size])
        return PlaylistPage(playlists=found, total=len(self.playlists))

    async def get(self, _account: SpotifyAccount, spotify_id: str) -> SpotifyPlaylist:
        await self._begin("get")
        for each in self.playlists:
            if each.spotify_id == spotify_id:
                return self._counted(each)
        raise NotFound("spotify", "get_playlist", 404)

    def _counted(self, playlist: SpotifyPlaylist) -> SpotifyPlaylist:
        held = self.contents.get(playlist.spotify_id)
        return msgspec.structs.replace(playlist, track_count=None if held is None else len(held))

    async def items(
        self, _account: SpotifyAccount, spotify_id: str, page: int, size: int = 50
    ) -> PlaylistTracks:
        await self._begin("items")
        held = self._held(spotify_id)
        first = (page - 1) * size
        tracks = tuple(PlaylistTrack(name=uri, uri=uri) for uri in held[first : first + size])
        return PlaylistTracks(tracks=tracks, total=len(held))

    def _held(self, spotify_id: str) -> list[str]:
        if spotify_id not in self.contents:
            raise AccessDenied("spotify", "list_playlist_items", 403)
        return self.contents[spotify_id]

    async def create(
        self, _account: SpotifyAccount, name: str, *, is_public: bool, description: str
    ) -> SpotifyPlaylist:
        await self._begin("create")
        playlist = SpotifyPlaylist(
            spotify_id=f"playlist-{len(self.playlists)}",
            name=name,
            url="https://open.spotify.com/playlist/x",
            description=description,
            is_public=is_public,
        )
        self.playlists.insert(0, playlist)
        self.contents[playlist.spotify_id] = []
        self._strike(self.after, "create")
        return self._counted(playlist)

    async def add(self, _account: SpotifyAccount, spotify_id: str, uris: Sequence[str]) -> str:
        await self._begin("add")
        assert len(uris) <= 100
        self._held(spotify_id).extend(uris)
        self.added.append(len(uris))
        self._strike(self.after, "add")
        return "snapshot"

    # --- SpotifyMatcher

    async def find_album(
        self, artist: str, title: str, year: int | None = None
    ) -> Answer[FakeMatch | None]:
        await self._begin("find_album")
        del year
        if title in self.missing:
            return Answer(value=None, source=Source.LIVE)
        spotify_id = "one" if title in self.same else title
        hit = SpotifyItem(
            kind=SpotifyKind.ALBUM,
            spotify_id=spotify_id,
            name=title,
            url=f"https://open.spotify.com/album/{spotify_id}",
            artists=(artist,),
        )
        return Answer(value=FakeMatch(hit, title in self.doubtful), source=Source.LIVE)

    # --- SpotifyService

    async def get_album(self, spotify_id: str, /) -> Answer[SpotifyAlbum]:
        await self._begin("get_album")
        numbers = range(self.tracks)
        tracks = tuple(SpotifyTrack(spotify_id=f"{spotify_id}-{n}", name=f"{n}") for n in numbers)
        album = SpotifyAlbum(spotify_id=spotify_id, name=spotify_id, tracks=tracks)
        if self.cut:
            half = msgspec.structs.replace(
                album, tracks=tracks[: self.tracks // 2], is_complete=False
            )
            return Answer(value=half, source=Source.LIVE, error=self.cut.pop(0))
        return Answer(value=album, source=Source.LIVE)

    async def get_track(self, spotify_id: str, /) -> Answer[SpotifyTrack]:
        await self._begin("get_track")
        if self.gone:
            track = SpotifyTrack(spotify_id=spotify_id, name="")
            return Answer(value=track, source=Source.MINIMAL, error=self.gone.pop(0))
        return Answer(value=SpotifyTrack(spotify_id=spotify_id, name="A track"), source=Source.LIVE)

    def uris(self, *titles: str) -> list[str]:
        """Return the tracks of these albums, in order."""
        return [f"spotify:track:{title}-{n}" for title in titles for n in range(self.tracks)]


def make_record(number: int, **changes: object) -> StoredCopy:
    """Return a copy in the collection: ``A1`` by ``Artist 1``."""
    record = StoredCopy(
        item_id=number,
        instance_id=number,
        release_id=number,
        title=f"A{number}",
        artist=f"Artist {number}",
        master_id=1_000 + number,
        year=1970 + number % 30,
    )
    return msgspec.structs.replace(record, **changes)


@dataclass
class FakeRecords:
    """A collection and a wantlist, whose filters are somebody else's business."""

    copies: list[StoredCopy] = field(default_factory=list)
    wants: list[StoredWant] = field(default_factory=list)
    filters: list[Filters] = field(default_factory=list)

    async def browse(
        self, _user_id: int, filters: Filters, *, sort: Sort, page: int, page_size: int
    ) -> CopiesPage:
        assert sort is Sort.ADDED
        self.filters.append(filters)
        first = (page - 1) * page_size
        return CopiesPage(
            copies=tuple(self.copies[first : first + page_size]),
            page=page,
            pages=max(1, -(-len(self.copies) // page_size)),
            matching=len(self.copies),
            state=SyncState(username="digger"),
        )


@dataclass
class FakeWants:
    """The wantlist of ``FakeRecords``."""

    records: FakeRecords

    async def browse(
        self, _user_id: int, _text: str, _sort: Sort, page: int, *, page_size: int
    ) -> WantsPage:
        wants = self.records.wants
        first = (page - 1) * page_size
        return WantsPage(
            wants=tuple(wants[first : first + page_size]),
            page=page,
            pages=max(1, -(-len(wants) // page_size)),
            matching=len(wants),
            owned=0,
            may_write=True,
            state=WantlistState(username="digger"),
        )


class Filled:
    """Everything around ``PlaylistRuns``.

    Attributes:
        spotify: What Spotify has, and does.
        records: What the person has.
        accounts: Who is linked.
        room: What is left of the day's requests.
        runs: What is tested.
    """

    def __init__(self, database: Database, clock: Clock, albums: int) -> None:
        self.database = database
        self.clock = clock
        self.spotify = FakeSpotify(travel=lambda: clock.sleep(_TRAVEL_SECONDS))
        self.records = FakeRecords(copies=[make_record(n) for n in range(1, albums + 1)])
        self.accounts = FakeAccounts()
        self.room = Room(daily=800, left=400)
        self.queue = JobQueue(database, clock=clock)
        self.runs = self.another()

    def another(self) -> PlaylistRuns:
        """Return runs as another process has them."""
        return PlaylistRuns(
            database=self.database,
            queue=self.queue,
            accounts=self.accounts,
            shelf=self.spotify,
            matcher=self.spotify,
            catalogue=self.spotify,
            choosing=Choosing(copies=self.records, wants=FakeWants(self.records)),
            budget=lambda: self.room,
            clock=self.clock,
            chance=FixedChance(0.0),
        )

    @asynccontextmanager
    async def working(self, *, drain_seconds: float = 0) -> AsyncIterator[None]:
        """Have a worker fill playlists inside the block."""
        handlers = Handlers()
        handlers.register(FILL, self.runs.run)
        worker = Worker(self.queue, handlers, name="w1", clock=self.clock, chance=FixedChance(0.0))
        async with working(worker, drain_seconds=drain_seconds):
            yield

    async def drafted(self, wish: Wish = WISH) -> int:
        """Return the number of a new draft."""
        return (await self.runs.draft(USER, wish, about="From the shelf")).run.run_id

    async def finish(self, wish: Wish = WISH) -> Run:
        """Draft, start, and wait until it is over; returns how it stands then."""
        run_id = await self.drafted(wish)
        async with self.working(drain_seconds=20):
            await self.runs.start(USER, run_id)
            return await self.until_over(run_id)

    async def until_over(self, run_id: int) -> Run:
        runs = [run async for run in self.runs.watch(USER, run_id)]
        return runs[-1]

    async def until(self, run_id: int, fits: Callable[[Run], bool]) -> Run:
        """Wait until the run stands so."""
        async for run in self.runs.watch(USER, run_id):
            if fits(run):
                return run
        raise AssertionError("the run is over")

    async def once(self, run_id: int, fits: Callable[[Run], bool]) -> Run:
        """Have a worker work until the run stands so."""
        async with self.working():
            return await self.until(run_id, fits)

    @property
    def held(self) -> list[str]:
        """The tracks of the only playlist, which must be the only one."""
        [held] = self.spotify.contents.values()
        return held


@asynccontextmanager
async def filling(clock: Clock, albums: int) -> AsyncIterator[Filled]:
    """Yield everything, on a database in memory."""
    database = DirectDatabase()
    await migrate(database)
    yield Filled(database, clock, albums)
    await database.close()
