"""What people copy from discogs.com, read."""

import re
from typing import Final

_PAGE: Final = r"(?:https?://)?(?:www\.)?discogs\.com/(?:[a-z]{2}/)?(?:[^/\s]+/)?"
_ID: Final = r"([1-9][0-9]{0,9})(?:[-?#/\]][^\s]*)?"
# https://www.discogs.com/release/249504-Rick-Astley-…, [r249504], r249504, 249504
_RELEASE: Final = re.compile(rf"(?:{_PAGE}release/|\[?r)?{_ID}", re.IGNORECASE | re.ASCII)
# The same of a master; but a number alone is a release's.
_MASTER: Final = re.compile(rf"(?:{_PAGE}master/|\[?m){_ID}", re.IGNORECASE | re.ASCII)


def parse_release_id(text: str) -> int | None:
    """Return the release that a number or the address of a page names; None for anything else."""
    found = _RELEASE.fullmatch(text.strip())
    return int(found[1]) if found else None


def parse_master_id(text: str) -> int | None:
    """Return the master that the address of a page or ``[m249504]`` names; else None."""
    found = _MASTER.fullmatch(text.strip())
    return int(found[1]) if found else None
