"""How Discogs' texts become what people read: names, credits, labels, formats, notes, pictures."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from services.discogs.models import Track
from services.discogs.shapes import RawCredit, RawFormat, RawImage, RawLabel, RawTrack
from services.music import clean_text, strip_disambiguation

_MARKUP = re.compile(r"\[(?:url=[^\]]*|/?(?:url|b|i|u|quote))\]")
_NAMED_LINK = re.compile(r"\[[almr]=([^\]]*)\]")
_NUMBERED_LINK = re.compile(r"\[[almr]\d+\]")
_NO_CATNO: Final = frozenset({"", "none"})
_MOST_DISCS: Final = 9_999
_LAST_YEAR: Final = 9_999


def display_name(name: str) -> str:
    """``Beatles, The`` -> ``The Beatles``; ``La Femme (4)`` -> ``La Femme``."""
    name = clean_text(name)
    if name.endswith(")"):
        name = strip_disambiguation(name)
    return f"The {name[:-5]}" if name.endswith(", The") else name


def render_credits(people: Iterable[RawCredit]) -> str:
    """Join credits as Discogs shows them: ``Hall & Oates``, ``A, B Feat. C``."""
    text = ""
    for person in people:
        text += display_name(person.anv or person.name)
        join = person.join
        if join and (join := join.strip()):
            text += f"{join} " if join == "," else f" {join} "
        else:
            text += " "
    return clean_text(text).rstrip(" ,&/")


def label_name(name: str) -> str:
    """``Svek (2)`` -> ``Svek``."""
    name = clean_text(name)
    return strip_disambiguation(name) if name.endswith(")") else name


def catalogue_number(catno: str | None) -> str | None:
    """Return it tidied; None for none, which Discogs also writes as a word."""
    catno = clean_text(catno or "")
    return None if catno.casefold() in _NO_CATNO else catno


def render_label(label: RawLabel) -> str:
    """``Columbia – CS 8163``, or the name alone."""
    name, catno = label_name(label.name), catalogue_number(label.catno)
    return f"{name} – {catno}" if name and catno else name


def render_format(raw: RawFormat) -> str:
    """``2×Vinyl, LP, Album (180 g)``."""
    quantity = str(raw.qty or "1")
    name = f"{quantity}×{raw.name}" if quantity not in ("0", "1") else raw.name
    text = ", ".join([name, *(raw.descriptions or [])])
    return f"{text} ({clean_text(raw.text)})" if raw.text else text


def quantity(qty: str | int | None) -> int:
    """Return how many discs a format has; 1 where Discogs says nothing sensible."""
    if qty == "1" or qty is None:
        return 1
    text = str(qty)
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(_MOST_DISCS))):
        return 1
    return max(1, int(text))


def known_year(year: int | None) -> int | None:
    """Return the year unless it is 0, which means unknown, or none at all."""
    return year if year and 0 < year <= _LAST_YEAR else None


def leading_year(value: str | int | None) -> int | None:
    """Return the year that a date begins with (``1999-03-00``); None for 0 and what is no year."""
    head = str(value or "")[:4]
    return int(head) or None if head.isdecimal() else None


def strip_markup(text: str) -> str:
    """Return a Discogs note without its ``[a=…]``, ``[url=…]`` and ``[b]`` codes."""
    text = _NAMED_LINK.sub(lambda match: display_name(match[1]), text)
    return _NUMBERED_LINK.sub("", _MARKUP.sub("", text)).replace("\r\n", "\n").strip()


def clean_lines(text: str) -> str:
    """Return a text of several lines, each without what nobody can see."""
    if text.isprintable():  # so it is a single line
        return clean_text(text)
    return "\n".join(clean_text(line) for line in text.splitlines()).strip()


def main_picture(images: Iterable[RawImage]) -> str | None:
    """Return the primary picture's address, else the first one's, else None."""
    ordered = sorted(images, key=lambda image: image.type != "primary")
    return next((image.uri for image in ordered if image.uri), None)


def playable(rows: Iterable[RawTrack]) -> Iterator[Track]:
    """Yield the tracks of a list in its order: headings dropped, index tracks opened."""
    for row in rows:
        if row.type_ == "index":
            yield from playable(row.sub_tracks or [])
        elif row.type_ == "track":
            yield Track(row.position or "", clean_text(row.title), row.duration or "")


def listed(rows: Iterable[RawTrack]) -> Iterator[Track]:
    """Yield a list in its order, headings and all; an index is a heading for the tracks in it."""
    for row in rows:
        title = clean_text(row.title)
        if row.type_ == "track":
            yield Track(row.position or "", title, row.duration or "")
        elif title:
            yield Track("", title, "", is_heading=True)
        yield from listed(row.sub_tracks or [])


def picture(url: str | None) -> str | None:
    """Return a picture's address verbatim, since it is signed; None for Discogs' placeholder."""
    if not url or not url.startswith(("https://", "http://")) or url.endswith("/spacer.gif"):
        return None
    return url


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values without empty ones and repeats, in their order."""
    return tuple(dict.fromkeys(value for value in values if value))
