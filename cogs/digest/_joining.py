"""``/digest join`` and ``leave``: everybody decides for themselves, and only for themselves."""

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.digest_ids import DECLINE_PREFIX, JOIN_YES_PREFIX, LEAVE_PREFIX
from bot.ui.digest_joining import join_question, joined_card, left_text
from bot.ui.notices import notice
from bot.ui.reply import InteractionReply
from cogs.collection import _filters as filtering
from cogs.digest._asking import guild_of
from cogs.digest._options import Choices, DigestOption
from cogs.digest._part import Part
from cogs.digest._ports import Parts
from services.digests.models import Schedule
from services.errors import NotLinked


class Joining(Part):
    """The commands that need no permission but one's own."""

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Join with ``parts``."""
        super().__init__(parts, answers=answers)
        self._handlers |= {
            JOIN_YES_PREFIX: self._on_press_about(self._join, for_managers=False),
            LEAVE_PREFIX: self._on_press_about(self._leave, for_managers=False),
            DECLINE_PREFIX: self._on_press(self._decline, for_managers=False),
        }

    @app_commands.command(
        name="join", description=locale_str("Let a digest tell this server of your collection")
    )
    @app_commands.describe(digest=locale_str("Which digest"))
    async def join(self, interaction: discord.Interaction, digest: DigestOption = None) -> None:
        """Answer ``/digest join``: with a question, since consent comes first."""
        await self._about(interaction, digest, self._ask_to_join, for_managers=False)

    @app_commands.command(
        name="leave", description=locale_str("Have a digest tell nothing of you any more")
    )
    @app_commands.describe(digest=locale_str("Which digest"))
    async def leave(self, interaction: discord.Interaction, digest: DigestOption = None) -> None:
        """Answer ``/digest leave``."""
        await self._about(interaction, digest, self._leave, for_managers=False)

    @join.autocomplete("digest")
    async def suggest_digest_to_join(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the server's digests."""
        return await filtering.suggest_items(lambda: self._suggestions(interaction, typed))

    @leave.autocomplete("digest")
    async def suggest_digest_to_leave(
        self, interaction: discord.Interaction, typed: str
    ) -> Choices:
        """Suggest the digests that the asker has joined."""

        async def joined() -> list[tuple[int, str]]:
            guild_id, user_id = guild_of(interaction), interaction.user.id
            own = await self._parts.members.joined_by(guild_id, user_id)
            return await self._suggestions(interaction, typed, own)

        return await filtering.suggest_items(joined)

    async def _ask_to_join(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        schedule: Schedule,
        texts: Texts,
    ) -> None:
        await self._check_link(reply.user_id)
        joined = await self._parts.members.joined_by(guild_of(interaction), reply.user_id)
        if schedule.digest_id in joined:
            await reply.show(_joined(reply, schedule, texts, was_member=True))
        else:
            await reply.show(join_question(schedule, user_id=reply.user_id, texts=texts))

    async def _join(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        schedule: Schedule,
        texts: Texts,
    ) -> None:
        """Join, now that the question was answered with yes."""
        await self._check_link(reply.user_id)
        guild_id = guild_of(interaction)
        await self._parts.members.join(schedule.digest_id, guild_id, reply.user_id)
        await reply.show(_joined(reply, schedule, texts))

    async def _decline(
        self, reply: InteractionReply, _: discord.Interaction, _press: Press, texts: Texts
    ) -> None:
        await reply.acknowledge()
        await reply.show(notice(texts.gettext("All right: nothing of you is shown.")))

    async def _leave(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        schedule: Schedule,
        texts: Texts,
    ) -> None:
        digest_id, guild_id = schedule.digest_id, guild_of(interaction)
        was_member = await self._parts.members.leave(digest_id, guild_id, reply.user_id)
        await reply.show(notice(left_text(schedule, texts, was_member=was_member)))

    async def _check_link(self, user_id: int) -> None:
        """Let pass who has a collection to tell of.

        Raises:
            NotLinked: They have not.
        """
        if await self._parts.links.describe(user_id) is None:
            raise NotLinked("discogs", "digest")


def _joined(
    reply: InteractionReply, schedule: Schedule, texts: Texts, *, was_member: bool = False
) -> discord.ui.LayoutView:
    return joined_card(schedule, user_id=reply.user_id, texts=texts, was_member=was_member)
