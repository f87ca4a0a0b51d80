"""Conformance with recorded answers; skipped where the recordings are absent."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.payloads import recordings

from services.discogs.database_protocol import (
    parse_artist,
    parse_label,
    parse_market_stats,
    parse_master,
    parse_versions,
)
from services.discogs.protocol import parse_release, parse_search
from services.discogs.shelf_protocol import (
    parse_collection_page,
    parse_folders,
    parse_profile,
    parse_value,
    parse_wantlist_page,
)

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
    assert (len(release.companies), len(release.credits), len(release.identifiers)) == (
        len(recorded["companies"]),
        len(recorded["extraartists"]),
        len(recorded.get("identifiers", [])),
    )


# What the bot reads, and by what; lists, fees, listings and inventories are not read at all.
OTHERS: dict[str, Callable[[bytes], object]] = {
    "masters/*.json": parse_master,
    "masters/*/versions_*.json": parse_versions,
    "artists/*.json": parse_artist,
    "labels/*.json": parse_label,
    "marketplace/stats/*.json": parse_market_stats,
    "oauth/identity.json": parse_profile,
    "users/*.json": parse_profile,
    "users/*/collection/folders.json": parse_folders,
    "users/*/collection/folders/0/releases_*.json": parse_collection_page,
    "users/*/collection/value.json": parse_value,
    "users/*/wants_*.json": parse_wantlist_page,
}


@pytest.mark.parametrize("pattern", OTHERS)
def test_recordings_of_every_kind_are_there(pattern: str) -> None:
    assert recordings("discogs", pattern) != []


@pytest.mark.parametrize(
    ("path", "parse"),
    [
        pytest.param(path, parse, id=f"{path.parent.name}/{path.stem}")
        for pattern, parse in OTHERS.items()
        for path in recordings("discogs", pattern)
    ],
)
def test_every_recorded_answer_says_who_it_is(path: Path, parse: Callable[[bytes], object]) -> None:
    recorded = json.loads(path.read_bytes())

    read = parse(path.read_bytes())

    ids = {
        name: getattr(read, name)
        for name in ("master_id", "artist_id", "label_id", "discogs_id")
        if hasattr(read, name)
    }
    assert set(ids.values()) <= {recorded.get("id")}


def test_every_recorded_copy_is_read_whole() -> None:
    (path,) = recordings("discogs", "users/*/collection/folders/0/releases_*.json")
    recorded = json.loads(path.read_bytes())["releases"]

    page = parse_collection_page(path.read_bytes())

    assert page.unreadable == 0
    assert [copy.instance_id for copy in page.copies] == [row["instance_id"] for row in recorded]
    basics = [row["basic_information"] for row in recorded]
    assert [
        (copy.pressing.release_id, copy.pressing.title, copy.pressing.year) for copy in page.copies
    ] == [(basic["id"], basic["title"], basic["year"] or None) for basic in basics]
    assert [len(copy.pressing.formats) for copy in page.copies] == [
        len(basic["formats"]) for basic in basics
    ]
    assert all(copy.added_at and copy.pressing.artist for copy in page.copies)


def test_every_recorded_wish_is_read_whole() -> None:
    (path,) = recordings("discogs", "users/*/wants_*.json")
    recorded = json.loads(path.read_bytes())["wants"]

    page = parse_wantlist_page(path.read_bytes())

    assert page.unreadable == 0
    assert [(wish.pressing.release_id, wish.rating, wish.notes) for wish in page.wishes] == [
        (row["id"], row["rating"], row.get("notes", "")) for row in recorded
    ]


def test_every_recorded_version_is_read() -> None:
    (path,) = recordings("discogs", "masters/*/versions_*.json")
    recorded = json.loads(path.read_bytes())["versions"]

    versions = parse_versions(path.read_bytes()).versions

    assert [(each.release_id, each.catno, each.year) for each in versions] == [
        (row["id"], row["catno"], int(row["released"][:4])) for row in recorded
    ]
