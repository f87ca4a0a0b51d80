"""What the creator of a digest is told in a direct message when it stops, or may have failed."""

from dataclasses import dataclass

from discord import ui

from bot.i18n import Texts
from bot.ui.digest_words import timing_words
from bot.ui.notices import notice
from bot.ui.posting_rights import Lack, hinders, lack_lines
from bot.ui.text import escape, timestamp
from services.digests.models import PauseReason, Schedule, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedNotice:
    """A digest was paused.

    Attributes:
        schedule: Which.
        reason: Why.
        server: The server's name; empty when the bot is no longer in it.
        lacks: What the bot lacks in the channel now.
    """

    schedule: Schedule
    reason: PauseReason
    server: str
    lacks: tuple[Lack, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainNotice:
    """Nobody knows whether a digest went out.

    Attributes:
        schedule: Which.
        slot: When it was due.
        server: The server's name; empty when the bot is no longer in it.
        lacks: What the bot lacks in the channel now.
    """

    schedule: Schedule
    slot: Slot
    server: str
    lacks: tuple[Lack, ...]


def paused_notice(told: PausedNotice, texts: Texts) -> ui.LayoutView:
    """Return why a digest is paused, and what resumes it."""
    title = texts.gettext("⏸️ **I've paused a digest of yours.**")
    if told.reason is PauseReason.UNCERTAIN:
        why = texts.gettext(
            "Three times in a row I couldn't tell whether it went out, and I post nothing twice."
        )
    else:
        why = texts.gettext("Three times in a row I wasn't allowed to post it.")
    lines = [title, _which(told.schedule, told.server, texts), why, *_missing(told.lacks, texts)]
    if told.reason is not PauseReason.UNCERTAIN and not hinders(told.lacks):
        lines.append(texts.gettext("By now I may post there again."))
    lines.append(
        texts.gettext(
            "`/digest resume` in that server starts it again; `/digest edit` moves it to another "
            "channel."
        )
    )
    return notice("\n".join(lines))


def uncertain_notice(told: UncertainNotice, texts: Texts) -> ui.LayoutView:
    """Return that a digest may be missing, why it is not repeated, and what would help."""
    when = timestamp(told.slot.slot_at, "F")
    title = texts.gettext("❔ **I can't tell whether the digest of {when} went out.**", when=when)
    why = texts.gettext(
        "Something broke while it was being posted, and I couldn't read the channel to look. I "
        "post nothing twice, so this one is not repeated; the next one comes as planned. If it "
        "isn't there, `/digest post` posts it."
    )
    which = _which(told.schedule, told.server, texts)
    return notice("\n".join([title, which, why, *_missing(told.lacks, texts)]))


def _which(schedule: Schedule, server: str, texts: Texts) -> str:
    channel, timing = f"<#{schedule.channel_id}>", timing_words(schedule.timing, texts)
    if not server:
        return texts.gettext(
            "It was posted in {channel}, {timing}.", channel=channel, timing=timing
        )
    return texts.gettext(
        "It's the one in {channel} on {server}, {timing}.",
        channel=channel,
        server=escape(server),
        timing=timing,
    )


def _missing(lacks: tuple[Lack, ...], texts: Texts) -> list[str]:
    if not lacks:
        return []
    return [texts.gettext("What I lack there:"), *lack_lines(lacks, texts)]
