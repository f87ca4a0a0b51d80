"""One of several editions: a discography names a work once, not once per remaster."""

import re
from collections.abc import Iterable
from typing import Final

from services.music import fold
from services.spotify.models import SpotifyItem

_WORDS: Final = (
    r"deluxe|expanded|anniversary|remaster(?:ed)?|reissue|edition|bonus tracks?|explicit|clean"
)
_BRACKETED: Final = re.compile(rf"\s*[(\[][^()\[\]]*\b(?:{_WORDS})\b[^()\[\]]*[)\]]", re.IGNORECASE)
_DASHED: Final = re.compile(rf"\s+[-\u2013]\s+[^-\u2013]*\b(?:{_WORDS})\b.*$", re.IGNORECASE)


def plain_title(title: str) -> str:
    """Return a title without what names an edition: ``OK Computer (Deluxe)`` -> ``OK Computer``.

    A live album or another version of the music is another work, and keeps its name.
    """
    return _DASHED.sub("", _BRACKETED.sub("", title)).strip() or title


def one_of_each(releases: Iterable[SpotifyItem]) -> tuple[SpotifyItem, ...]:
    """Return one edition of each work, in the place of the first.

    Of several it is the one with the plainest name, and among those the earliest. A single and an
    album of the same name are two works.
    """
    kept: dict[tuple[str, str | None], SpotifyItem] = {}
    for release in releases:
        name = plain_title(release.name)
        # What is written in no letters at all folds to nothing: such names only equal themselves.
        work = fold(name) or name or release.spotify_id, release.album_type
        held = kept.setdefault(work, release)
        if _plainness(release) < _plainness(held):
            kept[work] = release
    return tuple(kept.values())


def _plainness(release: SpotifyItem) -> tuple[int, str]:
    return len(release.name) - len(plain_title(release.name)), release.released or "9999"
