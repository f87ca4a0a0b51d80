"""What to do next with a run, and what it costs: pure functions, no I/O."""

from collections.abc import Iterable
from typing import Final

import msgspec

from services.playlists.models import Batch, Progress, Run, Stage

BATCH: Final = 100
"""The most tracks that Spotify adds at once."""
_TRACKS_OF_AN_ALBUM: Final = 12
_REQUESTS_OF_AN_ALBUM: Final = 2  # one search, one album
_MORE_REQUESTS_OF_AN_ALBUM: Final = 1  # a second search, where the first finds nothing likely
_REQUESTS_AROUND: Final = 1  # the playlist itself


def cost_of(albums: int) -> int:
    """Return about how many requests a run takes whose albums are all found at once."""
    if not albums:
        return 0
    batches = -(-albums * _TRACKS_OF_AN_ALBUM // BATCH)
    return _REQUESTS_AROUND + albums * _REQUESTS_OF_AN_ALBUM + batches


def highest_cost_of(albums: int) -> int:
    """Return about how many requests a run takes whose albums all need a second search."""
    return cost_of(albums) + albums * _MORE_REQUESTS_OF_AN_ALBUM


def affordable(requests: int, most: int) -> int:
    """Return for how many albums, ``most`` at most, so many requests do."""
    return max((n for n in range(most + 1) if cost_of(n) <= requests), default=0)


def after(progress: Progress, runs: Iterable[Run]) -> Progress:
    """Return the progress of a run that follows others into its playlist, and repeats nothing.

    Args:
        progress: Of a run that has not begun.
        runs: All runs of the person; those into other playlists, and drafts, do not matter.
    """
    others = [
        run.progress
        for run in runs
        if run.stage is not Stage.DRAFT and run.progress.mark == progress.mark
    ]
    numbers = (
        *progress.before,
        *(number for other in others for number in other.before),
        *(album.number for other in others for album in other.albums),
    )
    spotify_ids = (each for other in others for each in other.spotify_ids)
    done = frozenset(numbers)
    return msgspec.structs.replace(
        progress,
        albums=tuple(album for album in progress.albums if album.number not in done),
        before=tuple(dict.fromkeys(numbers)),
        spotify_ids=tuple(dict.fromkeys((*progress.spotify_ids, *spotify_ids))),
        count=max((progress.count, *(other.count for other in others))),
    )


def found(progress: Progress, spotify_id: str, uris: tuple[str, ...]) -> Progress:
    """Return the progress after an album was found: its tracks wait to be added."""
    return msgspec.structs.replace(
        progress,
        next=progress.next + 1,
        spotify_ids=(*progress.spotify_ids, spotify_id),
        waiting=progress.waiting + uris,
        waiting_albums=progress.waiting_albums + 1,
    )


def must_send(progress: Progress, incoming: int) -> bool:
    """Return whether what waits must be added before so many more tracks join."""
    waiting = len(progress.waiting)
    return waiting >= BATCH or (waiting > 0 and waiting + incoming > BATCH)


def with_batch(progress: Progress) -> Progress:
    """Return the progress with the next tracks about to be sent, in whole albums if possible."""
    head, rest = progress.waiting[:BATCH], progress.waiting[BATCH:]
    albums = 0 if rest else progress.waiting_albums
    return msgspec.structs.replace(
        progress,
        waiting=rest,
        waiting_albums=progress.waiting_albums - albums,
        sending=Batch(uris=head, before=progress.count, albums=albums),
    )


def sent(progress: Progress, count: int) -> Progress:
    """Return the progress once the batch is known to be in the playlist, of ``count`` tracks."""
    batch = progress.sending
    if batch is None:
        return progress
    return msgspec.structs.replace(
        progress,
        sending=None,
        count=count,
        added_albums=progress.added_albums + batch.albums,
        added_tracks=progress.added_tracks + len(batch.uris),
    )


def not_sent(progress: Progress, count: int) -> Progress:
    """Return the progress once the batch is known not to be in the playlist: it is sent again."""
    batch = progress.sending
    if batch is None:
        return progress
    again = msgspec.structs.replace(batch, before=count)
    return msgspec.structs.replace(progress, sending=again, count=count)


def verdict(batch: Batch, count: int) -> bool | None:
    """Return whether a batch was added, by how many tracks there are now; None: look at them.

    1. As many more as were sent: added, since a batch is added at once or not at all.
    2. As many as before: not added.
    3. Anything else: somebody changed the playlist meanwhile.
    """
    if count == batch.before + len(batch.uris):
        return True
    return False if count == batch.before else None
