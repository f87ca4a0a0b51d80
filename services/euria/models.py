"""What is asked of EurIA, and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

CUT_REASONS: Final = frozenset({"length", "content_filter"})
"""The finish reasons of a text that ends before it was meant to."""


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


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat; its words stay out of the repr, since people typed some of them."""

    role: Literal["system", "user", "assistant"]
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One answer to ask for, whichever model gives it.

    Attributes:
        messages: The rules first, then what is asked.
        max_tokens: The longest answer; a model that can give less is asked for less.
        temperature: 0 is the most predictable, 2 the wildest.
        json_schema: The JSON schema that the answer has to match; None: plain text.
    """

    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float
    json_schema: Mapping[str, object] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an answer cost, in tokens, as the model server counts them."""

    prompt_tokens: int
    completion_tokens: int

    @property
    def total_tokens(self) -> int:
        """All that counts."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnd:
    """How a streamed text ended.

    Attributes:
        finish_reason: ``stop`` in the ordinary case; empty when the stream named none.
        usage: What it cost, or None when the stream did not say.
        model: The model that was asked.
    """

    finish_reason: str
    usage: Usage | None
    model: str

    @property
    def is_cut(self) -> bool:
        """True when the text ends before it was meant to: too long, or filtered."""
        return self.finish_reason in CUT_REASONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A whole answer.

    Attributes:
        text: Without any reasoning.
        finish_reason: As in ``StreamEnd``.
        usage: What it cost, or None when the answer does not say.
        value: The JSON of the text when the prompt asked for some; None when there is none in it.
    """

    text: str
    finish_reason: str
    usage: Usage | None
    value: object | None = None
