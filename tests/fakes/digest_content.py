"""Digests for the tests: schedules, members, and everything around a composer."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.collections import STALE_SECONDS, HandClock

from fakes.copies import FakeAccounts
from fakes.promises import FakeEditor
from fakes.upstreams import FakeDiscogs, FakeWriter
from services.accounts.preferences import Preferences
from services.answers import Answer, Source
from services.collection.highlight_models import Highlight
from services.collection.highlights import CollectionHighlights
from services.collection.values import CollectionValues
from services.descriptions.allowance import Allowance
from services.descriptions.service import DescriptionService
from services.digests.composing import DigestComposer
from services.digests.content_models import DigestContent
from services.digests.gathering import Gathering
from services.digests.jubilees import Jubilees
from services.digests.mending import DigestMending
from services.digests.models import Cadence, Schedule, Timing, WhenNothing
from services.digests.posts import DigestPosts
from services.digests.wishes import WishPrices
from services.digests.writing import PickWriter
from services.discogs.models import MarketStats
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock
from services.storage.collections import CollectionRepository
from services.storage.database import Database
from services.storage.wantlists import WantlistRepository

GUILD = 90
NOW = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
"""A Monday, half an hour before the slot."""
WEEKLY = Timing(cadence=Cadence.WEEKLY, hour=8, zone="Europe/Zurich", weekday=0)


def make_schedule(**fields: Any) -> Schedule:  # noqa: ANN401  # a builder
    """Return a weekly digest that is due on Monday at eight, in Zurich."""
    settings: dict[str, Any] = {
        "digest_id": 5,
        "guild_id": GUILD,
        "channel_id": 70,
        "creator_id": 1,
        "timing": WEEKLY,
        "when_nothing": WhenNothing.SHORT,
        "locale": "en",
        "is_paused": False,
        "pause_reason": None,
        "next_at": datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
        "last_posted_at": None,
        "told_until": None,
        "failures": 0,
        "edition": 0,
        "created_at": NOW - timedelta(days=100),
    }
    return Schedule(**(settings | fields))


def make_content(**fields: Any) -> DigestContent:  # noqa: ANN401  # a builder
    """Return a weekly digest of nobody."""
    settings: dict[str, Any] = {
        "cadence": Cadence.WEEKLY,
        "locale": "en",
        "day": NOW.date(),
        "composed_at": NOW,
        "since": NOW - timedelta(days=7),
    }
    return DigestContent(**(settings | fields))


def make_record(title: str = "Blue Train", **fields: Any) -> Highlight:  # noqa: ANN401  # a builder
    """Return a record with a page on Discogs."""
    settings: dict[str, Any] = {"artist": "John Coltrane", "release_id": 1, "year": 1957}
    return Highlight(title=title, **(settings | fields))


@dataclass
class FakeMembers:
    """Who has joined."""

    ids: tuple[int, ...] = ()

    async def of(self, digest_id: int, /) -> tuple[int, ...]:
        del digest_id
        return self.ids


@dataclass
class FakePresence:
    """Who has left the server."""

    gone: frozenset[int] = frozenset()

    async def absent(
        self, guild_id: int, user_ids: Sequence[int], /, *, seconds: float
    ) -> frozenset[int]:
        assert guild_id
        assert seconds >= 0
        return self.gone & set(user_ids)


@dataclass
class FakeMarket:
    """Tells prices, by release; others are not for sale.

    Attributes:
        prices: What is asked.
        asked: Releases, in order.
        gate: When set to an event, nothing is told before it is.
        error: Raised instead.
    """

    prices: Mapping[int, float] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    gate: asyncio.Event | None = None
    error: Exception | None = None

    async def get_market_stats(self, release_id: int, currency: str, /) -> Answer[MarketStats]:
        self.asked.append(release_id)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        price = self.prices.get(release_id)
        stats = MarketStats(for_sale=price is not None, lowest_price=price, currency=currency)
        return Answer(value=stats, source=Source.LIVE, as_of=NOW)


@dataclass
class FakeFreshening:
    """Notes whom it looked after."""

    checked: list[int] = field(default_factory=list)
    error: Exception | None = None

    async def freshen(self, user_id: int, /, within: float) -> bool:
        assert within > 0
        self.checked.append(user_id)
        if self.error is not None:
            raise self.error
        return False


@dataclass
class FakeYears:
    """Remembers when works came out."""

    years: dict[int, int] = field(default_factory=dict)

    async def note_master_years(self, years: Mapping[int, int], /) -> None:
        self.years |= years


class Desk:
    """A composer on a real database; upstreams and Discord are in memory.

    Attributes:
        members: Who has joined.
        presence: Who has left the server.
        discogs: What the catalogue has.
        market: What is asked for releases.
        euria: Who writes.
        sync: What looks after collections.
        wants: What looks after wantlists.
        editor: What changes messages.
        posts: What is kept of digests.
        composer: What is tested.
    """

    def __init__(self, database: Database, *, clock: Clock | None = None, chance: int = 1) -> None:
        hand = HandClock()
        hand.wall = NOW
        self.clock = clock or hand
        self.database = database
        self.chance = random.Random(chance)  # noqa: S311  # the same in every run
        self.members, self.presence = FakeMembers(), FakePresence()
        self.discogs = FakeDiscogs()
        self.market = FakeMarket()
        self.euria = FakeWriter(
            "Night falls on the groove,", "\nthe needle finds", "\nthe way home at last."
        )
        self.sync, self.wants = FakeFreshening(), FakeFreshening()
        self.editor = FakeEditor()
        self.years = FakeYears()
        self.queue = JobQueue(database, clock=self.clock)
        self.posts = DigestPosts(database, editor=self.editor, clock=self.clock)
        self.preferences = Preferences(database, clock=self.clock)
        self.shelves = CollectionHighlights(
            database,
            collections=CollectionRepository(),
            wantlists=WantlistRepository(),
            chance=self.chance,
        )
        self.writer = PickWriter(
            DescriptionService(
                discogs=self.discogs,
                euria=self.euria,
                clock=self.clock,
                allowance=Allowance(database, clock=self.clock),
            )
        )
        self.mending = DigestMending(
            posts=self.posts, writer=self.writer, queue=self.queue, clock=self.clock
        )
        self.composer = self._composer()

    def _composer(self) -> DigestComposer:
        values = CollectionValues(
            database=self.database,
            collections=CollectionRepository(),
            accounts=FakeAccounts(writers=range(100)),
            open_shelf=_closed,
            queue=self.queue,
            clock=self.clock,
        )
        return DigestComposer(
            members=self.members,
            presence=self.presence,
            shelves=self.shelves,
            gathering=Gathering(
                shelves=self.shelves,
                sync=self.sync,
                permissions=self.preferences,
                values=values,
                stale_seconds=STALE_SECONDS,
            ),
            jubilees=Jubilees(self.discogs, years=self.years, chance=self.chance),
            prices=WishPrices(
                self.market,
                shelves=self.shelves,
                sync=self.wants,
                clock=self.clock,
                stale_seconds=STALE_SECONDS,
            ),
            writer=self.writer,
            posts=self.posts,
            mending=self.mending,
            clock=self.clock,
            chance=self.chance,
        )

    async def compose(
        self,
        *,
        since: datetime | None = NOW - timedelta(days=7),
        **fields: Any,  # noqa: ANN401  # a builder
    ) -> DigestContent:
        """Return what is written, of a digest that is always written."""
        schedule = make_schedule(**fields)
        content = await self.composer.compose(schedule, since=since, now=NOW)
        assert content is not None
        return content


def _closed(_account: object) -> Any:  # noqa: ANN401  # never called
    raise AssertionError("Discogs is not asked for values")
