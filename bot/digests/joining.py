"""Joins everything about digests: what servers decide, what is written, and what posts it."""

from dataclasses import dataclass

from bot.collecting import Collecting, Jobs, Tools
from bot.delivery.delivery import Delivery
from bot.digests.announcing import DigestAnnouncer
from bot.digests.engine import make_digesting
from bot.digests.previews import DigestPreviews
from bot.digests.writing import make_digest_writing
from bot.writing import Writing
from services.digests.additions import Additions
from services.digests.content_models import DigestContent
from services.digests.hiding import DigestHiding
from services.digests.members import DigestMembers
from services.digests.planning import DigestPlanner
from services.digests.posting import DigestPosting
from services.digests.schedules import DigestSchedules


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """What the cogs are handed, and what runs as long as the bot does.

    Attributes:
        schedules: What servers decide.
        members: Who joined what.
        posting: Posts by hand.
        previews: What would be posted now.
        additions: Lists everything that a digest tells of.
        hiding: Takes members out of a posted digest.
        planner: Claims the slots that are due.
        jobs: Posts and preparations.
    """

    schedules: DigestSchedules
    members: DigestMembers
    posting: DigestPosting[DigestContent]
    previews: DigestPreviews[DigestContent]
    additions: Additions
    hiding: DigestHiding
    planner: DigestPlanner
    jobs: tuple[Jobs, ...]


def make_digests(
    tools: Tools,
    collecting: Collecting,
    writing: Writing,
    delivery: Delivery,
    *,
    stale_seconds: float,
) -> Digests:
    """Join the parts; see ``make_digest_writing`` for what they are given."""
    written = make_digest_writing(tools, collecting, writing, delivery, stale_seconds=stale_seconds)
    engine = make_digesting(
        tools.database,
        composer=written.composer,
        content=DigestContent,
        announcer=DigestAnnouncer(delivery),
        delivery=delivery,
        clock=tools.clock,
    )
    previews = DigestPreviews(written.composer, renderings=delivery.renderings, clock=tools.clock)
    return Digests(
        schedules=engine.schedules,
        members=engine.members,
        posting=engine.posting,
        previews=previews,
        additions=written.additions,
        hiding=written.hiding,
        planner=engine.planner,
        jobs=engine.jobs,
    )
