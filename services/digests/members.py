"""``DigestMembers``: who lets a digest tell of their collection; they may leave at any time."""

from services.digests.models import NoSuchDigest
from services.resilience.clock import Clock
from services.storage.database import Database, Transaction
from services.storage.digest_members import DigestMemberRepository
from services.storage.digest_slots import DigestSlotRepository
from services.storage.digests import DigestRepository


class DigestMembers:
    """Keeps who joined what. Everything raises ``DatabaseUnavailable``."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Keep it in ``database``."""
        self._database = database
        self._clock = clock
        self._members = DigestMemberRepository()
        self._digests = DigestRepository()
        self._slots = DigestSlotRepository()

    async def join(self, digest_id: int, guild_id: int, user_id: int) -> bool:
        """Have the next digest tell of this person's collection; False when it did already.

        Raises:
            NoSuchDigest: The server has none such.
        """
        async with self._database.write() as transaction:
            if not await self._members.exists(transaction, guild_id, digest_id):
                raise NoSuchDigest
            return await self._members.add(
                transaction,
                digest_id=digest_id,
                guild_id=guild_id,
                user_id=user_id,
                now=self._clock.now(),
            )

    async def leave(self, digest_id: int, guild_id: int, user_id: int) -> bool:
        """Tell nothing of this person any more, prepared or not; False when it did not."""
        async with self._database.write() as transaction:
            has_left = await self._members.remove(
                transaction, digest_id=digest_id, guild_id=guild_id, user_id=user_id
            )
            if has_left:
                await self._outdate(transaction, digest_id)
        return has_left

    async def of(self, digest_id: int) -> tuple[int, ...]:
        """Return whose collections the digest tells of, in the order of joining."""
        async with self._database.read() as transaction:
            return await self._members.of_digest(transaction, digest_id)

    async def joined_by(self, guild_id: int, user_id: int) -> tuple[int, ...]:
        """Return the digests of the server that this person joined."""
        async with self._database.read() as transaction:
            return await self._members.of_person(transaction, guild_id=guild_id, user_id=user_id)

    async def forget(self, transaction: Transaction, user_id: int) -> None:
        """Have this person leave every digest, as part of unlinking."""
        for digest_id in await self._members.remove_person(transaction, user_id):
            await self._outdate(transaction, digest_id)

    async def outdate(self, transaction: Transaction, user_id: int) -> None:
        """Have what was prepared of this person be made anew: they have hidden some of it."""
        for digest_id in await self._members.digests_of(transaction, user_id):
            await self._outdate(transaction, digest_id)

    async def _outdate(self, transaction: Transaction, digest_id: int) -> None:
        """Have what was prepared, which may tell of who left, be made anew."""
        await self._digests.outdate(transaction, digest_id)
        await self._slots.forget_planned(transaction, digest_id)
