"""``/settings``: a panel that only its person sees."""

from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import Button, button, own_id, row_of
from bot.ui.layout import subtext, view_of
from bot.ui.text import timestamp
from services.accounts.preferences import Preference

SHARE_PREFIX: Final = "settings:share"
ON, OFF = "on", "off"


def settings_panel(
    preference: Preference, *, user_id: int, texts: Texts, has_changed: bool = False
) -> ui.LayoutView:
    """Return the panel.

    Args:
        preference: What the person has decided.
        user_id: Whose panel it is.
        texts: Their language.
        has_changed: Say first what is different now.
    """
    shares = preference.shares
    parts = [_headline(texts, shares=shares, has_changed=has_changed), _state(preference, texts)]
    parts.append("\n".join(subtext(line) for line in _meaning(texts, shares=shares)))
    return view_of(
        ui.Container(*(ui.TextDisplay(part) for part in parts)),
        row_of(_switch(user_id, texts, shares=shares)),
    )


def _headline(texts: Texts, *, shares: bool, has_changed: bool) -> str:
    if not has_changed:
        return "## ⚙️ " + texts.gettext("Your settings")
    if shares:
        return "✅ " + texts.gettext("You share your records from now on.")
    return "✅ " + texts.gettext("You no longer share your records; that counts from this moment.")


def _state(preference: Preference, texts: Texts) -> str:
    if preference.shared_at is None:
        return texts.gettext("**Sharing your records: off**")
    since = timestamp(preference.shared_at, "D")
    return texts.gettext("**Sharing your records: on**, since {day}", day=since)


def _meaning(texts: Texts, *, shares: bool) -> tuple[str, ...]:
    """Return exactly what others see, and where."""
    if shares:
        where = texts.gettext(
            "Members of a server that you are in, too, see it there with `/collection who` and "
            "`/collection compare`."
        )
    else:
        where = texts.gettext(
            "Switched on, members of a server that you are in, too, would see it there with "
            "`/collection who` and `/collection compare`."
        )
    return (
        where,
        texts.gettext(
            "👁️ What they see: which records you own (artist, title, pressing, genre), how many "
            "copies, and when I last read them."
        ),
        texts.gettext(
            "🔒 What they don't: your name on Discogs, ratings, notes, folders, dates, value, and "
            "what you have played."
        ),
        texts.gettext(
            "You can stop at any moment; unlinking Discogs stops it as well. What was posted in a "
            "channel before stays there."
        ),
    )


def _switch(user_id: int, texts: Texts, *, shares: bool) -> Button:
    if shares:
        return button(texts.gettext("Stop sharing"), own_id(SHARE_PREFIX, user_id, OFF))
    label, custom_id = texts.gettext("Share my records"), own_id(SHARE_PREFIX, user_id, ON)
    return button(label, custom_id, style=discord.ButtonStyle.primary)
