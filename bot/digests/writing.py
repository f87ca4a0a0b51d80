"""Joins what writes digests, changes posted ones, and lists everything that they tell of."""

from dataclasses import dataclass

from bot.collecting import Collecting, Tools
from bot.delivery.delivery import Delivery
from bot.digests.presence import ServerPresence
from bot.ui.digest_card import digest_card, digest_preview
from bot.writing import Writing
from services.collection.highlights import CollectionHighlights
from services.digests.additions import Additions
from services.digests.composing import DigestComposer
from services.digests.content_models import ChangedDigest
from services.digests.gathering import Gathering
from services.digests.hiding import DigestHiding
from services.digests.jubilees import Jubilees
from services.digests.members import DigestMembers
from services.digests.mending import MEND_DIGEST, DigestMending
from services.digests.models import PostedDigest, PreviewedDigest
from services.digests.posts import DigestPosts
from services.digests.schedules import DigestSchedules
from services.digests.wishes import WishPrices
from services.digests.writing import PickWriter
from services.resilience.clock import system_random
from services.storage.collections import CollectionRepository
from services.storage.wantlists import WantlistRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestWriting:
    """What is needed of it elsewhere.

    Attributes:
        composer: Writes what is posted.
        additions: Lists everything that a digest tells of.
        hiding: Takes members out of a posted digest.
    """

    composer: DigestComposer
    additions: Additions
    hiding: DigestHiding


def make_digest_writing(
    tools: Tools,
    collecting: Collecting,
    writing: Writing,
    delivery: Delivery,
    *,
    stale_seconds: float,
) -> DigestWriting:
    """Join the parts; register how digests look, and who writes late texts.

    Args:
        tools: What they work with.
        collecting: Collections and wantlists.
        writing: Writes about the record to play.
        delivery: Changes posted messages.
        stale_seconds: From this age on, Discogs is asked before something is told.
    """
    delivery.renderings.register(PostedDigest, digest_card)
    delivery.renderings.register(ChangedDigest, digest_card)
    delivery.renderings.register(PreviewedDigest, digest_preview)
    database, clock = tools.database, tools.clock
    members = DigestMembers(database, clock=clock)
    presence = ServerPresence(delivery.door, clock=clock)
    posts = DigestPosts(database, editor=delivery.editor, clock=clock)
    writer = PickWriter(writing.descriptions)
    mending = DigestMending(posts=posts, writer=writer, queue=tools.jobs.queue, clock=clock)
    tools.jobs.handlers.register(MEND_DIGEST, mending.mend)
    ground = _Ground(tools, collecting, _make_shelves(tools), stale_seconds)
    return DigestWriting(
        composer=DigestComposer(
            members=members,
            presence=presence,
            shelves=ground.shelves,
            gathering=ground.make_gathering(),
            jubilees=ground.make_jubilees(),
            prices=ground.make_prices(),
            writer=writer,
            posts=posts,
            mending=mending,
            clock=clock,
            chance=system_random(),
        ),
        additions=Additions(
            schedules=DigestSchedules(database, clock=clock),
            members=members,
            presence=presence,
            shelves=ground.shelves,
        ),
        hiding=DigestHiding(members=members, posts=posts, mending=mending),
    )


def _make_shelves(tools: Tools) -> CollectionHighlights:
    return CollectionHighlights(
        tools.database,
        collections=CollectionRepository(),
        wantlists=WantlistRepository(),
        chance=system_random(),
    )


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every part stands on, and how those that look into collections are made of it."""

    tools: Tools
    collecting: Collecting
    shelves: CollectionHighlights
    stale_seconds: float

    def make_gathering(self) -> Gathering:
        return Gathering(
            shelves=self.shelves,
            sync=self.collecting.sync,
            permissions=self.collecting.preferences,
            values=self.collecting.values,
            stale_seconds=self.stale_seconds,
        )

    def make_jubilees(self) -> Jubilees:
        works, years = self.tools.upstreams.discogs, self.collecting.statistics
        return Jubilees(works, years=years, chance=system_random())

    def make_prices(self) -> WishPrices:
        return WishPrices(
            self.tools.upstreams.discogs,
            shelves=self.shelves,
            sync=self.collecting.wantlist,
            clock=self.tools.clock,
            stale_seconds=self.stale_seconds,
        )
