"""One way to answer, whatever was used to ask: a command, a button or a direct message.

Acknowledged at once; results are public, errors are seen by the asker only: a public "thinking"
that turns into an error is deleted and followed by an ephemeral message.
"""

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, Protocol

import discord
from discord import ui

from bot.ui.layout import looks_of
from bot.ui.reach import is_member
from bot.ui.refusals import REFUSALS, edit_error, is_token_over, refusals_told
from bot.ui.stream import EditFailed, MessageGone
from services.delivery import MessagePlace
from services.secret import Secret

# A minute less than the 15 that Discord grants: a slow edit must not run into the end.
_TOKEN_LIFE: Final = timedelta(minutes=14)
_NO_PINGS: Final = discord.AllowedMentions.none()


class Reply(Protocol):
    """Where an answer goes."""

    user_id: int
    guild_id: int | None
    question_id: int
    is_shown: bool
    shared_channel: int | None
    """Where the answer is edited by the bot's own token, whose limit others share; else None."""

    async def acknowledge(self) -> None:
        """Tell the user, and Discord, that an answer is coming; within 3 s of the question."""

    async def show(self, view: ui.LayoutView) -> None:
        """Make ``view`` the answer, replacing the previous one; one that looks alike is not sent.

        Raises:
            MessageGone: The answer can never be edited again.
            EditFailed: This edit failed.
        """

    async def send_more(self, view: ui.LayoutView) -> discord.Message:
        """Send a message after the answer, as public as that; raises what ``show`` raises."""

    async def fail(self, view: ui.LayoutView) -> None:
        """Answer with an error that only the asker sees, where Discord can do that."""

    async def place(self, locale: str) -> MessagePlace | None:
        """Return where the answer is and how it may be changed later; None when nobody can."""


class InteractionReply:
    """Answers a command, a button or a menu."""

    def __init__(
        self,
        interaction: discord.Interaction,
        *,
        is_private: bool = False,
        is_apart: bool = False,
    ) -> None:
        """Answer ``interaction``; nothing is sent yet.

        Args:
            interaction: What was used to ask.
            is_private: The answer to a command or a form is seen by the asker only.
            is_apart: The answer to a button is a message of its own, and leaves the button's alone.
        """
        self._interaction = interaction
        self._is_private = is_private
        self._is_apart = is_apart
        self._is_ephemeral = False
        self._has_token = True
        self._looks: list[dict[str, Any]] | None = None
        self.is_shown = False
        self.shared_channel: int | None = None
        self.user_id = interaction.user.id
        self.guild_id = interaction.guild_id
        self.question_id = interaction.id
        # A button's or its form's answer replaces the message that the button is on.
        replaced = None if is_apart else interaction.message
        self._message_id = replaced.id if replaced else None

    async def acknowledge(self) -> None:
        """Show "thinking…"; a button's, menu's or form's message just stays as it is.

        But a private answer never takes the place of a message that others see.
        """
        interaction = self._interaction
        if interaction.response.is_done():
            return
        message = interaction.message
        is_command = interaction.type is discord.InteractionType.application_command
        is_form = interaction.type is discord.InteractionType.modal_submit
        is_new = self._is_apart or is_command or (is_form and message is None)
        if self._is_private and message is not None and not self._is_apart:
            is_new = not message.flags.ephemeral
        await interaction.response.defer(thinking=is_new, ephemeral=is_new and self._is_private)

    @property
    def is_on_public_message(self) -> bool:
        """True when the answer takes the place of a message that others may see, too."""
        return self._message_id is not None and not self._is_for_one()

    def make_private(self) -> None:
        """Have the answer seen by the asker only; before ``acknowledge``."""
        self._is_private = True

    async def show(
        self, view: ui.LayoutView, *, files: Sequence[discord.File] | None = None
    ) -> None:
        """Edit the answer: by the interaction's token, and when that has ended as the bot itself.

        Args:
            view: What it shows from now on.
            files: Those that ``view`` refers to, instead of the ones before; None: these stay.

        Raises:
            MessageGone: It was deleted, or 15 minutes have passed and the bot is no member here.
            EditFailed: This edit failed.
        """
        looks = looks_of(view)
        if looks == self._looks and files is None:
            return
        try:
            if self._has_token:
                await self._edit_by_token(finished(view), files)
            else:
                await self._edit_as_bot(finished(view), files)
        except REFUSALS as error:
            if not (self._has_token and is_token_over(error)):
                raise edit_error(error) from error
            self._has_token = False
            await self.show(view, files=files)
        self._looks = looks
        self.is_shown = True

    async def _edit_by_token(
        self, view: ui.LayoutView, files: Sequence[discord.File] | None
    ) -> None:
        message = await self._interaction.edit_original_response(
            view=view,
            attachments=discord.utils.MISSING if files is None else files,
            allowed_mentions=_NO_PINGS,
        )
        self._message_id = message.id
        self._is_ephemeral = message.flags.ephemeral

    async def _edit_as_bot(self, view: ui.LayoutView, files: Sequence[discord.File] | None) -> None:
        interaction, channel_id = self._interaction, self._interaction.channel_id
        if self._message_id is None or channel_id is None or self._is_ephemeral:
            raise MessageGone("the token has ended")
        if not is_member(interaction):
            raise MessageGone("the token has ended, and the bot is no member")
        channel = interaction.client.get_partial_messageable(channel_id)
        message = channel.get_partial_message(self._message_id)
        await message.edit(
            view=view,
            attachments=discord.utils.MISSING if files is None else files,
            allowed_mentions=_NO_PINGS,
        )

    async def send_more(self, view: ui.LayoutView) -> discord.Message:
        """Send a follow-up."""
        with refusals_told():
            return await self._interaction.followup.send(
                view=finished(view),
                ephemeral=self._is_ephemeral,
                allowed_mentions=_NO_PINGS,
                wait=True,
            )

    async def place(self, locale: str) -> MessagePlace | None:
        """Return where the answer is; a "thinking" that shows nothing yet is asked for its id."""
        interaction = self._interaction
        if self._message_id is None:
            try:
                self._message_id = (await interaction.original_response()).id
            except REFUSALS:
                return None
        if interaction.channel_id is None:
            return None
        return MessagePlace(
            channel_id=interaction.channel_id,
            message_id=self._message_id,
            application_id=interaction.application_id,
            token=Secret(interaction.token),
            token_until=interaction.created_at + _TOKEN_LIFE,
            is_in_reach=is_member(interaction) and not self._is_for_one(),
            locale=locale,
        )

    async def tell(self, view: ui.LayoutView) -> None:
        """Say something besides the answer, to the asker only; after ``acknowledge``."""
        await self._interaction.followup.send(
            view=finished(view), ephemeral=True, allowed_mentions=_NO_PINGS
        )

    def _is_for_one(self) -> bool:
        """Return whether only the asker sees the answer: without the token nobody can edit it."""
        message = self._interaction.message
        return self._is_private or (message is not None and message.flags.ephemeral)

    async def fail(self, view: ui.LayoutView) -> None:
        """Say it to the asker only, in place of a private "thinking"; a public one is deleted."""
        response = self._interaction.response
        if not response.is_done():
            await response.send_message(
                view=finished(view), ephemeral=True, allowed_mentions=_NO_PINGS
            )
            return
        is_thinking = response.type is discord.InteractionResponseType.deferred_channel_message
        if is_thinking and not self.is_shown:
            if self._is_private:
                with contextlib.suppress(EditFailed, MessageGone):
                    await self.show(view)
                    return
            with contextlib.suppress(*REFUSALS):
                await self._interaction.delete_original_response()
        await self.tell(view)


