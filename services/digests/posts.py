"""``DigestPosts``: what the latest digests say, so that something can be changed in them.

Two things change a digest that is posted already: a member who no longer wants to be in it, and
EurIA's text, when it comes late. Each changes what is stored, and then shows what is stored by
then; so whatever order the two come in, the message ends up with both changes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from services.delivery import LateEdit, MessageEditor, MessagePlace
from services.digests.content_models import ChangedDigest, DigestContent
from services.digests.models import Place, Schedule, Slot
from services.resilience.clock import Clock
from services.storage.database import Database, Transaction
from services.storage.digest_posts import DigestPostRepository, DigestPostRow

_KEPT: Final = timedelta(days=40)
"""Until a monthly digest has its successor."""
_MOST_STRIPPED: Final = 3
_NO_APPLICATION: Final = 0
"""Only an interaction's token needs it, and a digest has none."""

_DECODER: Final = msgspec.json.Decoder(DigestContent)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPost:
    """A digest in its channel."""

    slot: Slot
    guild_id: int
    place: Place
    content: DigestContent


class DigestPosts:
    """Keeps them for 40 days. Everything raises ``DatabaseUnavailable``."""

    def __init__(self, database: Database, *, editor: MessageEditor, clock: Clock) -> None:
        """Keep them in ``database``, and change them with ``editor``."""
        self._database = database
        self._editor = editor
        self._clock = clock
        self._rows = DigestPostRepository()

    async def note(
        self, schedule: Schedule, slot: Slot, place: Place, content: DigestContent
    ) -> None:
        """Keep what was posted; what was noted before, and perhaps changed since, stays."""
        now = self._clock.now()
        row = DigestPostRow(
            digest_id=slot.digest_id,
            slot_at=slot.slot_at,
            guild_id=schedule.guild_id,
            channel_id=place.channel_id,
            message_id=place.message_id,
            content=_encoded(content),
            posted_at=now,
        )
        async with self._database.write() as transaction:
            await forget_old_posts(transaction, now)
            if await self._rows.add(transaction, row):
                # Prices are kept until the next digest has compared with them.
                await forget_prices(transaction, schedule.guild_id, slot.digest_id, but=slot)

    async def get(self, guild_id: int, slot: Slot) -> DigestPost | None:
        """Return a server's post, or None when it is not kept (any more)."""
        async with self._database.read() as transaction:
            row = await self._rows.get(transaction, guild_id, slot.digest_id, slot.slot_at)
        return None if row is None else _post(row)

    async def latest(self, guild_id: int, digest_id: int, limit: int) -> tuple[DigestContent, ...]:
        """Return what the last digests said, the latest first."""
        async with self._database.read() as transaction:
            rows = await self._rows.latest(transaction, guild_id, digest_id, limit)
        return tuple(_DECODER.decode(row.content) for row in rows)

    async def change(
        self, guild_id: int, slot: Slot, change: Callable[[DigestContent], DigestContent]
    ) -> DigestPost | None:
        """Change what is stored of a post; returns it as it is now, or None when it is not kept."""
        async with self._database.write() as transaction:
            row = await self._rows.get(
                transaction, guild_id, slot.digest_id, slot.slot_at, for_update=True
            )
            if row is None:
                return None
            post = _post(row)
            content = change(post.content)
            if content != post.content:
                await self._rows.change(transaction, row, _encoded(content))
        return replace(post, content=content)

    async def show(self, guild_id: int, slot: Slot) -> LateEdit:
        """Have the message show what is stored.

        Raises:
            DiscordUnavailable: Not now.
        """
        post = await self.get(guild_id, slot)
        if post is None:
            return LateEdit.TOO_LATE
        late_id = await self._editor.expect(
            MessagePlace(
                channel_id=post.place.channel_id,
                message_id=post.place.message_id,
                application_id=_NO_APPLICATION,
                is_in_reach=True,
                locale=post.content.locale,
            )
        )
        # Read after ``expect``, which has made every earlier change of this message void: who
        # comes last shows everything.
        post = await self.get(guild_id, slot) or post
        return await self._editor.edit(late_id, ChangedDigest(slot=slot, content=post.content))


async def forget_old_posts(transaction: Transaction, now: datetime) -> None:
    """Keep nothing of what was posted more than 40 days ago."""
    await DigestPostRepository().delete_before(transaction, now - _KEPT)


async def forget_prices(
    transaction: Transaction, guild_id: int, digest_id: int, *, but: Slot | None = None
) -> None:
    """Keep no prices of a server's digest, but those of one slot: no other is compared with."""
    rows = DigestPostRepository()
    for row in await rows.latest(transaction, guild_id, digest_id, _MOST_STRIPPED, for_update=True):
        if but is None or row.slot_at != but.slot_at:
            content = _DECODER.decode(row.content).without_prices()
            await rows.change(transaction, row, _encoded(content))


async def forget_in_posts(transaction: Transaction, user_id: int) -> tuple[tuple[int, Slot], ...]:
    """Keep nothing more of a person, as part of unlinking.

    Returns:
        The server and slot of each post that told of them, whose message still does.
    """
    rows = DigestPostRepository()
    found = await rows.naming(transaction, f'_id":{user_id},')
    for row in found:
        content = _DECODER.decode(row.content).without(user_id)
        await rows.change(transaction, row, _encoded(content))
    return tuple((row.guild_id, Slot(row.digest_id, row.slot_at)) for row in found)


def _post(row: DigestPostRow) -> DigestPost:
    return DigestPost(
        slot=Slot(row.digest_id, row.slot_at),
        guild_id=row.guild_id,
        place=Place(row.channel_id, row.message_id),
        content=_DECODER.decode(row.content),
    )


def _encoded(content: DigestContent) -> str:
    return msgspec.json.encode(content).decode()
