"""``/digest list``, ``preview``, ``post``, ``pause``, ``resume`` and ``delete``."""

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.digest_ids import (
    DELETE_PREFIX,
    DELETE_YES_PREFIX,
    LIST_PREFIX,
    PAUSE_PREFIX,
    POST_PREFIX,
    POST_YES_PREFIX,
    PREVIEW_PREFIX,
    RESUME_PREFIX,
    SHOW_PREFIX,
)
from bot.ui.digest_panel import digests_list
from bot.ui.digest_questions import delete_question, post_question
from bot.ui.notices import notice
from bot.ui.posting_rights import hinders, lack_lines
from bot.ui.reply import InteractionReply
from cogs.collection import _filters as filtering
from cogs.digest._asking import Refusal, guild_of, lacks_seen
from cogs.digest._options import Choices, DigestOption
from cogs.digest._part import Part
from cogs.digest._ports import Parts
from services.digests.models import Schedule


class Managing(Part):
    """The commands about a digest that exists."""

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Manage with ``parts``."""
        super().__init__(parts, answers=answers)
        self._handlers |= {
            LIST_PREFIX: self._on_press(self._list_pressed),
            SHOW_PREFIX: self._on_press_about(self._show_panel),
            PREVIEW_PREFIX: self._on_press_about(self._preview, is_apart=True),
            POST_PREFIX: self._on_press_about(self._ask_to_post),
            POST_YES_PREFIX: self._on_press_about(self._post),
            PAUSE_PREFIX: self._on_press_about(self._pause),
            RESUME_PREFIX: self._on_press_about(self._resume),
            DELETE_PREFIX: self._on_press_about(self._ask_to_delete),
            DELETE_YES_PREFIX: self._on_press_about(self._delete),
        }

    @app_commands.command(name="list", description=locale_str("All digests of this server"))
    async def list(self, interaction: discord.Interaction) -> None:
        """Answer ``/digest list``."""

        async def work(reply: InteractionReply, texts: Texts) -> None:
            await reply.acknowledge()
            await self._list(reply, interaction, texts)

        await self._answer(interaction, work)

    @app_commands.command(
        name="preview", description=locale_str("See what a digest would say now; nobody else does")
    )
    @app_commands.describe(digest=locale_str("Which digest"))
    async def preview(self, interaction: discord.Interaction, digest: DigestOption = None) -> None:
        """Answer ``/digest preview``."""
        await self._about(interaction, digest, self._preview)

    @app_commands.command(name="post", description=locale_str("Post a digest now"))
    @app_commands.describe(digest=locale_str("Which digest"))
    async def post(self, interaction: discord.Interaction, digest: DigestOption = None) -> None:
        """Answer ``/digest post``."""
        await self._about(interaction, digest, self._ask_to_post)

    @app_commands.command(
        name="pause", description=locale_str("Stop posting a digest until it's resumed")
    )
    @app_commands.describe(digest=locale_str("Which digest"))
    async def pause(self, interaction: discord.Interaction, digest: DigestOption = None) -> None:
        """Answer ``/digest pause``."""
        await self._about(interaction, digest, self._pause)

    @app_commands.command(name="resume", description=locale_str("Post a paused digest again"))
    @app_commands.describe(digest=locale_str("Which digest"))
    async def resume(self, interaction: discord.Interaction, digest: DigestOption = None) -> None:
        """Answer ``/digest resume``."""
        await self._about(interaction, digest, self._resume)

    @app_commands.command(name="delete", description=locale_str("End a digest for good"))
    @app_commands.describe(digest=locale_str("Which digest"))
    async def delete(self, interaction: discord.Interaction, digest: DigestOption = None) -> None:
        """Answer ``/digest delete``."""
        await self._about(interaction, digest, self._ask_to_delete)

    @preview.autocomplete("digest")
    @post.autocomplete("digest")
    @pause.autocomplete("digest")
    @resume.autocomplete("digest")
    @delete.autocomplete("digest")
    async def suggest_digest(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the server's digests."""
        return await filtering.suggest_items(lambda: self._suggestions(interaction, typed))

    # --- What they do

    async def _list(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        texts: Texts,
        headline: str = "",
    ) -> None:
        schedules = await self._parts.schedules.list(guild_of(interaction))
        shown = tuple([await self._shown(interaction, each) for each in schedules])
        await reply.show(digests_list(shown, user_id=reply.user_id, texts=texts, headline=headline))

    async def _preview(
        self,
        reply: InteractionReply,
        _: discord.Interaction,
        schedule: Schedule,
        texts: Texts,
    ) -> None:
        """Show it; beside the panel, which stays, when it was asked for there."""
        try:
            view = await self._parts.previews.view(schedule)
        except TimeoutError:
            raise Refusal(
                texts.gettext(
                    "Putting it together takes too long right now. Try again in a few minutes."
                )
            ) from None
        if view is None:
            said = texts.gettext(
                "Nothing is new, so nothing would be posted: this digest is set to stay quiet then."
            )
            view = notice(said)
        await reply.show(view)

    async def _ask_to_post(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        schedule: Schedule,
        texts: Texts,
    ) -> None:
        """Have it posted, unless one went out today: then only if that is meant."""
        previews = self._parts.previews
        if previews.was_posted_today(schedule) and not previews.was_posted_just_now(schedule):
            await reply.show(post_question(schedule, user_id=reply.user_id, texts=texts))
        else:
            await self._post(reply, interaction, schedule, texts)

    async def _post(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        schedule: Schedule,
        texts: Texts,
    ) -> None:
        if self._parts.previews.was_posted_just_now(schedule):
            raise Refusal(
                texts.gettext("It went out just now. Give it a minute before you post another one.")
            )
        await self._check_rights(interaction, schedule, texts)
        await self._parts.posting.post_now(guild_of(interaction), schedule.digest_id)
        headline = "📨 " + texts.gettext(
            "It's on its way to {channel}.", channel=f"<#{schedule.channel_id}>"
        )
        await self._show_panel(reply, interaction, schedule, texts, headline)

    async def _pause(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        schedule: Schedule,
        texts: Texts,
    ) -> None:
        schedules = self._parts.schedules
        paused = await schedules.pause(guild_of(interaction), schedule.digest_id)
        await self._show_panel(reply, interaction, paused, texts)

    async def _resume(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        schedule: Schedule,
        texts: Texts,
    ) -> None:
        await self._check_rights(interaction, schedule, texts)
        schedules = self._parts.schedules
        resumed = await schedules.resume(guild_of(interaction), schedule.digest_id)
        headline = "▶️ " + texts.gettext("It's posted again from now on.")
        await self._show_panel(reply, interaction, resumed, texts, headline)

    async def _check_rights(
        self, interaction: discord.Interaction, schedule: Schedule, texts: Texts
    ) -> None:
        """Refuse what would fail in the channel.

        Raises:
            Refusal: It names what is missing.
        """
        lacks = await lacks_seen(interaction, schedule.channel_id)
        if hinders(lacks):
            said = texts.gettext(
                "I can't post in {channel}. What I lack there:", channel=f"<#{schedule.channel_id}>"
            )
            move = texts.gettext("`/digest edit` moves the digest to another channel.")
            raise Refusal("\n".join([said, *lack_lines(lacks, texts), move]))

    async def _ask_to_delete(
        self, reply: InteractionReply, _: discord.Interaction, schedule: Schedule, texts: Texts
    ) -> None:
        await reply.show(delete_question(schedule, user_id=reply.user_id, texts=texts))

    async def _delete(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        schedule: Schedule,
        texts: Texts,
    ) -> None:
        await self._parts.schedules.delete(guild_of(interaction), schedule.digest_id)
        headline = "🗑️ " + texts.gettext(
            "The digest in {channel} is deleted.", channel=f"<#{schedule.channel_id}>"
        )
        await self._list(reply, interaction, texts, headline)

    async def _list_pressed(
        self, reply: InteractionReply, interaction: discord.Interaction, _press: Press, texts: Texts
    ) -> None:
        await reply.acknowledge()
        await self._list(reply, interaction, texts)
