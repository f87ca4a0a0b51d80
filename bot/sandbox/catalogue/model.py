"""The sandbox's records: real albums, and the ids both upstreams know them by.

Ids are hashes of the names, so they stay the same when the catalogue grows.
"""

import hashlib
import string
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

VARIOUS_ID: Final = 194
"""Discogs' own id of the artist "Various"."""

_BASE62: Final = string.digits + string.ascii_lowercase + string.ascii_uppercase
_SPOTIFY_ID_LENGTH: Final = 22
_DISCOGS_IDS: Final = {
    "artist": (1_000, 900_000),
    "label": (1_000, 400_000),
    "master": (20_000, 3_000_000),
    "release": (10_000, 4_000_000),
}


def discogs_id(kind: str, name: str) -> int:
    """Return the stable Discogs id of a name.

    Args:
        kind: `artist`, `label`, `master` or `release`; each has a number range of its own size.
        name: What makes the thing unique within its kind.
    """
    if (kind, name) == ("artist", "Various"):
        return VARIOUS_ID
    lowest, count = _DISCOGS_IDS[kind]
    return lowest + _number(f"discogs:{kind}:{name}") % count


def spotify_id(kind: str, name: str) -> str:
    """Return the stable 22-character base62 Spotify id of a name."""
    number = _number(f"spotify:{kind}:{name}")
    digits = []
    for _ in range(_SPOTIFY_ID_LENGTH):
        number, digit = divmod(number, len(_BASE62))
        digits.append(_BASE62[digit])
    return "".join(digits)


def stable_number(name: str, below: int) -> int:
    """Return a number in 0..below-1 that depends on the name alone."""
    return _number(name) % below


def _number(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=20).digest(), "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """One artist of an album.

    Attributes:
        name: The artist's usual name, as Spotify shows it.
        discogs_name: Discogs' name, with its `(2)` or `X, The` shapes.
        anv: Name variation printed on the record, or "".
        join: What follows before the next artist (`&`), or "".
        role: What an extra artist did, or "" for a main artist.
    """

    name: str
    discogs_name: str
    anv: str = ""
    join: str = ""
    role: str = ""

    @property
    def discogs_artist_id(self) -> int:
        """Discogs artist id."""
        return discogs_id("artist", self.discogs_name)

    @property
    def spotify_artist_id(self) -> str:
        """Spotify artist id."""
        return spotify_id("artist", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One track.

    Attributes:
        title: Title.
        duration: `m:ss`, or "" when unknown.
        seconds: Its length; invented but stable when the duration is unknown.
        artist: Performer on a compilation, or "".
    """

    title: str
    duration: str
    seconds: int
    artist: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One issued edition of an album, which Discogs calls a release.

    Attributes:
        release_id: Discogs release id.
        year: Year of issue, or 0 when unknown.
        country: As Discogs spells it (`US`, `UK`, `Europe`).
        label: Label name.
        catno: Catalogue number; `none` when there is none.
        medium: `Vinyl`, `CD`, `Cassette`…
        quantity: Number of discs or tapes.
        descriptions: `LP`, `Album`, `Reissue`…
        text: Free text of the format (`180 g`), or "".
        barcode: Digits, or "".
    """

    release_id: int
    year: int
    country: str
    label: str
    catno: str
    medium: str
    quantity: int
    descriptions: tuple[str, ...]
    text: str = ""
    barcode: str = ""

    @property
    def label_id(self) -> int:
        """Discogs label id."""
        return discogs_id("label", self.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """One album and where it exists.

    Attributes:
        title: Title.
        credits: Main artists in order; one or more.
        extra_credits: Producers and the like.
        year: Year of first issue.
        released: `1980-10-08`, `1959-08` or `1959`: as exact as is known.
        genres: In Discogs' vocabulary.
        styles: In Discogs' vocabulary.
        tracks: In order.
        sides: Tracks on each side of the first edition, or empty when nobody counted.
        editions: Oldest first; one or more.
        has_art: Its services have a picture of it.
        on_discogs: Discogs has it.
        on_spotify: Spotify has it.
    """

    title: str
    credits: tuple[Credit, ...]
    extra_credits: tuple[Credit, ...]
    year: int
    released: str
    genres: tuple[str, ...]
    styles: tuple[str, ...]
    tracks: tuple[Track, ...]
    sides: tuple[int, ...]
    editions: tuple[Edition, ...]
    has_art: bool
    on_discogs: bool
    on_spotify: bool

    @property
    def artist(self) -> str:
        """The artists as one would write them."""
        return _joined((each.name, each.join) for each in self.credits)

    @property
    def discogs_artist(self) -> str:
        """The artists as Discogs writes them in a title."""
        return _joined((each.discogs_name, each.join) for each in self.credits)

    @property
    def key(self) -> str:
        """What every id of this album is derived from."""
        return f"{self.artist}|{self.title}"

    @property
    def master_id(self) -> int:
        """Discogs master id, or 0: some records with a single edition have no master."""
        if len(self.editions) == 1 and stable_number(f"master:{self.key}", 2):
            return 0
        return discogs_id("master", self.key)

    @property
    def spotify_id(self) -> str:
        """Spotify album id."""
        return spotify_id("album", self.key)

    def spotify_track_id(self, number: int) -> str:
        """Return the Spotify id of the track with this number, 1 or more."""
        return spotify_id("track", f"{self.key}|{number}")


def _joined(names: Iterable[tuple[str, str]]) -> str:
    """Write names and joins the way Discogs does: no space before a comma."""
    text = "".join(
        f"{name}{join} " if join == "," else f"{name} {join} " if join else f"{name} "
        for name, join in names
    )
    return text.strip()
