"""Words and rules that upstreams share: queries, names, links."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

MIN_QUERY_LENGTH: Final = 2
MAX_QUERY_LENGTH: Final = 200

# Characters that change how *other* text is shown or that nobody can see: direction overrides
# and isolates, zero-width characters, the byte-order mark, and control characters.
INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_SPACES = re.compile(r"\s+")
_ASCII_SIGNS = {code: " " for code in range(128) if not chr(code).isalnum()}
_DISAMBIGUATION = re.compile(r" \(\d+\)$")
# What no address of an upstream holds, and Discord's Markdown puts around one: <…>, [t](…), ||…||.
_OUTSIDE_ADDRESSES = re.compile(
    # The last line is what Chinese and Japanese texts put directly behind an address.
    r"""[\s<>|"`\[\]{}\\^“”«»"""
    "\u3001\u300c-\u300f\u3010\u3011\uff01\uff08\uff09\uff0c\uff1f]+"
)
_GLUED = re.compile(r"(?i)[,;](?=https?://|spotify:)")
# An address after other characters, as in ``(see:https://…``; not one inside another address.
_SCHEME = re.compile(r"(?i)(?<![A-Za-z0-9_./@=&?#%+~-])(?:https?://|spotify:)")
_BEFORE: Final = "('*_~-–—:,.;!?…\u2018’"
_AFTER: Final = ")'*_~:,.;!?…\u2018’。"


class InvalidQuery(ValueError):  # noqa: N818  # reads like the error tree's names
    """What the user typed cannot be searched for.

    Attributes:
        reason: ``too_short``, ``too_long``, ``no_words`` or ``no_record`` (a link to something that
            no record shop has).
        length: How many characters were left after trimming.
    """

    def __init__(self, reason: str, length: int) -> None:
        """Store why; the sentence for the user is made in ``bot/errors.py``."""
        super().__init__(reason)
        self.reason = reason
        self.length = length


def clean_text(text: str) -> str:
    """Return ``text`` on one line without invisible or direction-changing characters."""
    # Most texts have nothing to clean; printable ones hold no white space but the plain space.
    if text.isprintable() and "  " not in text:
        return text.strip()
    # White space first: some line breaks are control characters, and must not glue two words.
    return _SPACES.sub(" ", INVISIBLE.sub("", _SPACES.sub(" ", text))).strip()


def clean_query(text: str) -> str:
    """Return what the user typed as one tidy line.

    Raises:
        InvalidQuery: Fewer than 2 or more than 200 characters after trimming, or nothing that an
            upstream could look for (no letter and no digit, such as only emoji).
    """
    query = clean_text(text)
    if len(query) < MIN_QUERY_LENGTH:
        raise InvalidQuery("too_short", len(query))
    if len(query) > MAX_QUERY_LENGTH:
        raise InvalidQuery("too_long", len(query))
    if not any(character.isalnum() for character in query):
        raise InvalidQuery("no_words", len(query))
    return query


def iter_addresses(text: str) -> Iterator[str]:
    """Yield what may be addresses in a message, in order, without what Discord wraps them in.

    Every word is one, as people paste addresses without their scheme. Takes time in proportion to
    the length of ``text``.
    """
    for word in _OUTSIDE_ADDRESSES.split(INVISIBLE.sub(" ", text)):
        for piece in _GLUED.split(word):
            scheme = _SCHEME.search(piece)
            address = piece[scheme.start() :] if scheme else piece.lstrip(_BEFORE)
            if address := address.rstrip(_AFTER):
                yield address


def fold(text: str) -> str:
    """Return ``text`` for comparing: lower case, without accents, punctuation as spaces.

    Only the accents of European scripts go; elsewhere a mark is part of the letter, as in
    Japanese and Hindi. Too lossy for a cache key: ``C++`` and ``C`` fold alike.
    """
    if text.isascii():  # most names; nothing to decompose
        return " ".join(text.lower().translate(_ASCII_SIGNS).split())
    # Twice: compatibility characters become capitals, and case folding composes anew.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = _ACCENTS.sub("", decomposed)
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in plain)
    return unicodedata.normalize("NFC", _SPACES.sub(" ", "".join(kept)).strip())


def query_key(query: str) -> str:
    """Return a cleaned query for a cache key: only case and composition are ignored."""
    return unicodedata.normalize("NFC", query).casefold()


def strip_disambiguation(name: str) -> str:
    """Return a Discogs name without its trailing number: ``La Femme (4)`` -> ``La Femme``."""
    return _DISAMBIGUATION.sub("", name)
