"""Builds what Discogs says about records: releases, masters, versions and short forms of them.

"Nothing there" is an absent key, not null; years are numbers here and strings in searches.
"""

from dataclasses import dataclass
from typing import Final

from bot.sandbox.catalogue import Album, Credit, Edition, Pressing, Track
from bot.sandbox.discogs.details import (
    Json,
    community,
    dates,
    for_sale,
    form,
    lowest_price,
    picture_name,
    popularity,
    positions,
    slug,
    small_print,
)

_FULL_SIZE: Final = 600
_THUMB_SIZE: Final = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscogsRecords:
    """Builds objects that point back to one running stand-in.

    Attributes:
        api_url: Base of every `resource_url`.
        image_url: Base of every picture.
    """

    api_url: str
    image_url: str

    def release(self, pressing: Pressing, currency: str) -> Json:
        """Return the full release, priced in a currency when anything is for sale."""
        album, edition = pressing.album, pressing.edition
        body: Json = {
            "id": edition.release_id,
            "status": "Accepted",
            "resource_url": f"{self.api_url}/releases/{edition.release_id}",
            "uri": f"https://www.discogs.com/release/{edition.release_id}-{slug(album)}",
            "artists": [self.credit(each) for each in album.credits],
            "artists_sort": album.discogs_artist,
            "title": album.title,
            "labels": [self.label(edition)],
            "series": [],
            "formats": [form(edition)],
            "format_quantity": edition.quantity,
            "genres": list(album.genres),
            "country": edition.country,
            "tracklist": self.tracklist(album, edition),
            "community": community(edition),
            "date_added": "2004-10-29T22:26:32-07:00",
            "date_changed": "2025-03-02T01:12:45-08:00",
            "data_quality": "Correct",
            "blocked_from_sale": edition.descriptions[-1:] == ("Unofficial Release",),
            "num_for_sale": for_sale(edition),
            "lowest_price": lowest_price(edition, currency),
            "thumb": self.picture(edition, _THUMB_SIZE) if album.has_art else "",
        }
        return body | self._optional_release_parts(pressing)

    def _optional_release_parts(self, pressing: Pressing) -> Json:
        """Return the keys that a release only has when there is something to say."""
        album, edition = pressing.album, pressing.edition
        parts: Json = {}
        if edition.year:
            released = album.released if edition is album.editions[0] else str(edition.year)
            parts |= {"year": edition.year} | dates(released)
        if album.master_id:
            parts["master_id"] = album.master_id
            parts["master_url"] = f"{self.api_url}/masters/{album.master_id}"
        if album.styles:
            parts["styles"] = list(album.styles)
        if album.extra_credits:
            parts["extraartists"] = [self.credit(each) for each in album.extra_credits]
        if album.has_art:
            parts["images"] = self.images(edition)
        parts |= small_print(edition)
        if edition.text:
            parts["notes"] = f"Pressed on {edition.text} vinyl.\r\nMade in {edition.country}."
        return parts

    def master(self, album: Album) -> Json:
        """Return the full master of an album."""
        main, latest = album.editions[0], album.editions[-1]
        body: Json = {
            "id": album.master_id,
            "main_release": main.release_id,
            "most_recent_release": latest.release_id,
            "resource_url": f"{self.api_url}/masters/{album.master_id}",
            "uri": f"https://www.discogs.com/master/{album.master_id}-{slug(album)}",
            "versions_url": f"{self.api_url}/masters/{album.master_id}/versions",
            "main_release_url": f"{self.api_url}/releases/{main.release_id}",
            "most_recent_release_url": f"{self.api_url}/releases/{latest.release_id}",
            "num_for_sale": sum(for_sale(each) for each in album.editions),
            "lowest_price": lowest_price(main, "USD"),
            "genres": list(album.genres),
            "year": album.year,
            "tracklist": self.tracklist(album, main),
            "artists": [self.credit(each) for each in album.credits],
            "title": album.title,
            "data_quality": "Correct",
        }
        if album.styles:
            body["styles"] = list(album.styles)
        if album.has_art:
            body["images"] = self.images(main)
        return body

    def version(self, pressing: Pressing) -> Json:
        """Return a release as its master's list of versions shows it."""
        edition = pressing.edition
        have, want = popularity(edition)
        return {
            "id": edition.release_id,
            "label": edition.label,
            "country": edition.country,
            "title": pressing.album.title,
            "major_formats": [edition.medium],
            "format": ", ".join(edition.descriptions),
            "catno": edition.catno,
            "released": str(edition.year or ""),
            "status": "Accepted",
            "resource_url": f"{self.api_url}/releases/{edition.release_id}",
            "thumb": self.picture(edition, _THUMB_SIZE) if pressing.album.has_art else "",
            "stats": {"community": {"in_wantlist": want, "in_collection": have}},
        }

    def basic_information(self, pressing: Pressing) -> Json:
        """Return a release as collections and wantlists show it."""
        album, edition = pressing.album, pressing.edition
        return {
            "id": edition.release_id,
            "master_id": album.master_id,
            "master_url": f"{self.api_url}/masters/{album.master_id}" if album.master_id else None,
            "resource_url": f"{self.api_url}/releases/{edition.release_id}",
            "title": album.title,
            "year": edition.year,
            "formats": [form(edition)],
            "artists": [self.credit(each) for each in album.credits],
            "labels": [self.label(edition)],
            "thumb": self.picture(edition, _THUMB_SIZE) if album.has_art else "",
            "cover_image": self.cover(edition, has_art=album.has_art),
            "genres": list(album.genres),
            "styles": list(album.styles),
        }

    def tracklist(self, album: Album, edition: Edition) -> list[Json]:
        """Return the tracks with the positions of the edition's medium."""
        sides = positions(album, edition)
        return [
            self._track(track, position)
            for track, position in zip(album.tracks, sides, strict=True)
        ]

    def _track(self, track: Track, position: str) -> Json:
        body: Json = {
            "position": position,
            "type_": "track",
            "title": track.title,
            "duration": track.duration,
        }
        if track.artist:
            performer = Credit(name=track.artist, discogs_name=track.artist)
            body["artists"] = [self.credit(performer)]
        return body

    def credit(self, credit: Credit) -> Json:
        """Return an artist as records name it."""
        return {
            "name": credit.discogs_name,
            "anv": credit.anv,
            "join": credit.join,
            "role": credit.role,
            "tracks": "",
            "id": credit.discogs_artist_id,
            "resource_url": f"{self.api_url}/artists/{credit.discogs_artist_id}",
        }

    def label(self, edition: Edition) -> Json:
        """Return the label as releases name it."""
        return {
            "name": edition.label,
            "catno": edition.catno,
            "entity_type": "1",
            "entity_type_name": "Label",
            "id": edition.label_id,
            "resource_url": f"{self.api_url}/labels/{edition.label_id}",
        }

    def images(self, edition: Edition) -> list[Json]:
        """Return the pictures of a release; the address stands for the size, like a signed one."""
        full = self.picture(edition, _FULL_SIZE)
        return [
            {
                "type": "primary",
                "uri": full,
                "resource_url": full,
                "uri150": self.picture(edition, _THUMB_SIZE),
                "width": _FULL_SIZE,
                "height": _FULL_SIZE,
            }
        ]

    def cover(self, edition: Edition, *, has_art: bool) -> str:
        """Return the large picture's address, or the spacer that stands for none."""
        return self.picture(edition, _FULL_SIZE) if has_art else f"{self.image_url}/spacer.gif"

    def picture(self, edition: Edition, size: int) -> str:
        """Return the address of a square picture with this many pixels a side."""
        return f"{self.image_url}/{picture_name(edition.release_id, size)}"
