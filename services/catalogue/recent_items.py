"""``RecentItems``: what people looked at on Spotify last, to be suggested to them again.

In memory, and for a day at most: Spotify's terms let nobody keep its content longer than needed.
A restart forgets everything.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from services.music import fold
from services.resilience.clock import Clock
from services.spotify.models import SpotifyKind

_KEPT_SECONDS: Final = 86_400.0
_SWEEP_SECONDS: Final = 600.0
_MOST_ITEMS: Final = 25
_MOST_PEOPLE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentItem:
    """An album, an artist or a track that somebody looked at.

    Attributes:
        kind: What it is.
        spotify_id: Base62, 22 characters.
        name: As Spotify spells it.
        artist: Of an album or a track; empty for an artist.
    """

    kind: SpotifyKind
    spotify_id: str
    name: str
    artist: str = ""


class RecentItems:
    """Keeps the last 25 of each of the last 1,000 people."""

    def __init__(self, *, clock: Clock) -> None:
        """Forget by ``clock``."""
        self._clock = clock
        # People and their items, the longest ago first; the value is when an item was looked at.
        self._people: OrderedDict[int, OrderedDict[RecentItem, float]] = OrderedDict()
        self._swept_at = clock.monotonic()

    def note(self, user_id: int, item: RecentItem) -> None:
        """Note that the person looked at something now."""
        self._forget_old()
        items = self._people.setdefault(user_id, OrderedDict())
        items[item] = self._clock.monotonic()
        items.move_to_end(item)
        self._people.move_to_end(user_id)
        if len(items) > _MOST_ITEMS:
            items.popitem(last=False)
        if len(self._people) > _MOST_PEOPLE:
            self._people.popitem(last=False)

    def find(self, user_id: int, kind: SpotifyKind, text: str) -> tuple[RecentItem, ...]:
        """Return the person's of a kind with words that begin as in ``text``, newest first."""
        self._forget_old()
        wanted, since = fold(text).split(), self._clock.monotonic() - _KEPT_SECONDS
        items = self._people.get(user_id, OrderedDict())
        return tuple(
            item
            for item, at in reversed(items.items())
            if item.kind is kind and at > since and _has_words(f"{item.artist} {item.name}", wanted)
        )

    def _forget_old(self) -> None:
        """Drop what is a day old, of everybody; looked for once in ten minutes."""
        now = self._clock.monotonic()
        if now < self._swept_at + _SWEEP_SECONDS:
            return
        self._swept_at = now
        for user_id, items in list(self._people.items()):
            while items and next(iter(items.values())) <= now - _KEPT_SECONDS:
                items.popitem(last=False)
            if not items:
                del self._people[user_id]


def _has_words(text: str, wanted: list[str]) -> bool:
    words = fold(text).split()
    return all(any(word.startswith(start) for word in words) for start in wanted)
