"""What may be written about, what is known of it, and what becomes of a text.

Only two types carry words towards the model: ``UserWords``, which somebody typed into a command of
ours, and the facts below, which are made from Discogs' objects alone (``facts.py``). Nothing that
writes prompts takes a plain string about music, so there is no way in for Spotify's.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Self

import msgspec

from services.errors import ExternalServiceException
from services.euria.models import Subject
from services.music import clean_query


class Form(StrEnum):
    """What kind of text."""

    SHORT = "short"  # a paragraph
    LONG = "long"  # a few paragraphs
    BRIEF = "brief"  # two sentences
    HAIKU = "haiku"


class UserWords(msgspec.Struct, frozen=True):
    """What a person typed into an option of a command, as one tidy line."""

    text: str

    @classmethod
    def typed(cls, text: str) -> Self:
        """Return what was typed, cleaned.

        Raises:
            InvalidQuery: Fewer than 2 or more than 200 characters, or no words.
        """
        return cls(clean_query(text))


class AlbumFacts(msgspec.Struct, frozen=True, kw_only=True, tag="album"):
    """What Discogs knows of a record.

    Attributes:
        release_id: Discogs' number of the pressing.
        title: The title.
        artist: Display name, without Discogs' trailing number; empty for unknown.
        first_year: When the music first came out (the master's year), or None for not known.
        pressing_year: When this pressing came out, or None.
        country: Of the pressing, or None.
        labels: Names.
        formats: ``Vinyl``, ``LP``, … or whole texts such as ``2×Vinyl, LP``.
        genres: Discogs' genres.
        styles: Discogs' styles.
        tracks: Titles, in order.
        credits: ``Bill Evans (piano)``; a few.
        url: Its page on discogs.com.
        image_url: Its picture, which is shown and never told the model; or None.
    """

    release_id: int
    title: str
    artist: str = ""
    first_year: int | None = None
    pressing_year: int | None = None
    country: str | None = None
    labels: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    tracks: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    url: str = ""
    image_url: str | None = None

    @property
    def name(self) -> str:
        """Return what it is called."""
        return f"{self.artist} – {self.title}" if self.artist else self.title


class ArtistFacts(msgspec.Struct, frozen=True, kw_only=True, tag="artist"):
    """What Discogs knows of an artist.

    Attributes:
        artist_id: Discogs' number.
        name: Display name.
        real_name: Empty for none.
        profile: What Discogs' people wrote, cleaned of markup and cut; empty for none.
        members: Of a group.
        groups: That the artist belongs to.
        records: Some of their records: title, and the year it first came out or None.
        url: Their page on discogs.com.
        image_url: A picture, which is shown and never told the model; or None.
    """

    artist_id: int
    name: str
    real_name: str = ""
    profile: str = ""
    members: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    records: tuple[tuple[str, int | None], ...] = ()
    url: str = ""
    image_url: str | None = None


class DayFacts(msgspec.Struct, frozen=True, tag="day"):
    """A day to write about, when nobody has named a record."""

    day: date


Facts = AlbumFacts | ArtistFacts | DayFacts


class Target(msgspec.Struct, frozen=True):
    """Something of Discogs by its number, as a button carries it: ``r249504``, ``a72872``.

    Attributes:
        kind: ``r`` for a release, ``a`` for an artist, ``d`` for today, ``w`` for the words alone.
        number: Discogs' number; 0 for none.
    """

    kind: str = "w"
    number: int = 0

    def __str__(self) -> str:
        return f"{self.kind}{self.number or ''}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return what a button carried; None for what no button of ours does."""
        kind, digits = text[:1], text[1:]
        if kind in ("w", "d") and not digits:
            return cls(kind)
        is_number = digits.isascii() and digits.isdecimal() and 0 < len(digits) <= _MOST_DIGITS
        return cls(kind, int(digits)) if kind in ("r", "a") and is_number else None


_MOST_DIGITS = 18


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to read.

    Attributes:
        words: What they typed; None when they pressed a button below something of Discogs.
        target: What they mean, where its number is known.
        subject: Album or artist, where they said so.
        form: What kind of text.
        language: A code: ``en``, ``fr``.
    """

    words: UserWords | None = None
    target: Target = Target()
    subject: Subject | None = None
    form: Form = Form.SHORT
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounding:
    """What is known before anything is written.

    Attributes:
        wish: What is wanted.
        facts: Of Discogs, as many as came in time; or None.
        error: Why they are fewer than they could be, or None.
    """

    wish: Wish
    facts: Facts | None = None
    error: ExternalServiceException | None = None

    @property
    def topic(self) -> str:
        """Return what stands above the text: the person's words, else what Discogs calls it."""
        if self.wish.words is not None:
            return self.wish.words.text
        return title_of(self.facts)


def title_of(facts: Facts | None) -> str:
    """Return what Discogs calls it; empty for a day, and for nothing."""
    return facts.name if isinstance(facts, AlbumFacts | ArtistFacts) else ""


class KeptText(msgspec.Struct, frozen=True):
    """A text written earlier, and when (UTC)."""

    text: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Payer:
    """Who asks for a text, and in which server (None: in none)."""

    user_id: int
    guild_id: int | None = None


class NoText(Exception):  # noqa: N818  # says what happened
    """There is no whole text, and EurIA's health is not why; a subclass says what is."""


class NotUsable(NoText):
    """The model refused, or what it wrote is no text: nothing of it is worth showing."""


class TextCut(NoText):
    """The text is not whole.

    Attributes:
        reason: ``length`` (it grew too long) or ``content_filter``.
    """

    def __init__(self, reason: str) -> None:
        """Say why."""
        super().__init__(reason)
        self.reason = reason


class AllowanceSpent(NoText):
    """The person, or the server, has had as many texts as a day allows.

    Attributes:
        scope: ``user`` or ``server``.
        limit: Texts in any 24 hours.
        retry_at: When the next one fits (UTC).
    """

    def __init__(self, scope: str, limit: int, retry_at: datetime) -> None:
        """Say whose, and until when."""
        super().__init__(scope)
        self.scope = scope
        self.limit = limit
        self.retry_at = retry_at
