"""Builds what Discogs says about artists, labels and people."""

from dataclasses import dataclass
from typing import Final

from bot.sandbox.catalogue import Album, Catalogue, CollectionItem, Credit, Pressing
from bot.sandbox.catalogue.collections import FOLDER_NAMES
from bot.sandbox.discogs.details import Json, lowest_price
from bot.sandbox.discogs.people import Person
from bot.sandbox.discogs.records import DiscogsRecords

_CONDITIONS: Final = (
    "Mint (M)",
    "Near Mint (NM or M-)",
    "Very Good Plus (VG+)",
    "Very Good (VG)",
    "Good Plus (G+)",
    "Good (G)",
    "Fair (F)",
    "Poor (P)",
)
_PRICED_COPIES: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscogsNames:
    """Builds objects that point back to one running stand-in.

    Attributes:
        api_url: Base of every `resource_url`.
        records: Builds the records these objects show.
        catalogue: Where artists and labels find their records.
    """

    api_url: str
    records: DiscogsRecords
    catalogue: Catalogue

    def artist(self, credit: Credit) -> Json:
        """Return the artist; a name variation and a profile only where there is one."""
        artist_id = credit.discogs_artist_id
        body: Json = {
            "name": credit.discogs_name,
            "id": artist_id,
            "resource_url": f"{self.api_url}/artists/{artist_id}",
            "uri": f"https://www.discogs.com/artist/{artist_id}",
            "releases_url": f"{self.api_url}/artists/{artist_id}/releases",
            "data_quality": "Needs Vote",
        }
        albums = self.albums_of(artist_id)
        if albums:
            first = albums[0]
            body["profile"] = (
                f"Known here for [i]{first.title}[/i] ([m={first.master_id}]), issued on "
                f"[l={first.editions[0].label}].\r\n[b]See also:[/b] [a={credit.discogs_name}]."
            )
            body["images"] = self.records.images(first.editions[0])
        if credit.anv:
            body["namevariations"] = [credit.anv]
        return body

    def artist_releases(self, artist_id: int) -> list[Json]:
        """Return the artist's records, masters and single releases mixed, oldest first."""
        main = [(album, "Main") for album in self.albums_of(artist_id)]
        extra = [
            (album, credit.role)
            for album in self.catalogue.discogs_albums
            for credit in album.extra_credits
            if credit.discogs_artist_id == artist_id
        ]
        ordered = sorted(main + extra, key=lambda each: each[0].year)
        return [self._artist_release(album, role) for album, role in ordered]

    def _artist_release(self, album: Album, role: str) -> Json:
        """Return a master, or the only release of an album without one."""
        edition = album.editions[0]
        version = self.records.version(Pressing(album=album, edition=edition))
        body: Json = {
            "title": album.title,
            "role": role,
            "artist": album.discogs_artist,
            "year": album.year,
            "thumb": version["thumb"],
            "stats": version["stats"],
        }
        if album.master_id:
            return body | {
                "id": album.master_id,
                "type": "master",
                "main_release": edition.release_id,
                "resource_url": f"{self.api_url}/masters/{album.master_id}",
            }
        kept = ("id", "resource_url", "status", "format", "label")
        return body | {"type": "release"} | {key: version[key] for key in kept}

    def albums_of(self, artist_id: int) -> list[Album]:
        """Return the albums whose main artist this is, oldest first."""
        albums = (
            album
            for album in self.catalogue.discogs_albums
            if artist_id in {credit.discogs_artist_id for credit in album.credits}
        )
        return sorted(albums, key=lambda album: album.year)

    def label(self, label_id: int, name: str) -> Json:
        """Return the label."""
        return {
            "id": label_id,
            "name": name,
            "resource_url": f"{self.api_url}/labels/{label_id}",
            "uri": f"https://www.discogs.com/label/{label_id}",
            "releases_url": f"{self.api_url}/labels/{label_id}/releases",
            "profile": f"Issued {len(self.pressings_on(label_id))} of the records known here.",
            "data_quality": "Needs Vote",
        }

    def pressings_on(self, label_id: int) -> list[Pressing]:
        """Return the releases of a label."""
        return [
            each for each in self.catalogue.pressings.values() if each.edition.label_id == label_id
        ]

    def label_release(self, pressing: Pressing) -> Json:
        """Return a release as its label's list shows it."""
        version = self.records.version(pressing)
        kept = ("id", "title", "format", "catno", "status", "resource_url", "thumb", "stats")
        return {key: version[key] for key in kept} | {
            "artist": pressing.album.discogs_artist,
            "year": pressing.edition.year,
        }

    def profile(self, person: Person, *, is_owner: bool) -> Json:
        """Return a user; the counts of a private one are the owner's alone."""
        base = f"{self.api_url}/users/{person.username}"
        body: Json = {
            "id": person.user_id,
            "resource_url": base,
            "uri": f"https://www.discogs.com/user/{person.username}",
            "username": person.username,
            "name": "",
            "home_page": "",
            "location": "Lausanne",
            "profile": "",
            "registered": "2011-05-08T23:47:17-07:00",
            "rank": 4.0,
            "num_pending": 0,
            "num_for_sale": 0,
            "num_lists": 0,
            "releases_contributed": 0,
            "releases_rated": 8,
            "rating_avg": 4.1,
            "inventory_url": f"{base}/inventory",
            "collection_folders_url": f"{base}/collection/folders",
            "collection_fields_url": f"{base}/collection/fields",
            "wantlist_url": f"{base}/wants",
            "avatar_url": f"{self.records.image_url}/spacer.gif",
            "curr_abbr": person.currency,
        }
        if is_owner or not person.is_private:
            body["num_collection"] = len(person.collection)
            body["num_wantlist"] = len(person.wants)
        if is_owner:
            body["email"] = f"{person.username}@example.org"
        return body

    def folders(self, person: Person, *, is_owner: bool) -> list[Json]:
        """Return the folders; strangers see folder 0 only."""
        names = {0: "All"} | (FOLDER_NAMES if is_owner else {})
        base = f"{self.api_url}/users/{person.username}/collection/folders"
        return [
            {
                "id": folder_id,
                "name": name,
                "count": person.collection.count(folder_id),
                "resource_url": f"{base}/{folder_id}",
            }
            for folder_id, name in names.items()
        ]

    def copy(self, item: CollectionItem, *, is_owner: bool) -> Json:
        """Return one copy in a collection; the owner's notes are the owner's alone."""
        body: Json = {
            "id": item.pressing.edition.release_id,
            "instance_id": item.instance_id,
            "date_added": item.added_at.isoformat(),
            "rating": item.rating,
            "basic_information": self.records.basic_information(item.pressing),
        }
        if is_owner:
            body["folder_id"] = item.folder_id
        if is_owner and item.notes:
            body["notes"] = [
                {"field_id": field_id, "value": value} for field_id, value in item.notes.items()
            ]
        return body

    def wish(self, person: Person, item: CollectionItem, *, is_owner: bool) -> Json:
        """Return one entry of a wantlist."""
        release_id = item.pressing.edition.release_id
        body: Json = {
            "id": release_id,
            "resource_url": f"{self.api_url}/users/{person.username}/wants/{release_id}",
            "rating": item.rating,
            "date_added": item.added_at.isoformat(),
            "basic_information": self.records.basic_information(item.pressing),
        }
        if is_owner:
            body["notes"] = item.notes.get(3, "")
            body["notes_public"] = False
        return body


