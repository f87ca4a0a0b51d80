"""What ``/release`` may have been given: an id, an address, a barcode, a catalogue number, words.

One text may be several of them, so it is read in every way that fits, the most likely first.
"""

import re
from enum import StrEnum
from typing import Final

from services.discogs.links import parse_master_id, parse_release_id
from services.music import clean_query

_SEPARATED: Final = re.compile(r"[0-9]+(?:[ .\-][0-9]+)+")
_FEWEST_BARCODE_DIGITS: Final = 8
_MOST_BARCODE_DIGITS: Final = 14
# ``BLP 1577``, ``SK032``, ``ILPS-9083``, ``CDP 7 46208 2``, ``7243 5 29595 2 0``, ``4AD 0001``
_CATNO: Final = re.compile(r"[0-9]?[A-Z]{1,7}[ .\-/]?[0-9][0-9A-Z]*(?:[ .\-/][0-9A-Z]{1,6}){0,4}")


class Reading(StrEnum):
    """A way to read what somebody typed."""

    RELEASE = "release"  # an id, or the address of a page
    MASTER = "master"  # likewise
    BARCODE = "barcode"
    CATNO = "catno"
    TEXT = "text"


def readings_of(text: str) -> tuple[Reading, ...]:
    """Return the ways to read ``text``, the most likely first.

    Raises:
        InvalidQuery: It has fewer than 2 or more than 200 characters, or no words.
    """
    query = clean_query(text)
    if query.isdecimal() and query.isascii():
        return _readings_of_number(query)
    if parse_release_id(query) is not None:
        return (Reading.RELEASE,)
    if parse_master_id(query) is not None:
        return (Reading.MASTER,)
    if _SEPARATED.fullmatch(query):
        digits = sum(map(str.isdecimal, query))
        is_barcode = _FEWEST_BARCODE_DIGITS <= digits <= _MOST_BARCODE_DIGITS
        barcode = (Reading.BARCODE,) if is_barcode else ()
        return (*barcode, Reading.CATNO, Reading.TEXT)
    if _CATNO.fullmatch(query.upper()):
        return (Reading.CATNO, Reading.TEXT)
    return (Reading.TEXT,)


def _readings_of_number(text: str) -> tuple[Reading, ...]:
    """Read digits alone; what is suggested while one types is the number of a release."""
    release = () if parse_release_id(text) is None else (Reading.RELEASE,)
    is_barcode = _FEWEST_BARCODE_DIGITS <= len(text) <= _MOST_BARCODE_DIGITS
    barcode = (Reading.BARCODE,) if is_barcode else ()
    return (*release, *barcode, Reading.CATNO, Reading.TEXT)
