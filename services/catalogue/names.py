"""Artists as two catalogues credit them.

Discogs joins everybody into one text (``Miles Davis & John Coltrane``), numbers namesakes
(``La Femme (4)``), marks a variation with ``*`` and may put the article last; Spotify lists names.
"""

import re
from collections.abc import Sequence
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


def compare_artists(ones: Sequence[str], others: Sequence[str]) -> Confidence | None:
    """Return how surely both lists name the same artist; None: they do not.

    Args:
        ones: Names, or one text that joins them.
        others: Likewise, of the other catalogue.
    """
    one, other = _tidy(ones), _tidy(others)
    if is_various(ones) or is_various(others):
        return Confidence.EXACT if is_various(ones) and is_various(others) else None
    if not one or not other:
        return None
    if _is_equal(one, other):
        return Confidence.EXACT
    mine, theirs = _split(one), _split(other)
    if mine[0] == theirs[0]:
        return _led_by(mine, theirs, one, other)
    # A whole name in common, if it is more than one word: ``Tom Jobim``, and not ``Tom``.
    shared = {name for name in mine if len(name) > 1} & {name for name in theirs if len(name) > 1}
    return Confidence.DOUBTFUL if shared else None


def is_various(names: Sequence[str]) -> bool:
    """Return whether it is nobody in particular."""
    return len(names) == 1 and "".join(_words(names[0])) in _VARIOUS


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


def _tidy(names: Sequence[str]) -> str:
    plain = (_NAMESAKE.sub("", name).strip() or name.strip() for name in names)
    return " & ".join(filter(None, plain))


def _is_equal(one: str, other: str) -> bool:
    mine, theirs = _words(one), _words(other)
    return "".join(mine) == "".join(theirs) or sorted(mine) == sorted(theirs)


def _split(text: str) -> list[tuple[str, ...]]:
    """Return the names in a text, each as its words."""
    names = [tuple(_words(name)) for name in _BETWEEN.split(text)]
    return [name for name in names if name] or [tuple(_words(text))]


def _words(text: str) -> list[str]:
    """Return what spellings of a name have in common; a name of signs alone is itself."""
    words = fold(text).split()
    return [word for word in words if word not in _JOINING] or words or [text.casefold()]
