"""Artists as two catalogues credit them.

Discogs joins everybody into one text (``Miles Davis & John Coltrane``), numbers namesakes
(``La Femme (4)``), marks a variation with ``*`` and may put the article last; Spotify lists names.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Final

from services.catalogue.confidence import Confidence
from services.music import fold

_NAMESAKE: Final = re.compile(r" \(\d+\)|\*(?=\W|$)")
_BETWEEN: Final = re.compile(
    r"\s*[,;]\s+|\s+(?:&|\+|/|-|\u2013|x|and|vs\.?|with|meets|presents|feat\.?|ft\.?|featuring)\s+",
    re.IGNORECASE,
)
_OWN_BAND: Final = re.compile(
    r"\s+(?:&|\+|and|feat\.?|ft\.?|featuring)\s+(?:the|his|her)\s", re.IGNORECASE
)
_GUESTS: Final = re.compile(r"\s+\(?(?:feat\.?|ft\.?|featuring)\s+.*$", re.IGNORECASE)
_JOINING: Final = frozenset({"and", "the", "feat", "ft", "featuring", "with", "vs", "x"})
_VARIOUS: Final = frozenset({"various", "variousartists", "va", "divers", "verschiedene"})


class Artists:
    """Who is credited, read once: names, or one text that joins them."""

    def __init__(self, names: Sequence[str]) -> None:
        """Read ``names`` as far as it is needed."""
        self._names = names

    @cached_property
    def text(self) -> str:
        """All of them without numbers and marks."""
        plain = (_NAMESAKE.sub("", name).strip() or name.strip() for name in self._names)
        return " & ".join(filter(None, plain))

    @cached_property
    def words(self) -> list[str]:
        """What spellings of the whole credit have in common."""
        return _words(self.text)

    @cached_property
    def key(self) -> str:
        """The same without spaces: ``AC/DC`` and ``ACDC``."""
        return "".join(self.words)

    @cached_property
    def parts(self) -> list[tuple[str, ...]]:
        """Each name as its words."""
        return _split(self.text)

    @property
    def is_various(self) -> bool:
        """It is nobody in particular."""
        return self.key in _VARIOUS


def compare_artists(one: Artists, other: Artists) -> Confidence | None:
    """Return how surely both credits name the same artist; None: they do not."""
    if one.is_various or other.is_various:
        return Confidence.EXACT if one.is_various and other.is_various else None
    if not one.text or not other.text:
        return None
    if one.key == other.key or sorted(one.words) == sorted(other.words):
        return Confidence.EXACT
    mine, theirs = one.parts, other.parts
    if mine[0] == theirs[0]:
        return _led_by(mine, theirs, one.text, other.text)
    # A whole name in common, if it is more than one word: ``Tom Jobim``, and not ``Tom``.
    shared = {name for name in mine if len(name) > 1} & {name for name in theirs if len(name) > 1}
    return Confidence.DOUBTFUL if shared else None


def is_various(names: Sequence[str]) -> bool:
    """Return whether it is nobody in particular."""
    return Artists(names).is_various


def find_words(name: str) -> str:
    """Return the words by which a person's own records of an artist are found, however credited."""
    return " ".join(_split(_NAMESAKE.sub("", name))[0])


def lead_name(name: str) -> str:
    """Return a name as a search needs it: without numbers, marks and guests."""
    return _GUESTS.sub("", _NAMESAKE.sub("", name)).strip()


def _led_by(
    mine: list[tuple[str, ...]], theirs: list[tuple[str, ...]], one: str, other: str
) -> Confidence:
    """Return how sure it is when the first names are the same: who is with them differs."""
    if len(mine) > 1 and len(theirs) > 1 and not set(mine[1:]) & set(theirs[1:]):
        return Confidence.DOUBTFUL
    is_full_name = len(mine[0]) > 1
    is_own_band = bool(_OWN_BAND.search(one) or _OWN_BAND.search(other))
    return Confidence.LIKELY if is_full_name or is_own_band else Confidence.DOUBTFUL


def _split(text: str) -> list[tuple[str, ...]]:
    """Return the names in a text, each as its words."""
    names = [tuple(_words(name)) for name in _BETWEEN.split(text)]
    return [name for name in names if name] or [tuple(_words(text))]


def _words(text: str) -> list[str]:
    """Return what spellings of a name have in common; a name of signs alone is itself."""
    words = fold(text).split()
    return [word for word in words if word not in _JOINING] or words or [text.casefold()]
