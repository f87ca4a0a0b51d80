"""A playlist filled by processes that are killed: ``python -m harness.playlist_process '{…}'``.

The first process imports everything and then only forks, one child after the other. Each of the
first ones kills itself at a step by chance: as it asks Spotify, when it is answered, right before a
commit, right after it. Two of them do so when Spotify has just added tracks, which chance alone
would often spare: then nobody has noted yet that they are there. The last one ends the run.
"""

from collections.abc import Awaitable, Callable

import aiohttp
import msgspec
from fakes.chance import seeded
from fakes.filling import COLLECTION, FakeRecords, FakeWants
from fakes.policies import easy_policy
from fakes.spotify import spotify_sender

from harness.databases import open_database
from harness.fuses import SHORT_LEASE, DeadlyQueue, Fuse, main
from harness.job_process import die, place, tell
from harness.playlists import FixedCredential
from services.catalogue.spotify_match import SpotifyMatcher
from services.collection.models import StoredCopy
from services.http import HttpClient
from services.jobs.kinds import Handlers, RunningJob
from services.jobs.queue import JobQueue
from services.jobs.worker import Worker, working
from services.playlists.choosing import Choosing
from services.playlists.models import Wish
from services.playlists.ports import Room
from services.playlists.run_store import FILL, FillWork
from services.playlists.runs import PlaylistRuns
from services.resilience.clock import SystemClock
from services.secret import Secret
from services.spotify.accounts import SpotifyAccount
from services.spotify.auth import ClientCredentials
from services.spotify.playlists import SpotifyPlaylists
from services.spotify.service import SpotifyService
from services.storage.database import Database

USER = 7
_ADDING = "add_playlist_items"
_UNNOTED = frozenset({4, 11})  # the processes that die when tracks were added
WISH = Wish(name="Killed", selection=COLLECTION)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the processes do.

    Attributes:
        where: A path of SQLite or a URL of PostgreSQL.
        api_url: Spotify's.
        accounts_url: Likewise.
        client: Id and secret of the app.
        token: Of the playlist's owner.
        records: Artists and titles in the collection.
        kills: How many processes kill themselves.
        most_steps: Before one does, from 1; by chance.
        seed: Of chance.
    """

    where: str
    api_url: str
    accounts_url: str
    client: tuple[str, str]
    token: str
    records: tuple[tuple[str, str], ...]
    kills: int = 0
    most_steps: int = 12
    seed: int = 1


class DeadlyPlaylists(SpotifyPlaylists):
    """Playlists whose process may die before a request is sent, and when it is answered.

    Attributes:
        fuse: Burns at both.
        dies_of: The operation whose first answer ends the process, or nothing.
    """

    fuse: Fuse
    dies_of: str = ""

    async def _send(self, operation: str, *args: object, **more: object) -> object:  # type: ignore[override]  # passed through
        self.fuse.burn()
        ask: Callable[..., Awaitable[object]] = super()._send
        answer = await ask(operation, *args, **more)
        if operation == self.dies_of:
            die()
        self.fuse.burn()
        return answer


class Owner:
    """Everybody is the owner."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    async def account(self, user_id: int) -> SpotifyAccount | None:
        return SpotifyAccount(
            user_id=user_id,
            account_id="owner",
            name="Owner",
            scopes=frozenset(),
            credential=FixedCredential(self._plan.token),
        )


def make_runs(
    plan: Plan, database: Database, session: aiohttp.ClientSession, fuse: Fuse, dies_of: str
) -> tuple[PlaylistRuns, JobQueue]:
    """Return runs over sockets, and the queue of their jobs."""
    clock = SystemClock()
    http = HttpClient(session, clock=clock)
    auth = ClientCredentials(
        client_id=plan.client[0],
        client_secret=Secret(plan.client[1]),
        accounts_url=plan.accounts_url,
        http=http,
        clock=clock,
    )
    sender = spotify_sender(
        http, easy_policy("spotify", clock), auth, clock=clock, api_url=plan.api_url
    )
    spotify, playlists = SpotifyService(sender, market="FR"), DeadlyPlaylists(sender)
    queue = DeadlyQueue(database, clock=clock)
    playlists.fuse = queue.fuse = fuse
    playlists.dies_of = dies_of
    copies = [
        StoredCopy(item_id=n, instance_id=n, release_id=n, artist=artist, title=title)
        for n, (artist, title) in enumerate(plan.records, start=1)
    ]
    records = FakeRecords(copies=copies)
    runs = PlaylistRuns(
        database=database,
        queue=queue,
        accounts=Owner(plan),
        shelf=playlists,
        matcher=SpotifyMatcher(spotify),
        catalogue=spotify,
        choosing=Choosing(copies=records, wants=FakeWants(records)),
        budget=lambda: Room(daily=800, left=800),
        clock=clock,
        chance=seeded(plan.seed),
    )
    return runs, queue


async def work(plan: Plan, number: int, steps: int | None) -> None:
    """Fill the playlist to the end, or until the fuse has burnt."""
    clock, fuse = SystemClock(), Fuse()
    headers = {"User-Agent": "AimeTests/1.0 +https://example.org"}
    async with (
        open_database(place(plan.where), clock) as database,
        aiohttp.ClientSession(headers=headers) as session,
    ):
        dies_of = _ADDING if steps is not None and number in _UNNOTED else ""
        runs, queue = make_runs(plan, database, session, fuse, dies_of)
        # The one before may have died right after it had ended the run.
        known = await runs.latest(USER)
        run_id = known.run_id if known else await begun(runs)

        async def run(job: RunningJob[FillWork]) -> None:
            if not dies_of:
                fuse.left = steps  # lit now: waiting for the lease of the one before is no step
            await runs.run(job)

        handlers = Handlers()
        handlers.register(FILL, run)
        worker = Worker(
            queue,
            handlers,
            name=f"fill {number}",
            clock=clock,
            chance=seeded(number),
            lease=SHORT_LEASE,
        )
        async with working(worker, drain_seconds=10):
            async for state in runs.watch(USER, run_id):
                tell(f"albums {state.progress.next}")


async def begun(runs: PlaylistRuns) -> int:
    """Return the number of a run that was begun now."""
    draft = await runs.draft(USER, WISH, about="Killed")
    await runs.start(USER, draft.run.run_id)
    return draft.run.run_id


if __name__ == "__main__":
    main(Plan, work)
