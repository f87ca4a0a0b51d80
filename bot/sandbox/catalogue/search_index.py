"""A small ranked search: every word must be found, wherever it stands.

Words are compared without case and accents. A word also matches the words it begins; a forgiving
search matches the nearest known word too, and is content with half of the words.
"""

import bisect
import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final, Generic, TypeVar

_WORDS: Final = re.compile(r"[^\W_]+")
_SPELLINGS: Final = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "ł": "l", "'": "", "\u2019": ""})
_OPTIONAL_WORDS: Final = frozenset({"the", "by", "and", "feat"})
_LIKENESS: Final = 0.8
_PREFIX_SHARE: Final = 0.6
_NEAR_SHARE: Final = 0.4
_WHOLE_TEXT_BONUS: Final = 10.0

T = TypeVar("T")


def words_of(text: str) -> list[str]:
    """Split a text into comparable words: no case, no accents, no apostrophes."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_SPELLINGS))
    return _WORDS.findall("".join(each for each in decomposed if not unicodedata.combining(each)))


def normalised(text: str) -> str:
    """Return a text's comparable words in one string."""
    return " ".join(words_of(text))


class SearchIndex(Generic[T]):
    """Finds things by the words of their texts, best match first.

    Things that match equally well keep the order they came in.
    """

    def __init__(self, entries: Iterable[tuple[T, Iterable[tuple[str, float]]]]) -> None:
        """Index each thing under its texts.

        Args:
            entries: Things with their texts and what a word found in that text is worth.
        """
        self._things: list[T] = []
        self._whole_texts: list[set[str]] = []
        self._weights: dict[str, dict[int, float]] = {}
        for number, (thing, texts) in enumerate(entries):
            self._things.append(thing)
            self._whole_texts.append(set())
            for text, weight in texts:
                self._add(number, words_of(text), weight)
        self._vocabulary = sorted(self._weights)

    def search(self, query: str, *, forgiving: bool = False) -> list[T]:
        """Return what matches, best first; a query without words matches everything."""
        words = words_of(query)
        wanted = [word for word in words if word not in _OPTIONAL_WORDS] or words
        if not wanted:
            return list(self._things)
        found = [self._scores_of(word, forgiving=forgiving) for word in wanted]
        needed = len(wanted)
        matches = _matching(found, needed)
        if forgiving and not matches:
            matches = _matching(found, (needed + 1) // 2)
        whole = " ".join(words)
        ranked = sorted(
            matches,
            key=lambda number: (-self._rank(number, found, whole), number),
        )
        return [self._things[number] for number in ranked]

    def _add(self, number: int, words: list[str], weight: float) -> None:
        self._whole_texts[number].add(" ".join(words))
        for word in words:
            weights = self._weights.setdefault(word, {})
            weights[number] = max(weight, weights.get(number, 0.0))

    def _scores_of(self, word: str, *, forgiving: bool) -> dict[int, float]:
        """Return what this one word is worth to each thing it is found in."""
        scores: dict[int, float] = {}
        place = bisect.bisect_left(self._vocabulary, word)
        while place < len(self._vocabulary) and self._vocabulary[place].startswith(word):
            share = 1.0 if self._vocabulary[place] == word else _PREFIX_SHARE
            self._credit(scores, self._vocabulary[place], share)
            place += 1
        if forgiving and not scores:
            for near in difflib.get_close_matches(word, self._vocabulary, n=3, cutoff=_LIKENESS):
                self._credit(scores, near, _NEAR_SHARE)
        return scores

    def _credit(self, scores: dict[int, float], known: str, share: float) -> None:
        for number, weight in self._weights[known].items():
            scores[number] = max(scores.get(number, 0.0), weight * share)

    def _rank(self, number: int, found: list[dict[int, float]], whole: str) -> float:
        bonus = _WHOLE_TEXT_BONUS if whole in self._whole_texts[number] else 0.0
        return bonus + sum(scores.get(number, 0.0) for scores in found)


def _matching(found: list[dict[int, float]], needed: int) -> list[int]:
    """Return the things that at least this many of the words were found in."""
    hits: dict[int, int] = {}
    for scores in found:
        for number in scores:
            hits[number] = hits.get(number, 0) + 1
    return [number for number, count in hits.items() if count >= needed]
