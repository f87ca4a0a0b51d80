"""``Additions``: everything that was added in a digest's time, page by page.

It is read anew for every page, of those who are members then: who has left the digest, or the
server, is not in it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.collection.highlight_models import Highlight
from services.digests.content_ports import Members, Presence, Schedules, Shelves
from services.digests.models import NoSuchDigest

_PRESENCE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditionsPage:
    """A page of what was added.

    Attributes:
        rows: Whose, and what; those of one member beside each other, the newest first.
        page: 1 or more; the last page when a later one was asked for.
        pages: 1 or more.
        count: Everything that was added.
        since: From when (UTC).
        until: To when (UTC).
    """

    rows: tuple[tuple[int, Highlight], ...]
    page: int
    pages: int
    count: int
    since: datetime
    until: datetime


class Additions:
    """Reads what is stored; raises ``DatabaseUnavailable``."""

    def __init__(
        self, *, schedules: Schedules, members: Members, presence: Presence, shelves: Shelves
    ) -> None:
        """Look into ``shelves`` of the ``members`` of a server's digest."""
        self._schedules = schedules
        self._members = members
        self._presence = presence
        self._shelves = shelves

    async def page(
        self,
        guild_id: int,
        digest_id: int,
        since: datetime,
        until: datetime,
        *,
        page: int = 1,
        page_size: int = 12,
    ) -> AdditionsPage:
        """Return a page of what the members added from ``since`` until ``until``.

        Raises:
            NoSuchDigest: This server has none of that number (any more).
        """
        if await self._schedules.get(guild_id, digest_id) is None:
            raise NoSuchDigest
        span, user_ids = (since, until), await self._members.of(digest_id)
        absent = await self._presence.absent(guild_id, user_ids, seconds=_PRESENCE_SECONDS)
        counts = {
            user_id: await self._shelves.count_added(user_id, span)
            for user_id in user_ids
            if user_id not in absent
        }
        count = sum(counts.values())
        pages = max(1, -(-count // page_size))
        page = min(max(1, page), pages)
        rows: list[tuple[int, Highlight]] = []
        skipped = (page - 1) * page_size
        for user_id in sorted(counts, key=lambda each: (-counts[each], each)):
            limit = page_size - len(rows)
            if skipped < counts[user_id] and limit:
                records = await self._shelves.added(user_id, span, offset=skipped, limit=limit)
                rows += [(user_id, record) for record in records]
            skipped = max(0, skipped - counts[user_id])
        return AdditionsPage(
            rows=tuple(rows), page=page, pages=pages, count=count, since=since, until=until
        )
