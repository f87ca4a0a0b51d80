"""``PlaylistRuns``: playlists that are made from somebody's records.

A run is shown with its cost before it begins, and then goes on by itself as a durable job: it
survives restarts, waits while the day's requests are used up, and never adds anything twice.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

import msgspec

from services.errors import NotLinked, QuotaSpent
from services.jobs.kinds import RunningJob
from services.jobs.queue import JobQueue
from services.playlists.choosing import Choosing, Chosen, NothingFits
from services.playlists.handler import FillHandler
from services.playlists.models import MOST_ALBUMS, Draft, Progress, Run, Selection, Stage, Wish
from services.playlists.planning import affordable, after, cost_of, highest_cost_of
from services.playlists.ports import Accounts, Budget, Catalogue, Matcher, Room, Shelf
from services.playlists.run_store import FILL, FillWork, RunStore
from services.resilience.clock import Clock
from services.spotify.accounts import SpotifyAccount
from services.storage.database import Database

_replace = msgspec.structs.replace

_LOOK_EVERY_SECONDS: Final = 1.0
_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_MARK_LENGTH: Final = 10


class PlaylistRuns:
    """Drafts, starts, watches and cancels runs; ``run`` is the handler of their jobs.

    Everything raises ``DatabaseUnavailable``; every run is only its own person's.
    """

    def __init__(
        self,
        *,
        database: Database,
        queue: JobQueue,
        accounts: Accounts,
        shelf: Shelf,
        matcher: Matcher,
        catalogue: Catalogue,
        choosing: Choosing,
        budget: Budget,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        """Keep runs in ``database``, and their jobs in ``queue``."""
        self._database = database
        self._queue = queue
        self._accounts = accounts
        self._shelf = shelf
        self._choosing = choosing
        self._budget = budget
        self._clock = clock
        self._chance = chance
        self._news = asyncio.Event()
        self._store = RunStore(database=database, clock=clock, tell=self._tell)
        self._handler = FillHandler(
            store=self._store,
            accounts=accounts,
            shelf=shelf,
            matcher=matcher,
            catalogue=catalogue,
        )

    # --- Before a run

    async def draft(self, user_id: int, wish: Wish, *, about: str) -> Draft:
        """Choose the records, and say what it would cost; nothing begins.

        Args:
            user_id: Whose.
            wish: What is wanted.
            about: What the playlist's description will say.

        Raises:
            NotLinked, LinkAgain: One of the two accounts is missing, or of no use.
            NothingFits: There is no such record.
            QuotaSpent: The day's requests do not even allow one album.
        """
        await self._account(user_id)
        room = self._budget()
        chosen = await self._choosing.choose(user_id, wish.selection, most=_most(room))
        if not chosen.matching:
            anything = Selection(source=wish.selection.source)
            every = await self._choosing.choose(user_id, anything, most=0)
            raise NothingFits(has_none=not every.matching)
        mark = "aime-" + "".join(self._chance.choices(_ALPHABET, k=_MARK_LENGTH))
        progress = Progress(wish=wish, albums=chosen.albums, left=chosen.left)
        return await self._drafted(
            user_id, _replace(progress, about=about, mark=mark), chosen, room
        )

    async def more(self, user_id: int, run_id: int) -> Draft | None:
        """Return a draft of the next records into the same playlist; None: the run is forgotten.

        Raises:
            NotLinked, LinkAgain: As ``draft``.
            NothingFits: There are no more.
            QuotaSpent: As ``draft``.
            ExternalServiceException: Spotify cannot say whether the playlist is still there.
        """
        run = await self._store.find(user_id, run_id)
        if run is None or run.progress.made is None:
            return None
        account, room, progress = await self._account(user_id), self._budget(), run.progress
        playlist = await self._shelf.get(account, run.progress.made.spotify_id)
        following = Progress(
            wish=progress.wish,
            albums=(),
            about=progress.about,
            mark=progress.mark,
            is_asked=True,
            made=progress.made,
        )
        async with self._database.write() as transaction:
            following = after(following, await self._store.all_of(transaction, user_id))
        chosen = await self._choosing.choose(
            user_id,
            progress.wish.selection,
            most=_most(room),
            without=frozenset(following.before),
        )
        following = _replace(
            following,
            albums=chosen.albums,
            left=chosen.left,
            count=playlist.track_count or 0,
        )
        return await self._drafted(user_id, following, chosen, room)

    async def _drafted(self, user_id: int, progress: Progress, chosen: Chosen, room: Room) -> Draft:
        fitting = len(chosen.albums) + chosen.left
        if not fitting:
            raise NothingFits
        if not chosen.albums:
            message = f"{room.left} of {room.daily} requests of the day left"
            raise QuotaSpent(
                "spotify", "fill_playlist", None, message, retry_after=room.retry_after
            )
        return Draft(
            run=await self._store.add(user_id, progress),
            matching=chosen.matching,
            requests=cost_of(len(chosen.albums)),
            most_requests=highest_cost_of(len(chosen.albums)),
            daily=room.daily,
            left=room.left,
            is_short=len(chosen.albums) < min(fitting, MOST_ALBUMS),
        )

    # --- A run

    async def start(self, user_id: int, run_id: int) -> Run | None:
        """Begin a run, or have one that ended early go on; a second call changes nothing.

        Returns:
            The run that is under way: another one of the person's where that has not ended; None
            when this one is forgotten.

        Raises:
            NotLinked, LinkAgain: Spotify's account is missing, or of no use.
            NothingFits: All of it was added by another run into the same playlist.
        """
        await self._account(user_id)
        async with self._database.write() as transaction:
            runs = await self._store.all_of(transaction, user_id)
            run = next((each for each in runs if each.run_id == run_id), None)
            if run is None or run.stage is Stage.DONE:
                return run
            under_way = next((each for each in runs if each.is_running), None)
            if under_way is not None and under_way.run_id != run_id:
                return under_way
            if under_way is None:
                run = _begun(run, runs)
                await self._store.put(transaction, user_id, run)
            work = FillWork(user_id=user_id, run_id=run_id)
            await self._queue.enqueue(FILL, work, transaction=transaction, key=str(run_id))
            if under_way is None:  # it may have waited for tomorrow when it was cancelled
                await self._queue.hurry(transaction, FILL, str(run_id))
        return run

    async def cancel(self, user_id: int, run_id: int) -> Run | None:
        """Stop a run before its next album, and keep what is in the playlist.

        Returns:
            The run, which may have ended before; None when it is forgotten.
        """
        async with self._database.write() as transaction:
            run = await self._store.get(transaction, user_id, run_id, for_update=True)
            if run is None or not run.is_running:
                return run
            progress = _replace(run.progress, problem=None, retry_at=None, failing_since=None)
            run = _replace(run, stage=Stage.CANCELLED, progress=progress)
            await self._store.put(transaction, user_id, run)
        return run

    async def running(self, user_id: int) -> Run | None:
        """Return the person's run that is under way, or None."""
        return await self._store.running(user_id)

    async def latest(self, user_id: int) -> Run | None:
        """Return the run that is under way, or else the last one that ended within a day."""
        return await self._store.running(user_id) or await self._store.ended(user_id)

    async def watch(self, user_id: int, run_id: int) -> AsyncIterator[Run]:
        """Yield how a run stands now, then at every change, until it has ended or is forgotten.

        Runs in other processes are looked at once a second.
        """
        last: Run | None = None
        while True:
            news = self._news
            run = await self._store.find(user_id, run_id)
            if run is None:
                return
            if run != last:
                yield run
            if not run.is_running:
                return
            last = run
            with suppress(TimeoutError):
                async with self._clock.timeout_at(self._clock.monotonic() + _LOOK_EVERY_SECONDS):
                    await news.wait()

    async def run(self, job: RunningJob[FillWork]) -> None:
        """Handle the job of a run; see ``FillHandler.run``."""
        await self._handler.run(job)

    async def _account(self, user_id: int) -> SpotifyAccount:
        account = await self._accounts.account(user_id)
        if account is None:
            raise NotLinked("spotify", "fill_playlist")
        return account

    def _tell(self) -> None:
        """Wake everybody who watches; each looks at its own run."""
        self._news.set()
        self._news = asyncio.Event()


def _begun(run: Run, runs: list[Run]) -> Run:
    """Return a run as it begins or goes on.

    Raises:
        NothingFits: It has not begun, and others have meanwhile done what it was to do.
    """
    progress = _replace(run.progress, problem=None, retry_at=None, failing_since=None)
    if run.stage is Stage.DRAFT:
        progress = after(progress, runs)
        if not progress.albums:
            raise NothingFits
    return _replace(run, stage=Stage.RUNNING, progress=progress)


def _most(room: Room) -> int:
    """Return how many albums a run may take now."""
    return affordable(room.left, MOST_ALBUMS)
