"""Parts of Discogs objects that need no address: formats, prices, positions, dates.

Owners, wishes, ratings and prices are invented, but stay the same for a release.
"""

from typing import Any, Final

from bot.sandbox.catalogue import Album, Edition
from bot.sandbox.catalogue.model import discogs_id, stable_number

Json = dict[str, Any]

_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
_RATES: Final = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79, "CHF": 0.88, "CAD": 1.37, "JPY": 151.0}
_PLANTS: Final = ("MPO", "Optimal Media GmbH", "Record Industry (2)", "Pallas")
_DATE_PARTS: Final = 3
_ONE_SIDED: Final = frozenset({"CD", "File", "CDr", "SACD", "DVD"})


def picture_name(release_id: int, size: int) -> str:
    """Return the signed file name of a release's picture; any other spelling is refused."""
    signature = stable_number(f"image:{release_id}:{size}", 16**10)
    return f"{signature:010x}-{size}-R-{release_id}.png"


def form(edition: Edition) -> Json:
    """Return the format of a release; `qty` is a string."""
    body: Json = {"name": edition.medium, "qty": str(edition.quantity)}
    if edition.descriptions:
        body["descriptions"] = list(edition.descriptions)
    if edition.text:
        body["text"] = edition.text
    return body


def community(edition: Edition) -> Json:
    """Return invented but stable numbers of owners, wishers and raters."""
    have, want = popularity(edition)
    rating = 3.5 + stable_number(f"rating:{edition.release_id}", 140) / 100
    return {
        "have": have,
        "want": want,
        "rating": {"count": have // 9, "average": round(rating, 2)},
        "status": "Accepted",
        "data_quality": "Correct",
    }


def for_sale(edition: Edition) -> int:
    """Return how many copies are for sale; often none."""
    return max(0, stable_number(f"sale:{edition.release_id}", 90) - 15)


def lowest_price(edition: Edition, currency: str) -> float | None:
    """Return the lowest price, or None when no copy is for sale; unknown currencies mean USD."""
    if not for_sale(edition):
        return None
    dollars = 2 + stable_number(f"price:{edition.release_id}", 6000) / 100
    return round(dollars * _RATES.get(currency, 1.0), 2)


def known_currency(currency: str) -> str:
    """Return the currency when prices exist in it, else USD: wrong values are ignored."""
    return currency if currency in _RATES else "USD"


def slug(album: Album) -> str:
    """Return the readable part of a page's address."""
    words = "".join(each if each.isalnum() else " " for each in f"{album.artist} {album.title}")
    return "-".join(words.split())


def positions(album: Album, edition: Edition) -> list[str]:
    """Return `A1, A2, B1…` on two-sided media and `1, 2…` elsewhere."""
    count = len(album.tracks)
    if edition.medium in _ONE_SIDED:
        return [str(number) for number in range(1, count + 1)]
    sides = max(1, min(count, 2 * edition.quantity))
    even = [count * (side + 1) // sides - count * side // sides for side in range(sides)]
    positions: list[str] = []
    for side, size in enumerate(album.sides if len(album.sides) == sides else even):
        letter = chr(ord("A") + side)
        # A side with a single long piece carries no number.
        positions += [letter] if size == 1 else [f"{letter}{place + 1}" for place in range(size)]
    return positions


def dates(released: str) -> Json:
    """Return `released` with `-00` for what is unknown, and how Discogs writes it out."""
    parts = released.split("-")
    if len(parts) == 1:
        return {"released": released, "released_formatted": released}
    place = 3 * (int(parts[1]) - 1)
    month = _MONTHS[place : place + 3]
    if len(parts) < _DATE_PARTS:
        return {"released": f"{released}-00", "released_formatted": f"{month} {parts[0]}"}
    formatted = f"{parts[2]} {month} {parts[0]}"
    return {"released": released, "released_formatted": formatted}


def small_print(edition: Edition) -> Json:
    """Return companies and identifiers, where there are any; invented but stable."""
    parts: Json = {}
    identifiers = [{"type": "Barcode", "value": edition.barcode}] if edition.barcode else []
    if edition.medium == "Vinyl":
        plant = _PLANTS[stable_number(f"plant:{edition.release_id}", len(_PLANTS))]
        parts["companies"] = [
            {
                "name": plant,
                "catno": "",
                "entity_type": "17",
                "entity_type_name": "Pressed By",
                "id": discogs_id("label", plant),
            }
        ]
        named = "" if edition.catno == "none" else edition.catno
        stem = "".join(filter(str.isalnum, named)) or str(edition.release_id)
        # Nobody has looked at the run-out of every fourth.
        sides = "AB" if stable_number(f"matrix:{edition.release_id}", 4) else ""
        identifiers += [
            {"type": "Matrix / Runout", "value": f"{stem}-{side}1", "description": f"Side {side}"}
            for side in sides
        ]
    if identifiers:
        parts["identifiers"] = identifiers
    return parts


def popularity(edition: Edition) -> tuple[int, int]:
    """Return how many have it and how many want it."""
    have = 40 + stable_number(f"have:{edition.release_id}", 30_000)
    return have, have // (2 + stable_number(f"want:{edition.release_id}", 20))
