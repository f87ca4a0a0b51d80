"""``DigestComposer``: writes what a digest says, in the hour before it is posted.

What is stored says almost everything; upstreams are asked at most ten times, behind everybody who
waits for an answer, and never for longer than the time that is left. Whatever they do not tell is
left out, or said with its age; so a digest can always be written.
"""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

from services.collection.highlight_models import Highlight, PlayPick
from services.descriptions.models import AlbumFacts, Form, Payer
from services.digests.content_models import DigestContent, DigestPick, MemberPart, language_of
from services.digests.content_ports import Members, Presence, Shelves
from services.digests.gathering import Frame, Gathering
from services.digests.jubilees import Jubilees
from services.digests.models import Place, Schedule, Slot, WhenNothing
from services.digests.posts import DigestPosts
from services.digests.time_left import TimeLeft
from services.digests.wishes import WishPrices
from services.digests.writing import PickWriter
from services.errors import ExternalServiceException
from services.resilience.clock import Clock
from services.resilience.priority import background

_PREPARE_SECONDS: Final = 900.0
_PRESENCE_SECONDS: Final = 20.0
_LATELY: Final = 10
"""A record that was picked in one of so many digests has had its turn."""
_MOST_TOLD: Final = 30
"""Of whom records are named; of the others only how many they added."""
_FORMS: Final = (Form.HAIKU, Form.BRIEF)
_RELEASE: Final = "https://www.discogs.com/release/"


class Mending(Protocol):
    """What writes a text later; see ``DigestMending``."""

    async def promise(self, schedule: Schedule, slot: Slot) -> None:
        """Have the text of a posted digest written later; raises DatabaseUnavailable."""

    async def show_later(self, guild_id: int, slot: Slot) -> None:
        """Have the message show what is stored of it; raises DatabaseUnavailable."""


class DigestComposer:
    """The Composer of ``ports.py``: raises ``DatabaseUnavailable``, and no upstream's errors."""

    def __init__(
        self,
        *,
        members: Members,
        presence: Presence,
        shelves: Shelves,
        gathering: Gathering,
        jubilees: Jubilees,
        prices: WishPrices,
        writer: PickWriter,
        posts: DigestPosts,
        mending: Mending,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        """Join those who know the parts; ``chance`` decides what is picked, and of whom."""
        self._members = members
        self._presence = presence
        self._shelves = shelves
        self._gathering = gathering
        self._jubilees = jubilees
        self._prices = prices
        self._writer = writer
        self._posts = posts
        self._mending = mending
        self._clock = clock
        self._chance = chance

    async def compose(
        self, schedule: Schedule, *, since: datetime | None, now: datetime
    ) -> DigestContent | None:
        """Return what the digest says; see ``Composer.compose``.

        Who has less time than a quarter of an hour says so with a ``deadline``: what is stored is
        then all that is told, and EurIA's text comes later.
        """
        with background():
            content = await self._compose(schedule, since, now)
        is_skipped = schedule.when_nothing is WhenNothing.SKIP and not content.has_news
        return None if is_skipped else content

    async def posted(
        self, schedule: Schedule, slot: Slot, place: Place, content: DigestContent
    ) -> None:
        """Keep what was posted, and have a text that is owed written later.

        Who left while it was being sent is not kept, and taken out of the message.
        """
        kept = content.only_of(await self._members.of(schedule.digest_id))
        await self._posts.note(schedule, slot, place, kept)
        if kept != content:
            await self._mending.show_later(schedule.guild_id, slot)
        if kept.pick is not None and kept.pick.is_owed:
            await self._mending.promise(schedule, slot)

    async def _compose(
        self, schedule: Schedule, since: datetime | None, now: datetime
    ) -> DigestContent:
        time_left = TimeLeft(self._clock, _PREPARE_SECONDS)
        frame = Frame.of(schedule, since, now)
        user_ids = await self._present(schedule, time_left)
        lately = await self._posts.latest(schedule.guild_id, schedule.digest_id, _LATELY)
        gathered = await self._gathering.gather(user_ids, frame, time_left)
        parts = await self._jubilees.choose(gathered, frame.today, time_left)
        parts = await self._prices.look(
            parts, lately[0] if lately else None, schedule.locale, time_left
        )
        content = DigestContent(
            cadence=schedule.timing.cadence,
            locale=schedule.locale,
            day=frame.today,
            composed_at=now,
            since=frame.since,
            members=tuple(_bounded(parts)),
            unread_count=len(user_ids) - len(parts),
        )
        if schedule.when_nothing is WhenNothing.SKIP and not content.has_news:
            return content  # nobody reads it: nothing is to be written for it
        pick = await self._pick(content, schedule, lately)
        if pick is not None:
            pick = await self._with_text(pick, schedule, time_left)
        return msgspec.structs.replace(content, pick=pick)

    async def _present(self, schedule: Schedule, time_left: TimeLeft) -> tuple[int, ...]:
        """Return the members; nothing is told of who has left the server, until they are back."""
        user_ids = await self._members.of(schedule.digest_id)
        seconds = min(_PRESENCE_SECONDS, time_left.seconds / 4)
        absent = await self._presence.absent(schedule.guild_id, user_ids, seconds=seconds)
        return tuple(each for each in user_ids if each not in absent)

    async def _pick(
        self, content: DigestContent, schedule: Schedule, lately: Sequence[DigestContent]
    ) -> DigestPick | None:
        """Return a record of one of the members, whoever has one first in an order by chance."""
        owners = [each.user_id for each in content.members]
        self._chance.shuffle(owners)
        without = {each.pick.facts.release_id for each in lately if each.pick is not None}
        now = content.composed_at.astimezone(ZoneInfo(schedule.timing.zone))
        for owner_id in owners:
            found = await self._shelves.pick(owner_id, now, without=without)
            if found is not None and found.record.release_id is not None:
                form = self._chance.choice(_FORMS)
                return _digest_pick(owner_id, found, found.record.release_id, form)
        return None

    async def _with_text(
        self, pick: DigestPick, schedule: Schedule, time_left: TimeLeft
    ) -> DigestPick:
        language = language_of(schedule.locale)
        payer = Payer(schedule.creator_id, schedule.guild_id)
        pick = await self._writer.ground(pick, language, time_left)
        try:
            return await self._writer.write(pick, language, payer, time_left)
        except ExternalServiceException:
            return msgspec.structs.replace(pick, is_owed=True)


def _bounded(parts: Iterable[MemberPart]) -> Iterable[MemberPart]:
    """Name records of the first ones only: no message could hold them all."""
    nothing: tuple[Highlight, ...] = ()
    for place, part in enumerate(parts):
        yield part if place < _MOST_TOLD else msgspec.structs.replace(part, added=nothing)


def _digest_pick(owner_id: int, found: PlayPick, release_id: int, form: Form) -> DigestPick:
    record = found.record
    return DigestPick(
        owner_id=owner_id,
        record=record,
        reason=found.reason,
        picture=found.picture,
        facts=AlbumFacts(
            release_id=release_id,
            title=record.title,
            artist=record.artist,
            pressing_year=record.year,
            url=f"{_RELEASE}{release_id}",
        ),
        form=form,
    )
