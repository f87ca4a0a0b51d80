"""``MusicSuggestions``: what somebody may mean while they type for ``/album`` and the like.

What they looked at on Spotify last, then what they own on Discogs; nobody upstream is asked.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from services.catalogue.music_lookup import OWN_PREFIX
from services.catalogue.names import is_various
from services.catalogue.recent_items import RecentItem, RecentItems
from services.collection.models import StoredCopy
from services.music import fold
from services.spotify.models import SpotifyKind, uri_of

_MOST: Final = 25


class OwnCopies(Protocol):
    """``CollectionService``, as far as it is needed here."""

    async def find(self, user_id: int, text: str, limit: int = 25) -> tuple[StoredCopy, ...]:
        """Return the person's own copies that fit a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicSuggestion:
    """What is offered, and what it stands for.

    Attributes:
        value: What ``MusicLookup.look_up`` takes for exactly this: a URI, a record of the
            person's own, or an artist's name.
        name: Of the album, the artist or the track.
        artist: Empty for an artist.
        is_owned: It is a record of the person's.
    """

    value: str
    name: str
    artist: str = ""
    is_owned: bool = False


class MusicSuggestions:
    """Suggests what the person looked at last, then what they own."""

    def __init__(self, *, copies: OwnCopies, recent: RecentItems) -> None:
        """Take them from ``recent`` and ``copies``."""
        self._copies = copies
        self._recent = recent

    async def find(self, user_id: int, kind: SpotifyKind, text: str) -> tuple[MusicSuggestion, ...]:
        """Return up to 25 with words that begin with those of ``text``, each name once.

        Raises:
            DatabaseUnavailable: Of the storage.
        """
        found = list(map(_of_recent, self._recent.find(user_id, kind, text)))
        if kind is SpotifyKind.ALBUM:
            found += map(_of_copy, await self._copies.find(user_id, text, _MOST))
        elif kind is SpotifyKind.ARTIST:
            copies = await self._copies.find(user_id, text, _MOST)
            # The words may have been those of a title.
            found += [_of_artist(copy) for copy in copies if _is_by(copy, text)]
        named: dict[tuple[str, str], MusicSuggestion] = {}
        for each in found:  # twice the same would only be two lines that look alike
            named.setdefault((fold(each.artist), fold(each.name)), each)
        return tuple(named.values())[:_MOST]


def _of_recent(item: RecentItem) -> MusicSuggestion:
    value = uri_of(item.kind, item.spotify_id)
    return MusicSuggestion(value=value, name=item.name, artist=item.artist)


def _of_copy(copy: StoredCopy) -> MusicSuggestion:
    # What is only kept here has no number of Discogs'; its names are looked for.
    number = f"{OWN_PREFIX}{copy.release_id}" if copy.release_id else ""
    value = number or f"{copy.artist} {copy.title}"
    return MusicSuggestion(value=value, name=copy.title, artist=copy.artist, is_owned=True)


def _of_artist(copy: StoredCopy) -> MusicSuggestion:
    return MusicSuggestion(value=copy.artist, name=copy.artist, is_owned=True)


def _is_by(copy: StoredCopy, text: str) -> bool:
    words, wanted = fold(copy.artist).split(), fold(text).split()
    begins = all(any(word.startswith(start) for word in words) for start in wanted)
    return begins and not is_various((copy.artist,))
