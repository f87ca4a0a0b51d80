"""Joins what digests are made of: schedules, members, the planner, and posting once."""

from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from bot.collecting import Jobs
from bot.delivery.delivery import Delivery
from bot.delivery.posted_messages import ChannelMessages
from services.digests.members import DigestMembers
from services.digests.planning import DigestPlanner
from services.digests.ports import Announcer, Composer
from services.digests.posting import POSTS_AT_ONCE, DigestPosting
from services.digests.preparing import DigestPreparing
from services.digests.schedules import DigestSchedules
from services.digests.telling import DigestTelling
from services.digests.work import POST, PREPARE, TELL
from services.jobs.kinds import Handlers
from services.jobs.queue import JobQueue
from services.resilience.clock import Clock, system_random
from services.storage.database import Database

C = TypeVar("C", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digesting:
    """Everything about digests.

    Attributes:
        schedules: What servers decide.
        members: Who joined what.
        posting: Posts by hand.
        composer: Writes previews.
        planner: Runs as long as the bot does.
        jobs: Posts, and preparations, each with a worker of its own: preparing waits for
            upstreams, and a post must wait for nothing.
    """

    schedules: DigestSchedules
    members: DigestMembers
    posting: DigestPosting[Any]
    composer: Composer[Any]
    planner: DigestPlanner
    jobs: tuple[Jobs, Jobs]


def make_digesting(
    database: Database,
    *,
    composer: Composer[C],
    content: type[C],
    announcer: Announcer,
    delivery: Delivery,
    clock: Clock,
) -> Digesting:
    """Join the parts, and register who does their jobs.

    Args:
        database: Where everything is kept.
        composer: Writes digests.
        content: What it writes.
        announcer: Tells creators.
        delivery: Posts; it has a rendering for ``PostedDigest``.
        clock: Where time comes from.
    """
    posts, preparations = _jobs(database, clock, at_once=POSTS_AT_ONCE), _jobs(database, clock)
    preparing = DigestPreparing(database, composer=composer, content=content, clock=clock)
    posting = DigestPosting(
        database,
        preparing=preparing,
        composer=composer,
        publisher=delivery.publisher,
        messages=ChannelMessages(door=delivery.door),
        queue=posts.queue,
        clock=clock,
        chance=system_random(),
    )
    posts.handlers.register(POST, posting.post)
    posts.handlers.register(TELL, DigestTelling(database, announcer=announcer).tell)
    preparations.handlers.register(PREPARE, preparing.prepare)
    planner = DigestPlanner(
        database, posts=posts.queue, preparations=preparations.queue, clock=clock
    )
    return Digesting(
        schedules=DigestSchedules(database, clock=clock, on_change=planner.wake),
        members=DigestMembers(database, clock=clock),
        posting=posting,
        composer=composer,
        planner=planner,
        jobs=(posts, preparations),
    )


def _jobs(database: Database, clock: Clock, *, at_once: int = 4) -> Jobs:
    queue = JobQueue(database, clock=clock)
    clock.on_step(queue.wake)
    return Jobs(queue, Handlers(), at_once)
