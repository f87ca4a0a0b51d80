"""What somebody is told before a digest may tell of their collection, and when it no longer may."""

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import button, own_id, row_of
from bot.ui.digest_ids import DECLINE_PREFIX, JOIN_YES_PREFIX, LEAVE_PREFIX
from bot.ui.digest_words import timing_words
from bot.ui.layout import subtext, view_of
from services.digests.models import Schedule


def join_question(schedule: Schedule, *, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return exactly what would be shown of somebody, where, and how that ends."""
    channel = f"<#{schedule.channel_id}>"
    timing = timing_words(schedule.timing, texts)
    title = texts.gettext("## Join the digest in {channel}?", channel=channel)
    where = texts.gettext(
        "It's posted {timing}, and everybody who can read {channel} sees it.",
        timing=timing,
        channel=channel,
    )
    shown = texts.gettext(
        "👁️ **What it may show of you:** under your name here, records of your collection (artist, "
        "title, year, cover, the day you added them): what you added, anniversaries, one to play "
        "and why it was picked, such as that you haven't noted playing it, or not for a long time; "
        "how many you added month by month; what got cheaper of your wantlist. What your "
        "collection is worth only if you show that with `/collection value`."
    )
    kept = texts.gettext(
        "🔒 **What it never shows:** your name on Discogs, your ratings, notes and folders."
    )
    words = texts.gettext(
        "✍️ A few lines in it are written by AI (EurIA, Infomaniak, Switzerland): about the record "
        "to play, from what Discogs' catalogue says of it, never with your name."
    )
    end = texts.gettext(
        "`/digest leave` ends it at once. What was posted before stays in the channel; **Hide me** "
        "under it takes you out there, too. Unlinking Discogs does both: it takes you out of what "
        "was posted in the last 40 days."
    )
    parts = (f"{title}\n{where}", shown, kept, words, subtext(end))
    yes = own_id(JOIN_YES_PREFIX, user_id, schedule.digest_id)
    return view_of(
        ui.Container(*(ui.TextDisplay(part) for part in parts)),
        row_of(
            button(texts.gettext("Join"), yes, style=discord.ButtonStyle.success),
            button(texts.gettext("Not now"), own_id(DECLINE_PREFIX, user_id)),
        ),
    )


def joined_card(
    schedule: Schedule, *, user_id: int, texts: Texts, was_member: bool = False
) -> ui.LayoutView:
    """Return that somebody is in, and the way out."""
    channel = f"<#{schedule.channel_id}>"
    if was_member:
        said = texts.gettext("You're in the digest in {channel} already.", channel=channel)
    else:
        said = texts.gettext(
            "✅ You're in: the next digest in {channel} tells of your records, too.",
            channel=channel,
        )
    timing = timing_words(schedule.timing, texts)
    when = subtext(texts.gettext("It's posted {timing}.", timing=timing))
    leave = own_id(LEAVE_PREFIX, user_id, schedule.digest_id)
    return view_of(
        ui.TextDisplay(f"{said}\n{when}"), row_of(button(texts.gettext("Leave it"), leave))
    )


def left_text(schedule: Schedule, texts: Texts, *, was_member: bool) -> str:
    """Return that somebody is out."""
    channel = f"<#{schedule.channel_id}>"
    if not was_member:
        return texts.gettext("You aren't in the digest in {channel}.", channel=channel)
    return texts.gettext(
        "✅ You've left the digest in {channel}: from now on it tells nothing of you. What it "
        "posted before stays there; **Hide me** under a post takes you out of it.",
        channel=channel,
    )
