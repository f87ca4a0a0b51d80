"""Spotify in full from memory, and what a card of it is made of beside that."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.ui.music_message import MusicMessages
from bot.ui.stream import ProgressiveMessages
from services.answers import Answer, Source
from services.catalogue.models import CatalogueMatch
from services.catalogue.music_lookup import Links, Matches, MusicLookup
from services.catalogue.music_suggestions import MusicSuggestion
from services.catalogue.own_records import OwnRecords, Shelf, work_of_stored
from services.catalogue.recent_items import RecentItems
from services.collection.models import StoredCopy
from services.collection.want_models import StoredWant
from services.errors import ExternalServiceException
from services.resilience.clock import Clock
from services.spotify.links import ShortLink, SpotifyLink, Unsupported, parse_link
from services.spotify.models import (
    Credit,
    SpotifyAlbum,
    SpotifyArtist,
    SpotifyDiscography,
    SpotifyItem,
    SpotifyKind,
    SpotifyResults,
    SpotifyTrack,
    TrackAlbum,
    url_of,
)

ALBUM_ID, ARTIST_ID, TRACK_ID, SINGLE_ID = ("a" * 22, "r" * 22, "t" * 22, "s" * 22)
COLTRANE = Credit("John Coltrane", ARTIST_ID)
BLUE_TRAIN = SpotifyAlbum(
    spotify_id=ALBUM_ID,
    name="Blue Train",
    credits=(COLTRANE,),
    image_url="https://i.scdn.co/image/ab67616d0000b273",
    released="1958",
    album_type="album",
    track_count=2,
    tracks=(
        SpotifyTrack(
            spotify_id=TRACK_ID,
            name="Locomotion",
            credits=(COLTRANE,),
            disc_number=1,
            track_number=1,
            duration_ms=433_000,
        ),
        SpotifyTrack(
            spotify_id=SINGLE_ID,
            name="Lazy Bird",
            credits=(COLTRANE, Credit("Lee Morgan")),
            disc_number=1,
            track_number=2,
            duration_ms=427_000,
            is_playable=False,
        ),
    ),
)
LISTED = SpotifyItem(
    kind=SpotifyKind.ALBUM,
    spotify_id=ALBUM_ID,
    name="Blue Train",
    url=url_of(SpotifyKind.ALBUM, ALBUM_ID),
    artists=("John Coltrane",),
    released="1958",
    album_type="album",
    track_count=2,
)
ARTIST = SpotifyArtist(spotify_id=ARTIST_ID, name="John Coltrane", genres=("jazz",))
TRACK = SpotifyTrack(
    spotify_id=TRACK_ID,
    name="Locomotion",
    credits=(COLTRANE,),
    duration_ms=433_000,
    explicit=True,
    isrc="USBN20300014",
    album=TrackAlbum(spotify_id=ALBUM_ID, name="Blue Train", credits=(COLTRANE,), released="1958"),
)
MY_COPY = StoredCopy(
    item_id=1,
    instance_id=1,
    release_id=7,
    title="Blue Train (Remastered)",
    artist="John Coltrane (2)",
    year=1997,
)
MY_WANT = StoredWant(release_id=8, title="Blue Train", artist="John Coltrane")


@dataclass
class FullSpotify:
    """Answers by id; searches find ``hits``.

    Attributes:
        hits: What every search finds.
        error: What a search fails with; what is left is the link to it.
        is_down: Single items are only their ids.
        total: How many releases the artist has.
        asked: What was asked for, in order.
    """

    hits: Sequence[SpotifyItem] = (LISTED,)
    error: ExternalServiceException | None = None
    is_down: bool = False
    total: int = 1
    album: SpotifyAlbum = BLUE_TRAIN
    asked: list[str] = field(default_factory=list)

    async def search(self, query: str, kinds: Sequence[SpotifyKind], /) -> Answer[SpotifyResults]:
        self.asked.append(f"search {','.join(kinds)} {query}")
        hits = () if self.error else tuple(self.hits)
        found = SpotifyResults(items=hits, search_url="https://open.spotify.com/search/x")
        source = Source.MINIMAL if self.error else Source.LIVE
        return Answer(value=found, source=source, error=self.error)

    async def get_item(self, kind: SpotifyKind, spotify_id: str, /) -> Answer[SpotifyItem]:
        self.asked.append(f"item {kind} {spotify_id}")
        item = SpotifyItem(
            kind=kind, spotify_id=spotify_id, name="Late Night", url=url_of(kind, spotify_id)
        )
        return Answer(value=item, source=Source.LIVE)

    async def get_album(self, spotify_id: str, /) -> Answer[SpotifyAlbum]:
        self.asked.append(f"album {spotify_id}")
        if self.is_down:
            minimal = SpotifyAlbum(spotify_id=spotify_id, name="", is_complete=False)
            return Answer(value=minimal, source=Source.MINIMAL)
        return Answer(value=self.album, source=Source.LIVE)

    async def get_artist(self, spotify_id: str, /) -> Answer[SpotifyArtist]:
        self.asked.append(f"artist {spotify_id}")
        return Answer(value=ARTIST, source=Source.LIVE)

    async def get_track(self, spotify_id: str, /) -> Answer[SpotifyTrack]:
        self.asked.append(f"track {spotify_id}")
        return Answer(value=TRACK, source=Source.LIVE)

    async def get_discography(self, spotify_id: str, page: int, /) -> Answer[SpotifyDiscography]:
        self.asked.append(f"discography {spotify_id} {page}")
        if self.error is not None:
            raise self.error
        found = SpotifyDiscography(releases=(LISTED,), total=self.total)
        return Answer(value=found, source=Source.LIVE)


class PlainLinks:
    """Reads links; no short one leads anywhere."""

    async def read(self, text: str, /) -> SpotifyLink | Unsupported | None:
        link = parse_link(text)
        return None if isinstance(link, ShortLink) else link


@dataclass
class NoMatches:
    """Discogs: has ``match`` for everything, or fails; ``takes`` so many seconds of a clock."""

    match: CatalogueMatch | ExternalServiceException = field(default_factory=CatalogueMatch)
    takes: tuple[Clock, float] | None = None
    asked: list[SpotifyItem] = field(default_factory=list)

    async def match_item(self, item: SpotifyItem, /) -> CatalogueMatch:
        self.asked.append(item)
        if self.takes is not None:
            clock, seconds = self.takes
            await clock.sleep(seconds)
        if isinstance(self.match, ExternalServiceException):
            raise self.match
        return self.match


@dataclass
class OwnShelf:
    """A person's own records and wishes; ``asked`` whose they were and what for."""

    copies: tuple[StoredCopy, ...] = ()
    asked: list[tuple[int, str]] = field(default_factory=list)

    async def find(self, user_id: int, text: str, limit: int = 25) -> tuple[StoredCopy, ...]:
        self.asked.append((user_id, text))
        return self.copies[:limit]

    async def of_release(self, user_id: int, release_id: int, /) -> StoredCopy | None:
        del user_id
        return next((copy for copy in self.copies if copy.release_id == release_id), None)


