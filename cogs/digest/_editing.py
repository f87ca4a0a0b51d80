"""``/digest edit``: where and when a digest is posted from now on, in options or in a form."""

from dataclasses import dataclass, replace
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.errors import Answers
from bot.i18n import LANGUAGES, Texts
from bot.ui.buttons import Press
from bot.ui.digest_form import (
    DAY_FIELD,
    DAYS_FIELD,
    HOUR_FIELD,
    ZONE_FIELD,
    read_days,
    timing_form,
)
from bot.ui.digest_ids import EDIT_PREFIX, LANGUAGE_PREFIX, NOTHING_PREFIX
from bot.ui.forms import form_values
from bot.ui.posting_rights import hinders, lack_lines
from bot.ui.reply import InteractionReply
from cogs.collection import _filters as filtering
from cogs.digest._asking import Refusal, guild_of, lacks_seen
from cogs.digest._options import (
    CADENCES,
    HOURS,
    WEEKDAYS,
    ChannelOption,
    Choices,
    Day,
    DigestOption,
    Zone,
    zone_choices,
)
from cogs.digest._part import Part
from cogs.digest._ports import Parts
from cogs.digest._timing import Wish, timing_for
from services.digests.models import Cadence, Changes, Schedule, WhenNothing


class Editing(Part):
    """The command that changes a digest."""

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Change with ``parts``."""
        super().__init__(parts, answers=answers)
        self._handlers |= {
            EDIT_PREFIX: self._on_press(self._edit_in_form),
            NOTHING_PREFIX: self._on_press_about(self._choose_when_nothing),
            LANGUAGE_PREFIX: self._on_press_about(self._choose_language),
        }

    @app_commands.command(
        name="edit", description=locale_str("Change where or when a digest is posted")
    )
    @app_commands.describe(
        digest=locale_str("Which digest"),
        channel=locale_str("Where it is posted from now on"),
        cadence=locale_str("How often"),
        hour=locale_str("At what time, on the clocks of the time zone"),
        timezone=locale_str("Type a city near you and pick its zone, such as Europe/Zurich"),
        weekday=locale_str("For every week: on which day; Monday by default"),
        day=locale_str("For every month: on which day; 31 is always the last one"),
    )
    @app_commands.choices(cadence=CADENCES)
    @app_commands.choices(hour=HOURS, weekday=WEEKDAYS)
    async def edit(  # noqa: PLR0917  # the options of the command
        self,
        interaction: discord.Interaction,
        digest: DigestOption = None,
        channel: ChannelOption | None = None,
        cadence: str | None = None,
        hour: int | None = None,
        timezone: Zone | None = None,
        weekday: int | None = None,
        day: Day | None = None,
    ) -> None:
        """Answer ``/digest edit``; without any change in it, with a form."""
        said = Wish(
            cadence=None if cadence is None else Cadence(cadence),
            hour=hour,
            zone=timezone,
            weekday=weekday,
            day=day,
        )

        async def work(reply: InteractionReply, texts: Texts) -> None:
            schedule = await self._chosen(interaction, digest, texts)
            if said.is_empty and channel is None:
                form = timing_form(schedule, user_id=reply.user_id, texts=texts)
                await interaction.response.send_modal(form)
                return
            await reply.acknowledge()
            place = None if channel is None else channel.id
            await self._edit(reply, interaction, schedule, _Edit(said, place), texts)

        await self._answer(interaction, work)

    @edit.autocomplete("timezone")
    async def suggest_other_zone(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest time zones."""
        del interaction
        return zone_choices(typed)

    @edit.autocomplete("digest")
    async def suggest_digest_to_edit(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the server's digests."""
        return await filtering.suggest_items(lambda: self._suggestions(interaction, typed))

    async def _edit(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        schedule: Schedule,
        edit: "_Edit",
        texts: Texts,
    ) -> None:
        wish, channel_id = edit.wish, edit.channel_id
        if channel_id is not None:
            await self._check_place(interaction, channel_id, texts)
        timing = None if wish.is_empty else timing_for(wish, schedule.timing, texts)
        changes = Changes(channel_id=channel_id, timing=timing)
        await self._change(reply, interaction, schedule, changes, texts)

    async def _check_place(
        self, interaction: discord.Interaction, channel_id: int, texts: Texts
    ) -> None:
        """Refuse a channel where it could not be posted.

        Raises:
            Refusal: It names what is missing.
        """
        lacks = await lacks_seen(interaction, channel_id)
        if hinders(lacks):
            said = texts.gettext(
                "I can't post in {channel}, so the digest stays where it is. What I lack there:",
                channel=f"<#{channel_id}>",
            )
            raise Refusal("\n".join([said, *lack_lines(lacks, texts)]))

    async def _edit_in_form(
        self, reply: InteractionReply, interaction: discord.Interaction, press: Press, texts: Texts
    ) -> None:
        """Open the form, or take in what was typed."""
        schedule = await self._pressed_digest(interaction, press)
        if interaction.type is not discord.InteractionType.modal_submit:
            form = timing_form(schedule, user_id=reply.user_id, texts=texts)
            await interaction.response.send_modal(form)
            return
        await reply.acknowledge()
        wish = _typed_wish(form_values(interaction.data or {}), texts)
        # The form says all there is: a weekday or day of before is not kept.
        bare = replace(schedule.timing, cadence=Cadence.DAILY, weekday=None, day=None)
        timing = timing_for(wish, bare, texts)
        await self._change(reply, interaction, schedule, Changes(timing=timing), texts)

    async def _choose_when_nothing(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        schedule: Schedule,
        texts: Texts,
    ) -> None:
        choice = _chosen_value(interaction)
        if choice in set(WhenNothing):
            changes = Changes(when_nothing=WhenNothing(choice))
            await self._change(reply, interaction, schedule, changes, texts)

    async def _choose_language(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        schedule: Schedule,
        texts: Texts,
    ) -> None:
        choice = _chosen_value(interaction)
        if choice in LANGUAGES:
            await self._change(reply, interaction, schedule, Changes(locale=choice), texts)

    async def _change(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        schedule: Schedule,
        changes: Changes,
        texts: Texts,
    ) -> None:
        digest_id, guild_id = schedule.digest_id, guild_of(interaction)
        changed = await self._parts.schedules.edit(guild_id, digest_id, changes)
        headline = "✅ " + texts.gettext("Changed.")
        await self._show_panel(reply, interaction, changed, texts, headline)


@dataclass(frozen=True, slots=True)
class _Edit:
    """What the command changes; nothing for None."""

    wish: Wish
    channel_id: int | None


def _typed_wish(typed: dict[str, str], texts: Texts) -> Wish:
    """Return what the form was filled in with.

    Raises:
        Refusal: The day is none.
    """
    cadence, weekday = read_days(typed.get(DAYS_FIELD, ""))
    day: int | None = None
    if cadence is Cadence.MONTHLY and (text := typed.get(DAY_FIELD, "")):
        day = int(text) if text.isascii() and text.isdecimal() else 0
        if day not in range(1, 32):
            raise Refusal(texts.gettext("The day of the month is a number from 1 to 31."))
    zone, hour = typed.get(ZONE_FIELD, ""), int(typed.get(HOUR_FIELD, "0"))
    return Wish(cadence=cadence, hour=hour, zone=zone, weekday=weekday, day=day)


def _chosen_value(interaction: discord.Interaction) -> str:
    data: Any = interaction.data or {}
    return str(next(iter(data.get("values") or ()), ""))
