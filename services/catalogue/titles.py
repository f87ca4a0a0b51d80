"""Titles as two catalogues write them: what belongs to the work, and what only to an edition.

Spotify appends ``(Remastered 2011)``, ``- Deluxe Edition`` or ``(feat. Somebody)``, Discogs
``[2xLP]`` or a translation after ``=``. A group at the end is one of four things:

1. noise that says nothing of the work: a remaster, a format, a year, a guest;
2. an edition with more on it (deluxe, expanded, anniversary): the same work, not the same record;
3. a mark of another recording (live, mono, karaoke), which only fits a title that says it, too;
4. anything else: a subtitle, that the other catalogue may leave out.
"""

import re
from dataclasses import dataclass
from typing import Final

from services.catalogue.confidence import Confidence
from services.music import clean_text, fold

_GROUP: Final = re.compile(r"^(?P<head>.*\S)\s*(?:\((?P<round>[^()]+)\)|\[(?P<square>[^\[\]]+)\])$")
_DASHED: Final = re.compile(r"^(?P<head>.*\S)\s+[-\u2013\u2014]\s+(?P<tail>[^-\u2013\u2014]+)$")
_COLON: Final = re.compile(r"^(?P<head>.*\S)\s*(?::|\s[-\u2013\u2014])\s+\S")
_ARTICLE_LAST: Final = re.compile(
    r"^(?P<head>.+), (?P<article>the|a|an|les?|la|die|der|das)$", re.IGNORECASE
)
_AMPERSAND: Final = re.compile(r"\s[&+]\s")
_GUESTS: Final = re.compile(r"^(?:feat|ft|featuring|with)\b\.?\s", re.IGNORECASE)
_COUNT: Final = re.compile(r"[0-9]+(?:st|nd|rd|th|e|er|eme|x?lp|x?cd|xvinyl|)")
_SPELLINGS: Final = {"volume": "vol", "pt": "part", "no": "number", "nr": "number"}
_NUMBERED: Final = frozenset({"vol", "part", "number", "book", "chapter"})


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Folded, as everything they are compared with.
_RERELEASED: Final = _vocabulary(
    "remaster remastered remasters remastering remasterise remasterisee reissue mastered stereo cd"
    " lp vinyl disc box set inch cassette sacd dvd hd explicit clean soundtrack ost picture mix"
    " album version original"
)
_ENLARGED: Final = _vocabulary(
    "deluxe expanded anniversary special limited collector collectors legacy bonus edition editions"
    " luxe complete definitive"
)
_FILLERS: Final = _vocabulary(
    "super the of a and s digital track tracks uk us usa eu japan japanese international standard"
    " audio hi res year years recording with content new music from motion film ray blu exclusive"
)
_MARKS: Final = {
    word: mark
    for mark, words in (
        ("live", "live concert"),
        ("mono", "mono"),
        ("instrumental", "instrumental instrumentals"),
        ("remix", "remix remixes remixed"),
        ("demo", "demo demos"),
        ("acoustic", "acoustic unplugged"),
        ("karaoke", "karaoke"),
        ("tribute", "tribute cover covers style famous lullaby"),
    )
    for word in _vocabulary(words)
}
_OF_OTHERS: Final = frozenset({"karaoke", "tribute"})
_SIZES: Final = frozenset({"single", "ep"})
_GENERIC: Final = re.compile(
    r"(?:the |very |my )*(?:best(?: of.*)?|greatest hits.*|hits.*|essential.*|ultimate.*|gold|live|"
    r"untitled|(?:mtv )?unplugged|(?:complete |definitive )?(?:anthology|collection|singles).*)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A title, read.

    Attributes:
        keys: What it is compared by; more than one where it also carries a translation, none for
            an album that was taken down and has no name.
        main_key: The same without its subtitle.
        colon_key: The part before a colon or a dash; empty without one.
        has_subtitle: ``keys`` say more than ``main_key``.
        marks: Of which other recording it is.
        is_enlarged: It is an edition with more on it.
        is_reworded: Its subtitle names a version or a mix of its own.
        is_generic: Many records are called so: ``Greatest Hits``.
        is_single: It says so itself: ``- Single``.
        numbers: Groups of nothing but digits: of two concerts, ``(1987)`` and ``(2002)``.
    """

    keys: tuple[str, ...]
    main_key: str
    colon_key: str = ""
    has_subtitle: bool = False
    marks: frozenset[str] = frozenset()
    is_enlarged: bool = False
    is_reworded: bool = False
    is_generic: bool = False
    is_single: bool = False
    numbers: frozenset[str] = frozenset()


def read_title(text: str) -> Title:
    """Return a title in its parts."""
    text = clean_text(text)
    head, groups = _split(text)
    kept = [group for group in groups if _is_subtitle(group)]
    full = " ".join([head, *kept])
    core = set(_words(head))
    colon = _COLON.match(head)
    return Title(
        keys=tuple(filter(None, dict.fromkeys(map(_key, [full, *full.split(" = ")])))),
        main_key=_key(head),
        colon_key=_key(colon["head"]) if colon else "",
        has_subtitle=bool(kept),
        marks=frozenset(
            mark for group in groups for mark in _marks_of(group) if not _says(core, mark)
        ),
        is_enlarged=any(_ENLARGED & set(_words(group)) for group in groups if group not in kept),
        is_reworded=any({"version", "versions", "mix"} & set(_words(group)) for group in kept),
        is_generic=_GENERIC.fullmatch(" ".join(_words(head))) is not None,
        is_single=any(fold(group) == "single" for group in groups),
        numbers=frozenset(group for group in map(fold, groups) if group.isdecimal()),
    )


def bare_title(text: str) -> str:
    """Return a title without what only belongs to an edition, as a search needs it."""
    text = clean_text(text)
    head, groups = _split(text)
    return " ".join([head.split(" = ")[0], *filter(_is_subtitle, groups)]).strip() or text


def compare_titles(one: Title, other: Title) -> Confidence | None:
    """Return how surely both are titles of the same work; None: they are not."""
    if (one.marks ^ other.marks) & _OF_OTHERS:
        return None
    level = _compare_words(one, other)
    if level is None:
        return None
    is_other_number = bool(one.numbers and other.numbers) and one.numbers != other.numbers
    if one.marks != other.marks or is_other_number:
        return Confidence.DOUBTFUL
    return min(level, Confidence.LIKELY) if one.is_enlarged != other.is_enlarged else level


def _compare_words(one: Title, other: Title) -> Confidence | None:
    if set(one.keys) & set(other.keys):
        return Confidence.EXACT
    if one.has_subtitle and other.has_subtitle:
        return None  # of two subtitles, one is that of another record
    if one.main_key and one.main_key == other.main_key:
        is_reworded = one.is_reworded or other.is_reworded
        return Confidence.DOUBTFUL if is_reworded else Confidence.LIKELY
    for long, short in ((one, other), (other, one)):
        if long.colon_key and long.colon_key in short.keys:
            return Confidence.DOUBTFUL
    return None


def _split(text: str) -> tuple[str, list[str]]:
    """Return what stands before the groups at the end, and these, first one first."""
    groups: list[str] = []
    while True:
        group = _GROUP.match(text)
        if group is not None:
            inner = group["round"] or group["square"]
            if _is_numbered(inner):
                break
        else:
            group = _DASHED.match(text)
            if group is None or _is_subtitle(group["tail"]):
                break
            inner = group["tail"]
        groups.insert(0, inner.strip())
        text = group["head"]
    return text, groups


def _is_subtitle(group: str) -> bool:
    """Return whether a group says something of the work, and not of an edition or a guest."""
    words = _words(group)
    if _GUESTS.match(group) or fold(group) in _SIZES or _marks_of(group):
        return False
    known = _RERELEASED | _ENLARGED | _FILLERS
    is_noise = all(word in known or _COUNT.fullmatch(word) for word in words)
    says_much = any(word not in _FILLERS for word in words)
    return not (is_noise and says_much) and bool(words)


def _is_numbered(group: str) -> bool:
    """Return whether a group tells one record of a series from the next."""
    return bool(_NUMBERED & set(_words(group)))


def _marks_of(group: str) -> set[str]:
    return {_MARKS[word] for word in _words(group) if word in _MARKS}


def _says(words: set[str], mark: str) -> bool:
    """Return whether the work's own name has the mark; who plays unplugged plays live."""
    if mark == "live" and "unplugged" in words:
        return True
    return any(_MARKS.get(word) == mark for word in words)


def _words(text: str) -> list[str]:
    return [_SPELLINGS.get(word, word) for word in fold(text).split()]


def _key(text: str) -> str:
    """Return what two spellings of a title have in common; of signs alone, these."""
    text = _ARTICLE_LAST.sub(r"\g<article> \g<head>", text.strip())
    words = _words(_AMPERSAND.sub(" and ", text))
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    return "".join(words) or text.casefold()