@dataclass
class OwnThings:
    """What a person has and wants."""

    copies: tuple[StoredCopy, ...] = ()
    wants: tuple[StoredWant, ...] = ()

    async def find(self, user_id: int, text: str, /) -> Shelf:
        del user_id, text
        return (
            [(each, work_of_stored(each)) for each in self.copies],
            [(each, work_of_stored(each)) for each in self.wants],
        )


@dataclass
class SomeLink:
    """A person's link with Discogs."""

    proven: bool | None = None

    async def is_proven(self, user_id: int, /) -> bool | None:
        del user_id
        return self.proven


@dataclass
class NoMusicSuggestions:
    """Suggests what it is told to."""

    suggestions: tuple[MusicSuggestion, ...] = ()

    async def find(
        self, user_id: int, kind: SpotifyKind, text: str, /
    ) -> tuple[MusicSuggestion, ...]:
        del user_id, kind, text
        return self.suggestions


def make_lookup(
    spotify: FullSpotify,
    *,
    clock: Clock,
    matches: Matches | None = None,
    copies: tuple[StoredCopy, ...] = (),
    wants: tuple[StoredWant, ...] = (),
    links: Links | None = None,
    recent: RecentItems | None = None,
) -> MusicLookup:
    """Return a look-up of ``spotify`` for somebody who owns and wants that."""
    shelf = OwnShelf(copies)
    return MusicLookup(
        spotify=spotify,
        links=links or PlainLinks(),
        matches=matches or NoMatches(),
        copies=shelf,
        own=OwnRecords(OwnThings(copies, wants)),
        recent=recent or RecentItems(clock=clock),
    )


def make_music_messages(
    lookup: MusicLookup, *, clock: Clock, is_proven: bool | None = None
) -> MusicMessages:
    """Return what shows cards, to somebody with such a link."""
    messages = ProgressiveMessages(clock=clock)
    return MusicMessages(lookup=lookup, links=SomeLink(is_proven), messages=messages)
