"""Conformance with recorded answers; skipped where the recordings are absent."""

import json
from pathlib import Path

import pytest
from fakes.payloads import recordings

from services.discogs.protocol import parse_release, parse_search

SEARCHES = recordings("discogs", "database/search_*.json")
RELEASES = recordings("discogs", "releases/*.json")

pytestmark = pytest.mark.skipif(
    not (SEARCHES and RELEASES), reason="shared/recordings/discogs is not beside this checkout"
)


@pytest.mark.parametrize("path", SEARCHES, ids=lambda path: path.stem)
def test_every_recorded_hit_is_read(path: Path) -> None:
    recorded = json.loads(path.read_bytes())["results"]

    hits = parse_search(path.read_bytes())

    assert [hit.discogs_id for hit in hits] == [row["id"] for row in recorded]
    assert [hit.title for hit in hits if not hit.title] == []


@pytest.mark.parametrize("path", RELEASES, ids=lambda path: path.stem)
def test_every_recorded_release_is_read(path: Path) -> None:
    recorded = json.loads(path.read_bytes())

    release = parse_release(path.read_bytes())

    assert (release.release_id, release.year, len(release.tracks)) == (
        recorded["id"],
        recorded["year"],
        len(recorded["tracklist"]),  # the recordings are from before headings had a type
    )
    assert release.artist
    assert release.labels
    assert release.formats
