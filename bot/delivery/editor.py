"""``LateEditor``: changes a message hours after its interaction, across restarts.

The way is the interaction's token for 14 minutes, which works everywhere, and then the channel,
where the bot is a member. The token is a credential: it is stored encrypted, bound to its message,
and useless after 15 minutes.
"""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from weakref import WeakValueDictionary

import discord

from bot.delivery.door import Door, temporary_refusals
from bot.delivery.renderings import Renderings
from bot.ui.refusals import is_gone
from bot.ui.reply import finished
from services.accounts.cipher import Binding, TokenCipher, Undecipherable
from services.delivery import GIVE_UP_SECONDS, LateEdit, MessagePlace
from services.resilience.clock import Clock
from services.secret import Secret
from services.storage.database import Database
from services.storage.late_messages import LateMessage, LateMessageRepository

_NO_PINGS = discord.AllowedMentions.none()


class LateEditor:
    """The MessageEditor of ``services/delivery.py``."""

    def __init__(
        self,
        database: Database,
        *,
        door: Door,
        renderings: Renderings,
        cipher: TokenCipher,
        clock: Clock,
    ) -> None:
        """Keep what is expected in ``database``; reach Discord through ``door``."""
        self._database = database
        self._messages = LateMessageRepository()
        self._door = door
        self._renderings = renderings
        self._cipher = cipher
        self._clock = clock
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def expect(self, place: MessagePlace) -> int:
        """Note that ``place`` will be changed later; returns the number to do it by.

        Raises:
            DatabaseUnavailable: Nothing is noted.
        """
        token = None
        if place.token is not None:
            content = place.token.reveal().encode()
            token = self._cipher.encrypt(content, _binding(place.message_id))
        now = self._clock.now()
        row = LateMessage(
            channel_id=place.channel_id,
            message_id=place.message_id,
            application_id=place.application_id,
            token=token,
            token_until=place.token_until,
            is_in_reach=place.is_in_reach,
            locale=place.locale,
            noted_at=now,
        )
        async with self._database.write() as transaction:
            # Those whose job never came to its end, or never was: nobody asks for them any more.
            await self._messages.remove_older(
                transaction, now - timedelta(seconds=2 * GIVE_UP_SECONDS)
            )
            return await self._messages.add(transaction, row)

    async def supersede(self, message_id: int) -> None:
        """Make every late edit of this message void, once the one under way has ended.

        Raises:
            DatabaseUnavailable: They may still come.
        """
        async with self._turn(message_id), self._database.write() as transaction:
            await self._messages.supersede(transaction, message_id)

    async def is_expected(self, late_id: int) -> bool:
        """Return whether that change is still wanted.

        Raises:
            DatabaseUnavailable: Nobody knows.
        """
        row = await self._find(late_id)
        return row is not None and not self._is_too_late(row)

    async def edit(self, late_id: int, content: object, *, is_last_word: bool = False) -> LateEdit:
        """Show ``content`` in the message, if it may still be changed.

        Args:
            late_id: From ``expect``.
            content: A value of a type that has a rendering.
            is_last_word: It only takes a promise back: allowed for ever.

        Raises:
            DiscordUnavailable: Not now.
            DatabaseUnavailable: Nobody knows whether it may.
        """
        row = await self._find(late_id)
        if row is None:
            return LateEdit.SUPERSEDED
        client = await self._door.client()
        # Whoever regenerates the message waits for this edit, or comes before it: in one process
        # nothing old can land on something new. Between processes, one edit's time remains.
        async with self._turn(row.message_id):
            if await self._find(late_id) is None:
                return LateEdit.SUPERSEDED
            is_too_late = self._is_too_late(row) and not is_last_word
            outcome = LateEdit.TOO_LATE if is_too_late else await self._edit(client, row, content)
            async with self._database.write() as transaction:
                await self._messages.remove(transaction, late_id)
        return outcome

    async def _edit(self, client: discord.Client, row: LateMessage, content: object) -> LateEdit:
        view = finished(self._renderings.view(content, row.locale))
        outcome = LateEdit.OUT_OF_REACH
        token = self._token(row)
        if token is not None:
            way = discord.Webhook.partial(row.application_id, token.reveal(), client=client)
            outcome = await _tried(
                way.edit_message(row.message_id, view=view, allowed_mentions=_NO_PINGS)
            )
        # Also when the token did not work after all: its end is Discord's to say.
        if outcome is not LateEdit.DONE and row.is_in_reach:
            channel = client.get_partial_messageable(row.channel_id)
            message = channel.get_partial_message(row.message_id)
            outcome = await _tried(message.edit(view=view, allowed_mentions=_NO_PINGS))
        return outcome

    def _token(self, row: LateMessage) -> Secret | None:
        """Return the interaction's token while it works and our keys still fit."""
        if row.token is None or row.token_until is None or row.token_until <= self._clock.now():
            return None
        try:
            return Secret(self._cipher.decrypt(row.token, _binding(row.message_id)).decode())
        except Undecipherable:
            return None

    def _is_too_late(self, row: LateMessage) -> bool:
        return (self._clock.now() - row.noted_at).total_seconds() > GIVE_UP_SECONDS

    async def _find(self, late_id: int) -> LateMessage | None:
        async with self._database.read() as transaction:
            return await self._messages.find(transaction, late_id)

    def _turn(self, message_id: int) -> asyncio.Lock:
        return self._turns.setdefault(message_id, asyncio.Lock())


async def _tried(edit: Awaitable[object]) -> LateEdit:
    """Return DONE or GONE.

    Raises:
        DiscordUnavailable: Not now.
    """
    try:
        with temporary_refusals():
            await edit
    except discord.HTTPException as error:
        if is_gone(error):
            return LateEdit.GONE
        raise
    return LateEdit.DONE


def _binding(message_id: int) -> Binding:
    return Binding(purpose="interaction", owner=message_id, service="discord")
