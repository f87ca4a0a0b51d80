"""A playlist that is filled from somebody's records: what is wished for, and how far it is."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

MOST_ALBUMS: Final = 50
"""Albums in one run: what a day's requests allow several people."""


class RecordSource(StrEnum):
    """Whose records a playlist is made from."""

    COLLECTION = "collection"
    WANTLIST = "wantlist"


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which records.

    Attributes:
        source: Where they are.
        genre: A whole genre of Discogs', compared without case; empty for all.
        decade: First year: 1970 for the seventies; None for all.
    """

    source: RecordSource
    genre: str = ""
    decade: int | None = None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A playlist that somebody wants: its name, its records, and whether everybody may see it."""

    name: str
    selection: Selection
    is_public: bool = False


class Album(msgspec.Struct, frozen=True, kw_only=True):
    """A record as Discogs names it; ``number`` is what it is remembered by."""

    number: int
    artist: str
    title: str
    year: int | None = None


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """A record, and the closest that Spotify has; nobody knows whether it is the same.

    Attributes:
        album: Discogs' record.
        name: Of Spotify's album.
        artists: Its artists' names, joined.
        url: Its page on open.spotify.com.
    """

    album: Album
    name: str
    artists: str
    url: str


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The playlist on Spotify: its id and its page."""

    spotify_id: str
    url: str


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Tracks that are being added; kept until it is certain whether they were.

    Attributes:
        uris: 1 to 100 tracks.
        before: How many tracks the playlist had without them.
        albums: How many albums are complete with them.
    """

    uris: tuple[str, ...]
    before: int
    albums: int


class Stage(StrEnum):
    """Where a run is."""

    DRAFT = "draft"  # shown with its cost; nothing has begun
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Problem(StrEnum):
    """Why a run waits, or has ended early."""

    BUSY = "busy"  # the day's requests are used up, or Spotify asks to wait
    DOWN = "down"  # Spotify does not answer
    NOT_LINKED = "not_linked"  # the account is not linked any more, or of no use
    REFUSED = "refused"  # Spotify does not let us
    GONE = "gone"  # the playlist was deleted meanwhile


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A run's content: everything that it needs to go on after whatever has happened.

    Attributes:
        wish: What is wanted.
        albums: The records of this run, the newest first.
        left: How many more records fit the wish.
        before: The numbers of records that earlier runs into the same playlist have dealt with.
        about: What the playlist's description says, in its owner's language.
        mark: A word that only this playlist's description has: finds it when an answer is lost.
        is_asked: The playlist has been asked for, perhaps without an answer.
        made: The playlist, once it is there.
        count: Tracks in it, as far as we know.
        next: How many of ``albums`` were looked for.
        spotify_ids: Of the albums that were found: another pressing adds nothing.
        waiting: Tracks found and not yet added.
        waiting_albums: How many albums those complete.
        sending: Tracks that may or may not have been added.
        added_albums: Albums whose every track was added.
        added_tracks: Tracks that were added.
        misses: Records that Spotify does not have.
        doubts: Records of which it has something like it; not added.
        problem: Why the run waits, or has ended early.
        retry_at: When it goes on (UTC), or None.
        failing_since: Since when nothing has worked (UTC), or None.
    """

    wish: Wish
    albums: tuple[Album, ...]
    left: int = 0
    before: tuple[int, ...] = ()
    about: str = ""
    mark: str = ""
    is_asked: bool = False
    made: Made | None = None
    count: int = 0
    next: int = 0
    spotify_ids: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    waiting_albums: int = 0
    sending: Batch | None = None
    added_albums: int = 0
    added_tracks: int = 0
    misses: tuple[Album, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    problem: Problem | None = None
    retry_at: datetime | None = None
    failing_since: datetime | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run: its number, where it is, and how far."""

    run_id: int
    stage: Stage
    progress: Progress

    @property
    def is_running(self) -> bool:
        """True while somebody works on it, or it waits to go on by itself."""
        return self.stage is Stage.RUNNING


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A run that has not begun, and what it would cost.

    Attributes:
        run: What would be done.
        matching: Records that fit the wish, several pressings of a work counted as one.
        requests: What it costs, about, when every album is found at once.
        most_requests: What it costs, about, when every album has to be looked for twice.
        daily: Requests that the bot has a day.
        left: What is left today for work like this.
        is_short: The day's requests, and not our limit, are why no more albums are taken.
    """

    run: Run
    matching: int
    requests: int
    most_requests: int
    daily: int
    left: int
    is_short: bool = False