class MessageReply:
    """Answers a direct message."""

    def __init__(self, message: discord.Message) -> None:
        """Answer in the channel of ``message``; nothing is sent yet."""
        self._channel = message.channel
        self._answer: discord.Message | None = None
        self._looks: list[dict[str, Any]] | None = None
        self.is_shown = False
        self.shared_channel: int | None = message.channel.id
        self.user_id = message.author.id
        self.guild_id: int | None = None
        self.question_id = message.id

    async def acknowledge(self) -> None:
        """Show that the bot is typing."""
        with contextlib.suppress(*REFUSALS):
            await self._channel.typing()

    async def show(self, view: ui.LayoutView) -> None:
        """Send the answer, or edit it.

        Raises:
            MessageGone: It was deleted, or the user no longer accepts messages.
            EditFailed: This edit failed.
        """
        looks = looks_of(view)
        if looks == self._looks:
            return
        with refusals_told():
            if self._answer is None:
                # The nonce: if it arrived although it seemed to fail, it is not sent twice.
                self._answer = await self._channel.send(
                    view=finished(view),
                    nonce=str(self.question_id),
                    allowed_mentions=_NO_PINGS,
                )
            else:
                await self._answer.edit(view=finished(view), allowed_mentions=_NO_PINGS)
        self._looks = looks
        self.is_shown = True

    async def send_more(self, view: ui.LayoutView) -> discord.Message:
        """Send another message."""
        with refusals_told():
            return await self._channel.send(view=finished(view), allowed_mentions=_NO_PINGS)

    async def place(self, locale: str) -> MessagePlace | None:
        """Return where the answer is, once there is one."""
        if self._answer is None:
            return None
        return MessagePlace(
            channel_id=self._answer.channel.id,
            message_id=self._answer.id,
            application_id=self._answer.author.id,
            is_in_reach=True,
            locale=locale,
        )

    async def fail(self, view: ui.LayoutView) -> None:
        """Say it; a direct message has no other reader."""
        await self._channel.send(view=finished(view), allowed_mentions=_NO_PINGS)


def finished(view: ui.LayoutView) -> ui.LayoutView:
    """Return ``view`` marked as finished, so that discord.py keeps no state for it.

    Our buttons and menus carry their state in their custom id and are handled by the cogs'
    listeners; they work for ever, also after a restart.
    """
    view.stop()
    return view