def fields() -> list[Json]:
    """Return the collection fields that every user starts with."""
    dropdown = {"type": "dropdown", "options": list(_CONDITIONS), "public": True}
    return [
        {"id": 1, "name": "Media Condition", "position": 1} | dropdown,
        {
            "id": 2,
            "name": "Sleeve Condition",
            "position": 2,
            "type": "dropdown",
            "options": ["Generic", "No Cover", "Not Graded", *_CONDITIONS],
            "public": True,
        },
        {
            "id": 3,
            "name": "Notes",
            "position": 3,
            "type": "textarea",
            "lines": 3,
            "public": True,
        },
    ]


def value(person: Person) -> dict[str, str]:
    """Return the worth of a collection as Discogs writes it: symbol, separators, two decimals."""
    # Beyond a few hundred copies the mean is close enough.
    counted = range(min(len(person.collection), _PRICED_COPIES))
    prices = [_price(person.collection.item(number)) for number in counted]
    median = sum(prices) * len(person.collection) / max(1, len(prices))
    return {
        name: f"{person.symbol}{median * share:,.2f}"
        for name, share in (("minimum", 0.55), ("median", 1.0), ("maximum", 1.9))
    }


def _price(item: CollectionItem) -> float:
    return lowest_price(item.pressing.edition, "EUR") or 0.0
