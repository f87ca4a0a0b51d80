"""How long a page of Discogs takes to become models."""

import json

from bench.report import Row, milliseconds, print_section
from bench.timing import measure
from services.discogs.protocol import parse_release, parse_search

_HITS = 100
_REPEATS = 10


def bench_pages() -> None:
    """Compare our parsers with ``json.loads``, which makes dicts and checks nothing."""
    search, release = _search_page(), _release_page()
    timings = measure(
        {
            "json": lambda: [json.loads(search) for _ in range(_REPEATS)],
            "search": lambda: [parse_search(search) for _ in range(_REPEATS)],
            "json release": lambda: [json.loads(release) for _ in range(_REPEATS)],
            "release": lambda: [parse_release(release) for _ in range(_REPEATS)],
        },
        operations=_REPEATS,
    )
    print_section(
        f"A page of {_HITS} search hits ({len(search) // 1024} KB, made up)",
        "json.loads of the same bytes: dicts, nothing checked or cleaned",
        [
            Row("json.loads", None, milliseconds(timings.of("json").median)),
            Row(
                "parse_search",
                timings.ratio("search", "json"),
                milliseconds(timings.of("search").median),
                "typed, checked, cleaned of invisible characters, names and titles taken apart; "
                "below 1 it is faster than json.loads alone",
            ),
        ],
    )
    print_section(
        f"A release of {_HITS} tracks ({len(release) // 1024} KB, made up)",
        "json.loads of the same bytes",
        [
            Row("json.loads", None, milliseconds(timings.of("json release").median)),
            Row(
                "parse_release",
                timings.ratio("release", "json release"),
                milliseconds(timings.of("release").median),
                "a card's worth",
            ),
        ],
    )


def _search_page() -> bytes:
    return json.dumps(
        {
            "pagination": {"page": 1, "pages": 50, "per_page": _HITS, "items": 5_000, "urls": {}},
            "results": [_hit(number) for number in range(_HITS)],
        }
    ).encode()


def _hit(number: int) -> dict[str, object]:
    image = "rs:fit/g:sm/q:90/h:600/w:600/czM6Ly9kaXNjb2dz" * 3
    return {
        "country": "US",
        "year": str(1950 + number % 70),
        "format": ["Vinyl", "LP", "Album", "Reissue", "Mono"],
        "label": ["Columbia", "CBS Inc.", "Columbia Records Pressing Plant, Pitman"],
        "type": "release",
        "genre": ["Jazz"],
        "style": ["Modal", "Cool Jazz"],
        "id": 1_000_000 + number,
        "barcode": ["XLP 47324-1B", "XLP 47325-1AD", "5 099751 130314"],
        "user_data": {"in_wantlist": False, "in_collection": False},
        "master_id": 5460,
        "master_url": "https://api.discogs.com/masters/5460",
        "uri": f"/release/{1_000_000 + number}-Miles-Davis-Kind-Of-Blue",
        "catno": f"CL {1355 + number}",
        "title": f"Miles Davis (2) - Kind Of Blue {number}",
        "thumb": f"https://i.discogs.com/{image}/thumb.jpeg",
        "cover_image": f"https://i.discogs.com/{image}/cover.jpeg",
        "resource_url": f"https://api.discogs.com/releases/{1_000_000 + number}",
        "community": {"want": 1234, "have": 4321},
        "format_quantity": 1,
        "formats": [{"name": "Vinyl", "qty": "1", "descriptions": ["LP", "Album", "Mono"]}],
    }


def _release_page() -> bytes:
    people = [{"name": f"Player {n} ({n})", "anv": "", "join": ",", "id": n} for n in range(8)]
    return json.dumps(
        {
            "id": 249504,
            "title": "Kind Of Blue",
            "year": 1959,
            "country": "US",
            "master_id": 5460,
            "artists": people[:2],
            "extraartists": people,
            "labels": [{"name": "Columbia", "catno": "CL 1355", "id": 1866}],
            "formats": [{"name": "Vinyl", "qty": "1", "descriptions": ["LP", "Album"]}],
            "genres": ["Jazz"],
            "styles": ["Modal"],
            "notes": "First pressing. " * 40,
            "images": [{"type": "primary", "uri": "https://i.discogs.com/x.jpeg", "width": 600}],
            "tracklist": [
                {
                    "position": f"A{n}",
                    "type_": "track",
                    "title": f"Track {n}",
                    "duration": "5:00",
                    "extraartists": people[:2],
                }
                for n in range(_HITS)
            ],
        }
    ).encode()
