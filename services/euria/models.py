"""What is asked of EurIA, and the pieces of its streamed answer."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec


class Length(StrEnum):
    """How long a text should be."""

    SHORT = "short"
    LONG = "long"


class Subject(StrEnum):
    """What a text is about."""

    ALBUM = "album"
    ARTIST = "artist"


@dataclass(frozen=True, slots=True, kw_only=True)
class DescriptionRequest:
    """A description to write.

    Everything here may reach the model: text typed by the user and Discogs catalogue facts, never
    anything from Spotify, prices, images or other users' data.

    Attributes:
        topic: What the user typed, cleaned.
        subject: Album or artist, or None when the user did not say.
        facts: Verified facts, one per line, such as ``Released: 1959``.
        length: Short is 2-3 sentences to a paragraph, long a few paragraphs.
        language: English name of the language to write in.
    """

    topic: str
    subject: Subject | None = None
    facts: tuple[str, ...] = ()
    length: Length = Length.SHORT
    language: str = "English"


class Delta(msgspec.Struct):
    """A text increment; ``reasoning`` is a model thinking aloud and never shown."""

    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None


class Choice(msgspec.Struct):
    """One choice of a chunk; a plain answer carries ``message`` instead of ``delta``."""

    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None


class Chunk(msgspec.Struct):
    """One event of the stream; ``choices`` is empty in the usage chunk."""

    choices: list[Choice] = msgspec.field(default_factory=list)
    error: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"null"))
