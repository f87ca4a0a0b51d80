"""``ServerPresence``: who has left the server whose digest they joined."""

from collections.abc import Sequence

from bot.delivery.door import Door
from bot.ui.presence import asking
from services.collection.memberships import Memberships
from services.resilience.clock import Clock


class ServerPresence:
    """The Presence of ``services/digests/content_ports.py``."""

    def __init__(self, door: Door, *, clock: Clock) -> None:
        """Ask through ``door``."""
        self._door = door
        self._memberships = Memberships(clock=clock)

    async def absent(
        self, guild_id: int, user_ids: Sequence[int], /, *, seconds: float
    ) -> frozenset[int]:
        """Return who of them surely is not in the server, found out within ``seconds``."""
        client = await self._door.client()
        guild = client.get_guild(guild_id)
        if guild is None or not user_ids or seconds <= 0:
            return frozenset()
        found = await self._memberships.check(guild_id, user_ids, asking(guild), seconds=seconds)
        return frozenset(user_id for user_id, is_there in found.items() if is_there is False)
