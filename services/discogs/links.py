"""What people copy from discogs.com, read."""

import re
from dataclasses import dataclass
from typing import Final

from services.discogs.models import DiscogsKind

_PAGE: Final = r"(?:https?://)?(?:www\.)?discogs\.com/(?:[a-z]{2}/)?(?:[^/\s]+/)?"
_ID: Final = r"([1-9][0-9]{0,9})(?:[-?#/\]][^\s]*)?"
# https://www.discogs.com/release/249504-Rick-Astley-…, [r249504], r249504, 249504
_RELEASE: Final = re.compile(rf"(?:{_PAGE}release/|\[?r)?{_ID}", re.IGNORECASE | re.ASCII)
# The same of a master; but a number alone is a release's.
_MASTER: Final = re.compile(rf"(?:{_PAGE}master/|\[?m){_ID}", re.IGNORECASE | re.ASCII)
_ANY: Final = re.compile(
    rf"{_PAGE}(?P<kind>release|master|artist|label)/{_ID}", re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True, slots=True)
class DiscogsPage:
    """A page of the database that somebody linked to: what it is about, and its number."""

    kind: DiscogsKind
    discogs_id: int

    @property
    def url(self) -> str:
        """Its shortest address; Discogs adds the name itself."""
        return f"https://www.discogs.com/{self.kind}/{self.discogs_id}"


def parse_page(address: str) -> DiscogsPage | None:
    """Return the page that an address leads to; None for any other, and for a bare number."""
    found = _ANY.fullmatch(address)
    if found is None:
        return None
    return DiscogsPage(DiscogsKind(found["kind"].lower()), int(found[2]))


def parse_release_id(text: str) -> int | None:
    """Return the release that a number or the address of a page names; None for anything else."""
    found = _RELEASE.fullmatch(text.strip())
    return int(found[1]) if found else None


def parse_master_id(text: str) -> int | None:
    """Return the master that the address of a page or ``[m249504]`` names; else None."""
    found = _MASTER.fullmatch(text.strip())
    return int(found[1]) if found else None
