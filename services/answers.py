"""``Answer``: what a service returns, with where it comes from and how old it is."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")


class Source(StrEnum):
    """Where an answer's value comes from."""

    LIVE = "live"
    CACHED = "cached"
    STALE = "stale"
    MINIMAL = "minimal"
    TEMPLATE = "template"
    MANUAL = "manual"
    EMPTY = "empty"

    @property
    def is_fallback(self) -> bool:
        """True when the user must be told that this is not the upstream's fresh answer."""
        return self not in (Source.LIVE, Source.CACHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T_co]):
    """A value and its provenance; a fallback is never disguised as a live answer.

    Attributes:
        value: What was asked for, or the substitute that ``source`` names.
        source: Where the value comes from.
        as_of: When the upstream gave the value (UTC), or None when it never did.
        retry_at: When asking again makes sense (UTC), or None when nobody knows.
        error: Why the value is not live or not complete (of the tree in ``services/errors.py``), or
            None.
        tried: The fallbacks tried on the way, by the ADR's names, in order.
    """

    value: T_co
    source: Source
    as_of: datetime | None = None
    retry_at: datetime | None = None
    error: Exception | None = None
    tried: tuple[str, ...] = ()

    def with_value(self, value: U) -> "Answer[U]":
        """Return an answer of the same provenance that holds ``value``, made from this one's."""
        return Answer(
            value=value,
            source=self.source,
            as_of=self.as_of,
            retry_at=self.retry_at,
            error=self.error,
            tried=self.tried,
        )

    def with_tried(self, *names: str) -> "Answer[T_co]":
        """Return the same answer with more fallback names in front of the trail."""
        return replace(self, tried=(*names, *self.tried))
