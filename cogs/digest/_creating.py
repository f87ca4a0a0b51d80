"""``/digest create``: a digest begins, or its maker reads what is missing for it."""

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.errors import Answers
from bot.i18n import DEFAULT_LANGUAGE, LANGUAGES, Texts
from bot.ui.buttons import Press
from bot.ui.digest_again import missing_panel, read_again
from bot.ui.digest_ids import AGAIN_PREFIX
from bot.ui.posting_rights import hinders
from bot.ui.reply import InteractionReply
from cogs.digest._asking import Refusal, guild_of, lacks_seen
from cogs.digest._options import (
    CADENCES,
    HOURS,
    WEEKDAYS,
    ChannelOption,
    Choices,
    Day,
    Zone,
    zone_choices,
)
from cogs.digest._part import Part
from cogs.digest._ports import Parts
from cogs.digest._timing import Wish, new_timing
from services.digests.models import MOST_DIGESTS, Cadence, NewSchedule, Timing, TooManyDigests


class Creating(Part):
    """The command that sets a digest up."""

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Create with ``parts``."""
        super().__init__(parts, answers=answers)
        self._handlers |= {AGAIN_PREFIX: self._on_press(self._create_again)}

    @app_commands.command(
        name="create", description=locale_str("Have a channel told what is new in collections")
    )
    @app_commands.describe(
        channel=locale_str("Where it is posted"),
        cadence=locale_str("How often"),
        hour=locale_str("At what time, on the clocks of the time zone"),
        timezone=locale_str("Type a city near you and pick its zone, such as Europe/Zurich"),
        weekday=locale_str("For every week: on which day; Monday by default"),
        day=locale_str("For every month: on which day; 31 is always the last one"),
    )
    @app_commands.choices(cadence=CADENCES)
    @app_commands.choices(hour=HOURS, weekday=WEEKDAYS)
    async def create(  # noqa: PLR0917  # the options of the command
        self,
        interaction: discord.Interaction,
        channel: ChannelOption,
        cadence: str,
        hour: int,
        timezone: Zone,
        weekday: int | None = None,
        day: Day | None = None,
    ) -> None:
        """Answer ``/digest create``."""
        wish = Wish(cadence=Cadence(cadence), hour=hour, zone=timezone, weekday=weekday, day=day)

        async def work(reply: InteractionReply, texts: Texts) -> None:
            await reply.acknowledge()
            await self._create(reply, interaction, channel.id, new_timing(wish, texts), texts)

        await self._answer(interaction, work)

    @create.autocomplete("timezone")
    async def suggest_zone(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest time zones."""
        del interaction
        return zone_choices(typed)

    async def _create(
        self,
        reply: InteractionReply,
        interaction: discord.Interaction,
        channel_id: int,
        timing: Timing,
        texts: Texts,
    ) -> None:
        """Create it, unless it could not be posted: then say what is missing."""
        lacks = await lacks_seen(interaction, channel_id)
        if hinders(lacks):
            panel = missing_panel(channel_id, lacks, timing, user_id=reply.user_id, texts=texts)
            await reply.show(panel)
            return
        wish = NewSchedule(
            guild_id=guild_of(interaction),
            channel_id=channel_id,
            creator_id=reply.user_id,
            timing=timing,
            locale=_language_of(interaction.guild_locale),
        )
        try:
            schedule = await self._parts.schedules.create(wish)
        except TooManyDigests:
            raise Refusal(_too_many(texts)) from None
        headline = "✅ " + texts.gettext("**It's set up.** The menus below decide the rest.")
        await self._show_panel(reply, interaction, schedule, texts, headline)

    async def _create_again(
        self, reply: InteractionReply, interaction: discord.Interaction, press: Press, texts: Texts
    ) -> None:
        """Try what could not be posted, with the permissions of now."""
        await reply.acknowledge()
        channel_id, timing = read_again(press.rest)
        await self._create(reply, interaction, channel_id, timing, texts)


def _language_of(locale: discord.Locale | None) -> str:
    language = str(locale or DEFAULT_LANGUAGE).split("-")[0]
    return language if language in LANGUAGES else DEFAULT_LANGUAGE


def _too_many(texts: Texts) -> str:
    return texts.gettext(
        "There are {most} digests on this server, and that's the most. `/digest delete` makes "
        "room.",
        most=MOST_DIGESTS,
    )
