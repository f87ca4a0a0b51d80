"""Changes of playlists that are made once, also when Spotify's answer is lost.

Spotify has no idempotency keys. So before anything is sent again, a look tells whether it was
done: a playlist is found by a mark in its description, tracks by how many there are.
"""

from collections.abc import Sequence
from typing import Final

from services.errors import ExternalServiceException, OutcomeUnknown
from services.playlists.models import Batch
from services.playlists.planning import verdict
from services.playlists.ports import Shelf
from services.spotify.accounts import SpotifyAccount
from services.spotify.playlist_models import SpotifyPlaylist
from services.spotify.playlists import is_in_doubt

_PAGE: Final = 50
_MOST_PAGES_OF_PLAYLISTS: Final = 4  # a new one is among the first
_MOST_PAGES_OF_TRACKS: Final = 40


async def find_marked(shelf: Shelf, account: SpotifyAccount, mark: str) -> SpotifyPlaylist | None:
    """Return the person's playlist whose description has the mark, or None.

    Raises:
        ExternalServiceException: Nobody could look.
    """
    for number in range(1, _MOST_PAGES_OF_PLAYLISTS + 1):
        page = await shelf.mine(account, number, _PAGE)
        for playlist in page.playlists:
            if mark in playlist.description.split():
                return playlist
        if number * _PAGE >= page.total:
            break
    return None


async def create_once(
    shelf: Shelf,
    account: SpotifyAccount,
    name: str,
    *,
    is_public: bool,
    about: str,
    mark: str,
    is_asked: bool = False,
) -> SpotifyPlaylist:
    """Make a playlist, unless an earlier request has made it.

    Args:
        shelf: Spotify.
        account: Whose.
        name: Its name.
        is_public: Whether everybody may see it.
        about: The description, before the mark.
        mark: One word that no other playlist's description has.
        is_asked: An earlier request may have made it.

    Raises:
        OutcomeUnknown: It was asked for, and nobody knows whether it was made.
        ExternalServiceException: It was not made.
    """
    if is_asked and (made := await find_marked(shelf, account, mark)) is not None:
        return made
    description = f"{about} {mark}".strip()
    try:
        return await shelf.create(account, name, is_public=is_public, description=description)
    except ExternalServiceException as error:
        if not is_in_doubt(error):
            raise
        return await _looked_for(shelf, account, mark, error)


async def _looked_for(
    shelf: Shelf, account: SpotifyAccount, mark: str, error: ExternalServiceException
) -> SpotifyPlaylist:
    try:
        made = await find_marked(shelf, account, mark)
    except ExternalServiceException:
        raise _unknown("create_playlist", error) from error
    if made is None:
        raise error
    return made


async def add_once(
    shelf: Shelf, account: SpotifyAccount, spotify_id: str, uris: Sequence[str], before: int
) -> None:
    """Add up to 100 tracks; after a lost answer, look whether they were added.

    Args:
        shelf: Spotify.
        account: In whose name.
        spotify_id: Of the playlist.
        uris: The tracks.
        before: How many tracks the playlist has without them.

    Raises:
        OutcomeUnknown: They were sent, and nobody knows whether they were added.
        ExternalServiceException: They were not added.
    """
    try:
        await shelf.add(account, spotify_id, uris)
    except ExternalServiceException as error:
        if not is_in_doubt(error):
            raise
        batch = Batch(uris=tuple(uris), before=before, albums=0)
        try:
            is_there, _ = await look(shelf, account, spotify_id, batch)
        except ExternalServiceException:
            raise _unknown("add_playlist_items", error) from error
        if not is_there:
            raise


async def look(
    shelf: Shelf, account: SpotifyAccount, spotify_id: str, batch: Batch
) -> tuple[bool, int]:
    """Return whether a batch is in the playlist, and how many tracks there are.

    Raises:
        ExternalServiceException: Nobody could look.
    """
    first = await shelf.items(account, spotify_id, 1, _PAGE)
    said = verdict(batch, first.total)
    if said is not None:
        return said, first.total
    held = {track.uri for track in first.tracks}
    # From the end, where they were added: not all of a long playlist is read.
    pages = -(-first.total // _PAGE)
    for number in range(pages, max(1, pages - _MOST_PAGES_OF_TRACKS), -1):
        page = await shelf.items(account, spotify_id, number, _PAGE)
        held.update(track.uri for track in page.tracks)
    return held.issuperset(batch.uris), first.total


def _unknown(operation: str, error: ExternalServiceException) -> OutcomeUnknown:
    message = f"sent, and nobody knows whether it was done ({error.message})"
    return OutcomeUnknown("spotify", operation, None, message, failure=error)
