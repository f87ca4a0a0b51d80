"""``Filling``: one attempt at filling a playlist, in the hands of a worker.

Whatever is found is committed with the job's fence before the next album is looked for, and what is
to be added is committed before it is sent. So whatever dies, one album at most is looked for again,
and nothing is added twice: tracks that were being sent are looked for in the playlist first.
"""

import msgspec

from services.errors import InvalidRequest, NotFound
from services.jobs.kinds import RunningJob
from services.playlists.answered import answered, whole
from services.playlists.making import create_once, look
from services.playlists.models import Album, Doubt, Made, Progress, Run, Stage
from services.playlists.planning import found, must_send, not_sent, sent, with_batch
from services.playlists.ports import Catalogue, Match, Matcher, Shelf
from services.playlists.run_store import FillWork, RunStore
from services.spotify.accounts import SpotifyAccount
from services.spotify.models import SpotifyItem

_replace = msgspec.structs.replace


class Stopped(Exception):  # noqa: N818  # says what happened
    """Somebody cancelled the run, or unlinked the account."""


class Filling:
    """Looks for the albums of one run, and adds their tracks."""

    def __init__(
        self,
        job: RunningJob[FillWork],
        run: Run,
        account: SpotifyAccount,
        *,
        shelf: Shelf,
        matcher: Matcher,
        catalogue: Catalogue,
        store: RunStore,
    ) -> None:
        """Work on ``run``, in the name of ``account``."""
        self._job = job
        self._run = run
        self._account = account
        self._shelf = shelf
        self._matcher = matcher
        self._catalogue = catalogue
        self._store = store

    async def run(self) -> None:
        """Bring the run to its end, and complete the job.

        Raises:
            Stopped: It was cancelled, or is not there any more.
            ExternalServiceException: Spotify fails, or refuses.
            JobLost: Somebody else has the job.
            DatabaseUnavailable: Of the storage.
        """
        made = await self._make()
        await self._send_rest(made, is_doubtful=True)
        while self._progress.next < len(self._progress.albums):
            await self._look_for(self._progress.albums[self._progress.next], made)
        while self._progress.waiting:
            await self._send(made)
        async with self._job.finishing() as transaction:
            user_id = self._job.payload.user_id
            current = await self._store.get(transaction, user_id, self._run.run_id, for_update=True)
            if current is None or not current.is_running:
                raise Stopped
            done = _replace(current, stage=Stage.DONE)
            await self._store.put(transaction, user_id, done)

    @property
    def _progress(self) -> Progress:
        return self._run.progress

    # --- The playlist

    async def _make(self) -> Made:
        progress = self._progress
        if progress.made is not None:
            return progress.made
        was_asked = progress.is_asked
        await self._keep(_replace(progress, is_asked=True))
        playlist = await create_once(
            self._shelf,
            self._account,
            progress.wish.name,
            is_public=progress.wish.is_public,
            about=progress.about,
            mark=progress.mark,
            is_asked=was_asked,
        )
        made = Made(spotify_id=playlist.spotify_id, url=playlist.url)
        await self._keep(_replace(self._progress, made=made, count=playlist.track_count or 0))
        return made

    # --- The albums

    async def _look_for(self, album: Album, made: Made) -> None:
        match = answered(await self._matcher.find_album(album.artist, album.title, album.year))
        if match is None:
            await self._keep(self._missed(album))
        elif match.is_doubtful:
            await self._keep(self._doubted(album, match.hit))
        elif match.hit.spotify_id in self._progress.spotify_ids:  # another pressing of it
            await self._keep(_replace(self._progress, next=self._progress.next + 1))
        else:
            await self._take(album, match, made)

    async def _take(self, album: Album, match: Match, made: Made) -> None:
        try:
            read = whole(await self._catalogue.get_album(match.hit.spotify_id))
        except (NotFound, InvalidRequest):  # taken down since
            await self._keep(self._missed(album))
            return
        uris = tuple(track.uri for track in read.tracks if track.is_playable is not False)
        if not uris:
            await self._keep(self._missed(album))
            return
        while must_send(self._progress, len(uris)):
            await self._send(made)
        await self._keep(found(self._progress, read.spotify_id, uris))

    def _missed(self, album: Album) -> Progress:
        progress = self._progress
        return _replace(progress, next=progress.next + 1, misses=(*progress.misses, album))

    def _doubted(self, album: Album, hit: SpotifyItem) -> Progress:
        progress = self._progress
        doubt = Doubt(album=album, name=hit.name, artists=", ".join(hit.artists), url=hit.url)
        return _replace(progress, next=progress.next + 1, doubts=(*progress.doubts, doubt))

    # --- The tracks

    async def _send(self, made: Made) -> None:
        await self._keep(with_batch(self._progress))
        await self._send_rest(made, is_doubtful=False)

    async def _send_rest(self, made: Made, *, is_doubtful: bool) -> None:
        """Add the batch that is to be sent; ``is_doubtful``: look first whether it was added."""
        batch = self._progress.sending
        if batch is None:
            return
        if is_doubtful:
            is_there, count = await look(self._shelf, self._account, made.spotify_id, batch)
            if is_there:
                await self._keep(sent(self._progress, count))
                return
            await self._keep(not_sent(self._progress, count))
        await self._shelf.add(self._account, made.spotify_id, batch.uris)
        count = self._progress.count + len(batch.uris)
        await self._keep(sent(self._progress, count))

    # --- What is stored

    async def _keep(self, progress: Progress) -> None:
        """Commit the progress; what was done counts also when the run was cancelled meanwhile.

        Raises:
            Stopped: It was cancelled, or is not there any more.
        """
        progress = _replace(progress, problem=None, retry_at=None, failing_since=None)
        user_id = self._job.payload.user_id
        async with self._job.saving(self._job.payload) as transaction:
            current = await self._store.get(transaction, user_id, self._run.run_id, for_update=True)
            if current is not None:
                await self._store.put(transaction, user_id, _replace(current, progress=progress))
        self._run = _replace(self._run, progress=progress)
        if current is None or not current.is_running:
            raise Stopped
