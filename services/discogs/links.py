"""What people copy from discogs.com, read."""

import re
from typing import Final

# https://www.discogs.com/release/249504-Rick-Astley-…, [r249504], r249504, 249504
_RELEASE: Final = re.compile(
    r"(?:(?:https?://)?(?:www\.)?discogs\.com/(?:[a-z]{2}/)?(?:[^/\s]+/)?release/|\[?r)?"
    r"([1-9][0-9]{0,9})(?:[-?#/\]][^\s]*)?",
    re.IGNORECASE | re.ASCII,
)


def parse_release_id(text: str) -> int | None:
    """Return the release that a number or the address of a page names; None for anything else."""
    found = _RELEASE.fullmatch(text.strip())
    return int(found[1]) if found else None
