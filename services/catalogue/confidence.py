"""How sure a match between two catalogues is."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

H_co = TypeVar("H_co", covariant=True)


class Confidence(IntEnum):
    """From least to most; where nothing is known to be the same there is no match at all."""

    DOUBTFUL = 1  # the closest there is, and to be called that
    LIKELY = 2  # the same work, perhaps another edition of it
    EXACT = 3  # the same names, or the same barcode


@dataclass(frozen=True, slots=True)
class Match(Generic[H_co]):
    """What the other catalogue has for something, and how sure that is."""

    hit: H_co
    confidence: Confidence

    @property
    def is_doubtful(self) -> bool:
        """True when people must be told that this is only the closest."""
        return self.confidence is Confidence.DOUBTFUL
