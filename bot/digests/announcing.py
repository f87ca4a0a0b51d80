"""``DigestAnnouncer``: tells creators of digests in direct messages, in the server's language."""

from bot.delivery.delivery import Delivery
from bot.ui.digest_notices import PausedNotice, UncertainNotice, paused_notice, uncertain_notice
from bot.ui.posting_rights import Lack, lacks_in
from bot.ui.refusals import REFUSALS
from services.digests.models import PauseReason, Schedule, Slot


class DigestAnnouncer:
    """The Announcer of ``services/digests/ports.py``."""

    def __init__(self, delivery: Delivery) -> None:
        """Send through ``delivery``, which learns how it looks."""
        self._delivery = delivery
        delivery.renderings.register(PausedNotice, paused_notice)
        delivery.renderings.register(UncertainNotice, uncertain_notice)

    async def paused(self, schedule: Schedule, reason: PauseReason) -> None:
        """Tell that the digest is paused, and why.

        Raises:
            DiscordUnavailable: Not now.
            Refused: They take no messages.
        """
        server, lacks = await self._place(schedule)
        told = PausedNotice(schedule=schedule, reason=reason, server=server, lacks=lacks)
        # The next slot and the edition tell this pause from the one before.
        key = f"paused:{schedule.digest_id}:{schedule.edition}:{schedule.next_at.timestamp():.0f}"
        await self._tell(schedule, told, key)

    async def uncertain(self, schedule: Schedule, slot: Slot) -> None:
        """Tell that nobody knows whether the slot was posted; raises what ``paused`` raises."""
        server, lacks = await self._place(schedule)
        told = UncertainNotice(schedule=schedule, slot=slot, server=server, lacks=lacks)
        await self._tell(schedule, told, f"uncertain:{slot.mark}")

    async def _tell(self, schedule: Schedule, told: object, key: str) -> None:
        publisher = self._delivery.publisher
        await publisher.tell(schedule.creator_id, told, locale=schedule.locale, key=key)

    async def _place(self, schedule: Schedule) -> tuple[str, tuple[Lack, ...]]:
        """Return the server's name, and what the bot lacks in the channel, as far as it knows."""
        client = await self._delivery.door.client()
        await client.wait_until_ready()  # before, it knows of no server
        guild = client.get_guild(schedule.guild_id)
        try:
            lacks = await lacks_in(client, schedule.guild_id, schedule.channel_id)
        except REFUSALS:  # telling that it is paused matters more
            lacks = ()
        return (guild.name if guild else ""), lacks
