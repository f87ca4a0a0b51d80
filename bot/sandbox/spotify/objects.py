"""Builds the objects of Spotify's Web API, without the fields that Development Mode lost.

Gone since 2026: `available_markets`, `popularity`, `label`, `album_group`, `followers`,
`linked_from`. `is_playable` is only there when the request named a market.
"""

from dataclasses import dataclass
from typing import Any, Final

from yarl import URL

from bot.sandbox.catalogue import Album, Credit, Song
from bot.sandbox.catalogue.model import spotify_id, stable_number

Json = dict[str, Any]

_SITE: Final = "https://open.spotify.com"
_IMAGE_SIZES: Final = (640, 300, 64)
_EMBEDDED_TRACKS: Final = 50
_PRECISIONS: Final = {4: "year", 7: "month", 10: "day"}
_SMALL_WORDS: Final = frozenset(
    ("a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with")
)
_VARIOUS: Final = "Various"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotifyObjects:
    """Builds objects that point back to one running stand-in.

    Attributes:
        api_url: Base of every `href`.
        image_url: Base of every picture.
    """

    api_url: str
    image_url: str

    def album(self, album: Album, market: str | None) -> Json:
        """Return the full album with the first page of its tracks."""
        href = f"{self.api_url}/albums/{album.spotify_id}/tracks"
        songs = songs_of(album)
        tracks = page(
            [self.simple_track(song, market) for song in songs[:_EMBEDDED_TRACKS]],
            href=href,
            query={},
            limit=_EMBEDDED_TRACKS,
            offset=0,
            total=len(songs),
        )
        edition = album.editions[0]
        body = self.simple_album(album, market) | {
            "tracks": tracks,
            "copyrights": [{"text": f"{album.year} {edition.label}", "type": "P"}],
            "external_ids": {"upc": edition.barcode.zfill(13)} if edition.barcode else {},
            "genres": [],
        }
        if market is not None:
            body["is_playable"] = True
        return body

    def simple_album(self, album: Album, market: str | None) -> Json:
        """Return the album as lists and searches show it."""
        body = self._head("album", album.spotify_id) | {
            "album_type": album_type(album),
            "artists": [self.simple_artist(credit) for credit in album.credits],
            "images": self._images("album", album.spotify_id) if album.has_art else [],
            "name": spelled(album.title),
            "release_date": album.released,
            "release_date_precision": _PRECISIONS[len(album.released)],
            "total_tracks": len(album.tracks),
        }
        if market is not None:
            body["is_playable"] = True
        return body

    def track(self, song: Song, market: str | None) -> Json:
        """Return the full track with its album."""
        number = stable_number(f"isrc:{song.album.key}:{song.number}", 100_000)
        year = song.album.year % 100
        return self.simple_track(song, market) | {
            "album": self.simple_album(song.album, market),
            "external_ids": {"isrc": f"QZSBX{year:02d}{number:05d}"},
        }

    def simple_track(self, song: Song, market: str | None) -> Json:
        """Return the track as its album shows it."""
        track_id = song.album.spotify_track_id(song.number)
        body = self._head("track", track_id) | {
            "artists": [self.simple_artist(credit) for credit in _performers(song)],
            "disc_number": 1,
            "duration_ms": song.track.seconds * 1000 + 333,
            "explicit": False,
            "is_local": False,
            "name": spelled(song.track.title),
            "preview_url": None,
            "track_number": song.number,
        }
        if market is not None:
            body["is_playable"] = True
        return body

    def artist(self, credit: Credit) -> Json:
        """Return the full artist; `genres` is empty as it mostly is in life."""
        return self.simple_artist(credit) | {
            "genres": [],
            "images": self._images("artist", credit.spotify_artist_id),
        }

    def simple_artist(self, credit: Credit) -> Json:
        """Return the artist as albums and tracks name it."""
        head = self._head("artist", credit.spotify_artist_id)
        return head | {"name": "Various Artists" if credit.name == _VARIOUS else credit.name}

    def playlist(self, name: str, owner: str, description: str) -> Json:
        """Return a playlist without its contents: nobody here is its owner."""
        playlist_id = spotify_id("playlist", name)
        owner_head = {
            "display_name": owner.title(),
            "external_urls": {"spotify": f"{_SITE}/user/{owner}"},
            "href": f"{self.api_url}/users/{owner}",
            "id": owner,
            "type": "user",
            "uri": f"spotify:user:{owner}",
        }
        return self._head("playlist", playlist_id) | {
            "collaborative": False,
            "description": description,
            "images": self._images("playlist", playlist_id)[:1],
            "name": name,
            "owner": owner_head,
            "primary_color": None,
            "public": True,
            "snapshot_id": f"AAAA{playlist_id}",
        }

    def _head(self, kind: str, object_id: str) -> Json:
        return {
            "external_urls": {"spotify": f"{_SITE}/{kind}/{object_id}"},
            "href": f"{self.api_url}/{kind}s/{object_id}",
            "id": object_id,
            "type": kind,
            "uri": f"spotify:{kind}:{object_id}",
        }

    def _images(self, kind: str, object_id: str) -> list[Json]:
        return [
            {"height": size, "url": f"{self.image_url}/{kind}-{object_id}-{size}", "width": size}
            for size in _IMAGE_SIZES
        ]


def page(
    items: list[Any], *, href: str, query: dict[str, str], limit: int, offset: int, total: int
) -> Json:
    """Return an offset page around items already cut out.

    Args:
        items: The items of this page; the API sometimes puts null among them.
        href: Address without a query.
        query: Other query parameters of the page's own addresses.
        limit: Page size asked for.
        offset: Items before this page.
        total: Items in all pages.
    """

    def address(at: int) -> str:
        return str(URL(href).with_query({"offset": str(at), "limit": str(limit)} | query))

    return {
        "href": address(offset),
        "items": items,
        "limit": limit,
        "next": address(offset + limit) if offset + limit < total else None,
        "offset": offset,
        "previous": address(max(0, offset - limit)) if offset else None,
        "total": total,
    }


def album_type(album: Album) -> str:
    """Return `compilation` for Various, else `album`; the catalogue has no singles."""
    return "compilation" if album.artist == _VARIOUS else "album"


def songs_of(album: Album) -> list[Song]:
    """Return the album's tracks with their numbers."""
    numbered = enumerate(album.tracks, start=1)
    return [Song(album=album, track=track, number=number) for number, track in numbered]


def spelled(title: str) -> str:
    """Write a title as Spotify does: Discogs capitalises every word, Spotify spares the small."""
    first, *others = title.split(" ")
    lowered = (word.lower() if word.lower() in _SMALL_WORDS else word for word in others)
    return " ".join([first, *lowered])


def _performers(song: Song) -> tuple[Credit, ...]:
    if song.track.artist:
        return (Credit(name=song.track.artist, discogs_name=song.track.artist),)
    return song.album.credits
