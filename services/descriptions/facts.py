"""From Discogs' objects to facts, and from facts to what a prompt says of them."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import msgspec

from services.collection.models import StoredCopy
from services.descriptions.models import AlbumFacts, ArtistFacts, DayFacts, Facts
from services.discogs.models import Artist, DiscogsKind, Master, Release, SearchHit, Track
from services.discogs.release_parts import ReleaseCredit
from services.music import clean_text, fold

_MOST_TRACKS: Final = 30
_MOST_CREDITS: Final = 8
_MOST_NAMES: Final = 12
_MOST_RECORDS: Final = 10
_MOST_CHARACTERS: Final = 120  # of one name
_MOST_PROFILE: Final = 900


def facts_of_hit(hit: SearchHit) -> AlbumFacts:
    """Return what a search tells of a release."""
    return AlbumFacts(
        release_id=hit.discogs_id,
        title=hit.title,
        artist=hit.artist,
        pressing_year=hit.year,
        country=hit.country,
        labels=hit.labels[:2],
        formats=hit.formats[:3],
        genres=hit.genres,
        styles=hit.styles,
        url=hit.url,
        image_url=hit.image_url,
    )


def facts_of_release(release: Release) -> AlbumFacts:
    """Return what Discogs tells of one pressing."""
    return AlbumFacts(
        release_id=release.release_id,
        title=release.title,
        artist=release.artist,
        pressing_year=release.year,
        country=release.country,
        labels=tuple(label.split(" – ")[0] for label in release.labels[:2]),
        formats=release.formats[:2],
        genres=release.genres,
        styles=release.styles,
        tracks=_titles(release.tracks),
        credits=_whole_record(release.credits),
        url=release.url,
        image_url=release.image_url,
    )


def _titles(tracks: Iterable[Track]) -> tuple[str, ...]:
    titles = (track.title for track in tracks if track.title and not track.is_heading)
    return tuple(islice(titles, _MOST_TRACKS))


def _whole_record(found: Iterable[ReleaseCredit]) -> tuple[str, ...]:
    """Return ``Bill Evans (Piano)``; who played on some tracks only would be said of them all."""
    names = (f"{each.name} ({each.role})" for each in found if not each.tracks)
    return tuple(dict.fromkeys(names))[:_MOST_CREDITS]


def facts_of_copy(copy: StoredCopy) -> AlbumFacts | None:
    """Return what is stored of a record; None for one that is on no page of Discogs."""
    if copy.release_id is None:
        return None
    return AlbumFacts(
        release_id=copy.release_id,
        title=copy.title,
        artist=copy.artist,
        first_year=copy.master_year,
        pressing_year=copy.year,
        country=copy.country,
        labels=tuple(line.name for line in copy.labels[:2]),
        formats=tuple(each.name for each in copy.formats[:2]),
        genres=copy.genres,
        styles=copy.styles,
        url=f"https://www.discogs.com/release/{copy.release_id}",
        image_url=copy.thumb_url,
    )


def with_master(facts: AlbumFacts, master: Master) -> AlbumFacts:
    """Return the facts with what is true of every pressing."""
    return msgspec.structs.replace(
        facts,
        first_year=master.year,
        genres=master.genres or facts.genres,
        styles=master.styles or facts.styles,
    )


def facts_of_artist(artist: Artist) -> ArtistFacts:
    """Return what Discogs tells of an artist."""
    return ArtistFacts(
        artist_id=artist.artist_id,
        name=artist.name,
        real_name=artist.real_name,
        profile=_first(artist.profile, _MOST_PROFILE),
        members=artist.members[:_MOST_NAMES],
        groups=artist.groups[:_MOST_NAMES],
        url=artist.url,
        image_url=artist.image_url,
    )


def with_records(facts: ArtistFacts, hits: Iterable[SearchHit]) -> ArtistFacts:
    """Return the facts with those works among ``hits`` that are the artist's, oldest first."""
    name = fold(facts.name)
    theirs = {
        fold(hit.title): (hit.title, hit.year)
        for hit in hits
        if hit.kind is DiscogsKind.MASTER and fold(hit.artist) == name
    }
    ordered = sorted(theirs.values(), key=lambda record: (record[1] or 9_999, record[0]))
    return msgspec.structs.replace(facts, records=tuple(ordered[:_MOST_RECORDS]))


def lines_of(facts: Facts | None) -> tuple[str, ...]:
    """Return facts as lines for a prompt: no prices, no pictures, no addresses."""
    if isinstance(facts, AlbumFacts):
        return tuple(_lines(_album_rows(facts)))
    if isinstance(facts, ArtistFacts):
        return tuple(_lines(_artist_rows(facts)))
    if isinstance(facts, DayFacts):
        return (f"Date: {facts.day:%d %B}",)
    return ()


def _album_rows(facts: AlbumFacts) -> Iterator[tuple[str, str]]:
    yield "Title", facts.title
    yield "Artist", facts.artist
    yield "First released", str(facts.first_year or "")
    if facts.pressing_year != facts.first_year:
        name = "Year of this pressing (a later edition)"
        if facts.first_year is None:
            name = "Year of this pressing (the music may be older)"
        yield name, str(facts.pressing_year or "")
    yield "Country of this pressing", facts.country or ""
    yield "Label", _joined(facts.labels)
    yield "Format", _joined(facts.formats)
    yield "Genres", _joined(facts.genres)
    yield "Styles", _joined(facts.styles)
    yield "Tracks", _joined(facts.tracks, "; ")
    yield "Credits", _joined(facts.credits, "; ")


def _artist_rows(facts: ArtistFacts) -> Iterator[tuple[str, str]]:
    yield "Name", facts.name
    yield "Real name", facts.real_name
    yield "Members", _joined(facts.members)
    yield "Member of", _joined(facts.groups)
    records = [f"{title} ({year})" if year else title for title, year in facts.records]
    yield "Some records, by first release", _joined(records, "; ")
    yield "Profile on Discogs", facts.profile


def _lines(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in rows:
        shown = clean_text(value)
        if shown:
            yield f"{name}: {shown}"


def _joined(names: Iterable[str], mark: str = ", ") -> str:
    return mark.join(_first(name, _MOST_CHARACTERS) for name in names if name)


def _first(text: str, limit: int) -> str:
    """Return the beginning of a text, cut at a word."""
    text = clean_text(text)
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + " …"
