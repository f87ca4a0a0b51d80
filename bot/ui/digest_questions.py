"""The questions before a digest is deleted, or posted a second time on a day."""

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import button, own_id, row_of
from bot.ui.digest_ids import DELETE_YES_PREFIX, POST_YES_PREFIX, SHOW_PREFIX
from bot.ui.digest_words import timing_words
from bot.ui.layout import view_of
from bot.ui.text import timestamp
from services.digests.models import Schedule


def delete_question(schedule: Schedule, *, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return the question before a digest is deleted."""
    said = texts.gettext(
        "Delete the digest in {channel}, {timing}? It's not posted any more, and everybody who "
        "joined it is taken off it. What was posted stays.",
        channel=f"<#{schedule.channel_id}>",
        timing=timing_words(schedule.timing, texts),
    )
    digest_id = schedule.digest_id
    danger = discord.ButtonStyle.danger
    yes = own_id(DELETE_YES_PREFIX, user_id, digest_id)
    return view_of(
        ui.TextDisplay(said),
        row_of(
            button(texts.gettext("Delete"), yes, style=danger),
            button(texts.gettext("Keep it"), own_id(SHOW_PREFIX, user_id, digest_id)),
        ),
    )


def post_question(schedule: Schedule, *, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return the question before a digest is posted that was posted today already."""
    last = "" if schedule.last_posted_at is None else timestamp(schedule.last_posted_at)
    said = texts.gettext(
        "The digest in {channel} went out {when}. Post another one now?",
        channel=f"<#{schedule.channel_id}>",
        when=last,
    )
    digest_id = schedule.digest_id
    yes = own_id(POST_YES_PREFIX, user_id, digest_id)
    primary = discord.ButtonStyle.primary
    return view_of(
        ui.TextDisplay(said),
        row_of(
            button(texts.gettext("Post now"), yes, style=primary),
            button(texts.gettext("Not now"), own_id(SHOW_PREFIX, user_id, digest_id)),
        ),
    )
