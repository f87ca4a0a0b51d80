"""``OwnPlaylists``: what a person has on Spotify, kept for the moments in which they choose."""

from collections import OrderedDict
from typing import Final

from services.music import fold
from services.playlists.ports import Shelf
from services.resilience.clock import Clock
from services.resilience.single_flight import SingleFlight
from services.spotify.accounts import SpotifyAccount
from services.spotify.playlist_models import SpotifyPlaylist

_KEPT_SECONDS: Final = 120.0
_MOST_PEOPLE: Final = 500
_PAGE: Final = 50
_MOST_PAGES: Final = 2

Playlists = tuple[SpotifyPlaylist, ...]


class OwnPlaylists:
    """Keeps the 100 newest of each person for two minutes, in memory and for nobody else."""

    def __init__(self, shelf: Shelf, *, clock: Clock) -> None:
        """Ask ``shelf``."""
        self._shelf = shelf
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Playlists]] = OrderedDict()
        self._flights = SingleFlight()

    async def all(self, account: SpotifyAccount) -> Playlists:
        """Return what the person has made or follows, the newest first.

        Raises:
            ExternalServiceException: Spotify cannot be asked.
        """
        until, kept = self._kept.get(_key(account), (0.0, ()))
        if self._clock.monotonic() < until:
            return kept
        return await self._flights.run(_key(account), lambda: self._read(account))

    async def open_to(self, account: SpotifyAccount) -> Playlists:
        """Return those that the person may change, as far as Spotify tells; raises as ``all``."""
        return tuple(each for each in await self.all(account) if each.track_count is not None)

    def drop(self, account: SpotifyAccount) -> None:
        """Ask again next time: the person has changed something."""
        self._kept.pop(_key(account), None)

    async def _read(self, account: SpotifyAccount) -> Playlists:
        found: list[SpotifyPlaylist] = []
        for number in range(1, _MOST_PAGES + 1):
            page = await self._shelf.mine(account, number, _PAGE)
            found.extend(page.playlists)
            if number * _PAGE >= page.total:
                break
        until = self._clock.monotonic() + _KEPT_SECONDS
        self._kept[_key(account)] = until, tuple(found)
        self._kept.move_to_end(_key(account))
        if len(self._kept) > _MOST_PEOPLE:
            self._kept.popitem(last=False)
        return tuple(found)


def _key(account: SpotifyAccount) -> str:
    """Return what stands for a person and the account that they have linked now."""
    return f"{account.user_id}:{account.account_id}"


def fitting(playlists: Playlists, typed: str) -> Playlists:
    """Return those with a word that begins with what was typed, in their order."""
    key = f" {fold(typed)}" if fold(typed) else ""
    return tuple(each for each in playlists if key in f" {fold(each.name)}")


def named(playlists: Playlists, text: str) -> SpotifyPlaylist | None:
    """Return the one that is meant: of that id, of that very name, or the only one that fits."""
    for each in playlists:
        if each.spotify_id == text:
            return each
    same = [each for each in playlists if fold(each.name) == fold(text)]
    if same:
        return same[0]
    close = fitting(playlists, text) if fold(text) else ()
    return close[0] if len(close) == 1 else None
