"""Texts of collections as the database compares them, so that SQLite and PostgreSQL agree.

Full-text search compares whole words, and words that begin with what was typed. Scripts that put
no spaces between words (Chinese, Japanese, Korean) are split into single characters, so that any
part of a title is found. Each word carries its owner: a search walks through one person's words
only, and cannot meet another's.
"""

import re
from collections.abc import Iterable
from typing import Final

from services.music import clean_text, fold

_UNSPACED: Final = re.compile(
    "([\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff])"
)
_LONGEST_WORD: Final = 100  # PostgreSQL's limit is 2,046 bytes
_MOST_WORDS: Final = 1_000  # of one copy; nobody's notes are a book
_MOST_ASKED: Final = 64
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def key_of(text: str) -> str:
    """Return ``text`` for sorting and comparing; names without any letter keep their signs."""
    return fold(text) or clean_text(text).casefold()


def keys_of(names: Iterable[str]) -> str:
    """Return the keys of names with a line break around each, to be searched with LIKE."""
    keys = [key_of(name) for name in names]
    return "\n" + "".join(f"{key}\n" for key in keys if key)


def lines_of(names: Iterable[str]) -> str:
    """Return names, one a line."""
    return "\n".join(filter(None, (clean_text(name) for name in names)))


def words_of(text: str) -> list[str]:
    """Return the words of ``text``, each once, folded and in order."""
    split = _UNSPACED.sub(r" \1 ", fold(text)).split()
    return list(dict.fromkeys(word[:_LONGEST_WORD] for word in split))


def stored_words(user_id: int, texts: Iterable[str]) -> str:
    """Return what full-text search finds a copy by: its words, with whose they are."""
    owner = _owner(user_id)
    words = dict.fromkeys(word for text in texts for word in words_of(text))
    return " ".join(f"{owner}{word}" for word in list(words)[:_MOST_WORDS])


def sqlite_match(user_id: int, words: Iterable[str]) -> str:
    """Return an FTS5 query: all of the words, as beginnings. They must come from ``words_of``."""
    owner = _owner(user_id)
    return " ".join(f'"{owner}{word}"*' for word in list(words)[:_MOST_ASKED])


def postgres_match(user_id: int, words: Iterable[str]) -> str:
    """Return the same as a tsquery."""
    owner = _owner(user_id)
    return " & ".join(f"'{owner}{word}':*" for word in list(words)[:_MOST_ASKED])


def _owner(user_id: int) -> str:
    number, digits = user_id, ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return f"{digits}_"
