"""What the parts of ``/digest`` have in common: who may do it, and which digest is meant."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import discord
from discord.ext import commands

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.digest_panel import Shown, digest_panel
from bot.ui.digest_words import digest_choice
from bot.ui.reply import InteractionReply
from cogs.digest._asking import Refusal, check_manager, guild_of, lacks_seen, refuse
from cogs.digest._ports import Handle, Parts
from services.digests.models import NoSuchDigest, Schedule

Act = Callable[[InteractionReply, discord.Interaction, Schedule, Texts], Awaitable[None]]
"""Does something about a digest that was found, and shows what came of it."""

_MOST_DIGITS: Final = 15


class Part(commands.Cog):
    """Some commands of ``/digest``, with their suggestions, buttons and forms.

    The cog inherits from all of its parts, since discord.py wants a group's commands in one class.
    Every digest is looked up among those of the server where it is asked for: a number from
    elsewhere, typed or in a button, finds nothing.
    """

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Answer with ``answers``."""
        super().__init__()
        self._parts = parts
        self._answers = answers
        self._handlers: dict[str, Handle] = {}
        """Who handles the buttons and forms, by the prefixes of their custom ids."""

    async def _answer(
        self,
        interaction: discord.Interaction,
        work: Callable[[InteractionReply, Texts], Awaitable[None]],
        *,
        for_managers: bool = True,
    ) -> None:
        """Answer a command to its asker alone, if they may use it."""
        reply = InteractionReply(interaction, is_private=True)
        async with self._answers.to(reply, interaction.locale) as texts:
            await self._work(interaction, reply, work, texts, for_managers=for_managers)

    async def _about(
        self,
        interaction: discord.Interaction,
        digest: str | None,
        act: Act,
        *,
        for_managers: bool = True,
    ) -> None:
        """Answer a command about the digest that its option names."""

        async def work(reply: InteractionReply, texts: Texts) -> None:
            await reply.acknowledge()
            schedule = await self._chosen(interaction, digest, texts)
            await act(reply, interaction, schedule, texts)

        await self._answer(interaction, work, for_managers=for_managers)

    def _on_press(
        self,
        work: Callable[[InteractionReply, discord.Interaction, Press, Texts], Awaitable[None]],
        *,
        for_managers: bool = True,
        is_apart: bool = False,
    ) -> Handle:
        """Return what handles a press, for the same people as the command.

        Args:
            work: Answers.
            for_managers: Only they may press.
            is_apart: The answer leaves the message with the button alone.
        """

        async def handle(interaction: discord.Interaction, press: Press, texts: Texts) -> None:
            reply = InteractionReply(interaction, is_private=True, is_apart=is_apart)

            async def answer(reply: InteractionReply, texts: Texts) -> None:
                await work(reply, interaction, press, texts)

            await self._work(interaction, reply, answer, texts, for_managers=for_managers)

        return handle

    def _on_press_about(
        self, act: Act, *, for_managers: bool = True, is_apart: bool = False
    ) -> Handle:
        """Return what handles a press about the digest that the button carries."""

        async def work(
            reply: InteractionReply, interaction: discord.Interaction, press: Press, texts: Texts
        ) -> None:
            await reply.acknowledge()
            schedule = await self._pressed_digest(interaction, press)
            await act(reply, interaction, schedule, texts)

        return self._on_press(work, for_managers=for_managers, is_apart=is_apart)

    async def _work(
        self,
        interaction: discord.Interaction,
        reply: InteractionReply,
        work: Callable[[InteractionReply, Texts], Awaitable[None]],
        texts: Texts,
        *,
        for_managers: bool,
    ) -> None:
        try:
            if for_managers:
                check_manager(interaction, texts)
            await work(reply, texts)
        except Refusal as refusal:
            await refuse(interaction, reply, str(refusal))
        except NoSuchDigest:
            await refuse(interaction, reply, _gone(texts))

    async def _chosen(
        self, interaction: discord.Interaction, typed: str | None, texts: Texts
    ) -> Schedule:
        """Return the digest that somebody means: the only one, if they didn't say.

        Raises:
            Refusal: There is none such here, or there are several.
        """
        digests = await self._parts.schedules.list(guild_of(interaction))
        if not digests:
            raise Refusal(texts.gettext("There's no digest here yet. `/digest create` makes one."))
        names = {each.digest_id: _place(interaction, each) for each in digests}
        wanted = (typed or "").strip().lstrip("#")
        fitting = [
            each
            for each in digests
            if wanted in ("", str(each.digest_id)) or wanted == names[each.digest_id]
        ]
        if len(fitting) != 1:
            raise Refusal(
                texts.gettext(
                    "I can't tell which digest you mean. Pick it from the list that the option "
                    "`digest` offers."
                )
            )
        return fitting[0]

    async def _suggestions(
        self, interaction: discord.Interaction, typed: str, only: Iterable[int] | None = None
    ) -> list[tuple[int, str]]:
        """Return the server's digests that fit what is typed, numbered; ``only`` some of them."""
        texts = self._answers.texts(interaction.locale)
        digests = await self._parts.schedules.list(guild_of(interaction))
        kept = None if only is None else set(only)
        named = [
            (each.digest_id, digest_choice(each, _place(interaction, each), texts))
            for each in digests
            if kept is None or each.digest_id in kept
        ]
        return [(number, name) for number, name in named if typed.casefold() in name.casefold()]

    async def _pressed_digest(self, interaction: discord.Interaction, press: Press) -> Schedule:
        """Return the digest that a button is about.

        Raises:
            NoSuchDigest: This server has none such, any more.
        """
        number = press.rest[0] if press.rest else ""
        if not (number.isdecimal() and len(number) <= _MOST_DIGITS):
            raise NoSuchDigest
        found = await self._parts.schedules.get(guild_of(interaction), int(number))
        if found is None:
            raise NoSuchDigest
        return found

    async def _shown(self, interaction: discord.Interaction, schedule: Schedule) -> Shown:
        return Shown(
            schedule=schedule,
            members=await self._parts.members.of(schedule.digest_id),
            lacks=await lacks_seen(interaction, schedule.channel_id),
        )

    async def _show_panel(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        schedule: Schedule,
        texts: Texts,
        headline: str = "",
    ) -> None:
        shown = await self._shown(interaction, schedule)
        panel = digest_panel(shown, user_id=reply.user_id, texts=texts, headline=headline)
        await reply.show(panel)


def _place(interaction: discord.Interaction, schedule: Schedule) -> str | None:
    """Return the name of a digest's channel; None when the bot does not know it."""
    guild = interaction.guild
    channel = guild.get_channel_or_thread(schedule.channel_id) if guild else None
    return channel.name if channel else None


def _gone(texts: Texts) -> str:
    return texts.gettext("That digest is gone. `/digest list` shows those there are.")
