"""How long a page of Spotify's search takes to become models: ours and the usual client's.

tekore is the typed client that Python programs read Spotify with. It takes the same bytes from a
sender that sends nothing, and every field that ours has is read once. The page has the fields that
Spotify took from Development-Mode apps in 2026, since tekore refuses one without them.
"""

import importlib
import json
from collections.abc import Iterable
from importlib import metadata
from types import ModuleType
from typing import Any, Final

from bench.report import Row, milliseconds, print_section, write
from bench.timing import measure
from services.spotify.models import SpotifyItem
from services.spotify.protocol import parse_search

_ITEMS: Final = 10  # of each kind: the most that a Development-Mode app gets
_KINDS: Final = ("album", "artist", "track")
_REPEATS: Final = 10
_PACKAGE: Final = "tekore"

Fields = tuple[Any, ...]


def bench_spotify_pages() -> None:
    """Compare ``parse_search`` with tekore; skipped where it is absent."""
    try:
        tekore = importlib.import_module(_PACKAGE)
    except ImportError:
        write(f"\nA page of Spotify's search: skipped, {_PACKAGE} is not installed")
        return
    page = _page()
    if _read_with_tekore(tekore, page) != _read_with_ours(page):
        raise ValueError("the two do not read the same")
    timings = measure(
        {
            "json": lambda: [json.loads(page) for _ in range(_REPEATS)],
            "tekore": lambda: [_read_with_tekore(tekore, page) for _ in range(_REPEATS)],
            "ours": lambda: [_read_with_ours(page) for _ in range(_REPEATS)],
        },
        operations=_REPEATS,
    )
    print_section(
        f"A page of Spotify's search: {_ITEMS} each of {len(_KINDS)} kinds "
        f"({len(page) // 1024} KB, made up)",
        f"{_PACKAGE} {metadata.version(_PACKAGE)}, the same fields read from the same bytes",
        [
            Row(_PACKAGE, None, milliseconds(timings.of("tekore").median)),
            Row(
                "json.loads",
                timings.ratio("json", "tekore"),
                milliseconds(timings.of("json").median),
                "dicts, nothing checked",
            ),
            Row(
                "parse_search",
                timings.ratio("ours", "tekore"),
                milliseconds(timings.of("ours").median),
                "typed, checked, nulls and missing fields allowed; 0.33 is three times cheaper",
            ),
        ],
    )


def _read_with_ours(page: bytes) -> list[Fields]:
    return [_fields(item) for item in parse_search(page)]


def _fields(item: SpotifyItem) -> Fields:
    return (
        item.kind.value,
        item.spotify_id,
        item.name,
        item.artists,
        item.artist_ids,
        item.image_url,
        item.released,
        item.album,
        item.album_type,
        item.track_count,
        item.duration_ms,
    )


def _read_with_tekore(tekore: ModuleType, page: bytes) -> list[Fields]:
    class Sender(tekore.Sender):  # type: ignore[misc, name-defined]  # imported by name
        """Answers with the page without a socket."""

        is_async = False

        def send(self, request: Any) -> object:  # noqa: ANN401  # its own class
            return tekore.Response(request.url, {}, 200, json.loads(page))

        def close(self) -> None:
            """Nothing is open."""

    client = tekore.Spotify("token", sender=Sender())
    albums, artists, tracks = client.search("x", types=_KINDS, limit=_ITEMS)
    return [
        *(_album(album) for album in albums.items),
        *(_artist(artist) for artist in artists.items),
        *(_track(track) for track in tracks.items),
    ]


def _album(album: Any) -> Fields:  # noqa: ANN401  # tekore's, imported by name
    return (
        "album",
        album.id,
        album.name,
        *_credits(album.artists),
        _largest(album.images),
        album.release_date,
        None,
        album.album_type.value,
        album.total_tracks,
        None,
    )


def _artist(artist: Any) -> Fields:  # noqa: ANN401
    return ("artist", artist.id, artist.name, (), (), _largest(artist.images), *([None] * 5))


def _track(track: Any) -> Fields:  # noqa: ANN401
    return (
        "track",
        track.id,
        track.name,
        *_credits(track.artists),
        _largest(track.album.images),
        track.album.release_date,
        track.album.name,
        None,
        None,
        track.duration_ms,
    )


def _credits(artists: Iterable[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    artists = tuple(artists)
    return tuple(artist.name for artist in artists), tuple(artist.id for artist in artists)


def _largest(images: Iterable[Any]) -> str:
    url: str = max(images, key=lambda image: image.width or 0).url
    return url


def _page() -> bytes:
    makers = {"albums": _album_json, "artists": _whole_artist_json, "tracks": _track_json}
    return json.dumps(
        {
            name: {
                "href": f"https://api.spotify.com/v1/search?offset=0&limit={_ITEMS}",
                "limit": _ITEMS,
                "next": None,
                "offset": 0,
                "previous": None,
                "total": 812,
                "items": [make(number) for number in range(_ITEMS)],
            }
            for name, make in makers.items()
        }
    ).encode()


def _head(kind: str, number: int) -> dict[str, object]:
    spotify_id = f"{number:02}{kind.rjust(20, '0')}"
    return {
        "id": spotify_id,
        "type": kind,
        "uri": f"spotify:{kind}:{spotify_id}",
        "href": f"https://api.spotify.com/v1/{kind}s/{spotify_id}",
        "external_urls": {"spotify": f"https://open.spotify.com/{kind}/{spotify_id}"},
    }


def _images() -> list[dict[str, object]]:
    url = "https://i.scdn.co/image/ab67616d0000b273" + "0" * 24
    return [{"url": f"{url}{size}", "height": size, "width": size} for size in (640, 300, 64)]


def _artist_json(number: int) -> dict[str, object]:
    return _head("artist", number) | {"name": f"Talking Heads {number}"}


def _whole_artist_json(number: int) -> dict[str, object]:
    return _artist_json(number) | {
        "followers": {"href": None, "total": 2_000_000},
        "genres": ["art punk", "new wave", "post-punk"],
        "images": _images(),
        "popularity": 70,
    }


def _album_json(number: int) -> dict[str, object]:
    return _head("album", number) | {
        "album_type": "album",
        "artists": [_artist_json(1), _artist_json(2)],
        "images": _images(),
        "is_playable": True,
        "name": f"Remain in Light {number}",
        "release_date": "1980-10-08",
        "release_date_precision": "day",
        "total_tracks": 8,
    }


def _track_json(number: int) -> dict[str, object]:
    return _head("track", number) | {
        "album": _album_json(number),
        "artists": [_artist_json(1), _artist_json(2)],
        "disc_number": 1,
        "duration_ms": 259_000 + number,
        "explicit": False,
        "external_ids": {"isrc": "USWB19901574"},
        "is_local": False,
        "is_playable": True,
        "name": f"Once in a Lifetime {number}",
        "popularity": 66,
        "preview_url": None,
        "track_number": 1 + number,
    }
