"""Adding and removing copies, as messages and forms."""

from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import button, own_id, row_of
from bot.ui.copies import collection_url, copy_line, copy_url, facts_line
from bot.ui.forms import Form
from bot.ui.layout import DISCOGS_COLOUR, subtext, view_of, with_picture
from bot.ui.text import link
from services.collection.models import Added, AddedWhere, StoredCopy

ADD_PREFIX: Final = "collection:add"
REMOVE_PREFIX: Final = "collection:remove"
KEEP_PREFIX: Final = "collection:keep"
ARTIST, TITLE, RELEASE, YEAR, FORMAT = "artist", "title", "release", "year", "format"


def add_form(user_id: int, texts: Texts, *, artist: str = "", title: str = "") -> Form:
    """Return the form for a record that is added by hand."""
    form = Form(texts.gettext("Add a record"), own_id(ADD_PREFIX, user_id))
    form.ask(ARTIST, texts.gettext("Artist"), default=artist)
    form.ask(TITLE, texts.gettext("Title"), default=title)
    form.ask(
        RELEASE,
        texts.gettext("Its page or number on Discogs"),
        description=texts.gettext("With it I can add it there, too, where I may."),
        is_required=False,
    )
    form.ask(YEAR, texts.gettext("Year"), is_required=False, limit=4)
    form.ask(FORMAT, texts.gettext("Format, such as Vinyl or CD"), is_required=False, limit=50)
    return form


def added_card(added: Added, username: str, *, may_write: bool, texts: Texts) -> ui.LayoutView:
    """Return what was added, and plainly where it is now."""
    said = {
        AddedWhere.DISCOGS: texts.gettext("✅ Added to your collection on Discogs."),
        AddedWhere.LATER: "🕓 "
        + texts.gettext(
            "Discogs can't take it right now. It's kept here, and I'll add it there by myself "
            "once it answers."
        ),
        AddedWhere.LOCAL: f"📝 {_why_local(added.copy, texts, may_write=may_write)}",
    }
    return _card(f"{_lines(added.copy, texts)}\n{said[added.where]}", added.copy, username, texts)


def remove_card(copy: StoredCopy, username: str, *, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return the question before a copy is removed."""
    if copy.is_local:
        question = texts.gettext("Remove this record? It's only kept here.")
    else:
        question = texts.gettext("Remove this copy from your collection on Discogs?")
    view = _card(f"{question}\n{_lines(copy, texts)}", copy, username, texts)
    yes = own_id(REMOVE_PREFIX, user_id, copy.item_id)
    danger = discord.ButtonStyle.danger
    view.add_item(
        row_of(
            button(texts.gettext("Remove"), yes, style=danger),
            button(texts.gettext("Keep it"), own_id(KEEP_PREFIX, user_id)),
        )
    )
    return view


def removed_card(copy: StoredCopy, username: str, texts: Texts) -> ui.LayoutView:
    """Return what was removed."""
    said = texts.gettext("Removed from your collection:")
    return _card(f"🗑️ {said}\n{_lines(copy, texts)}", copy, username, texts)


def _card(text: str, copy: StoredCopy, username: str, texts: Texts) -> ui.LayoutView:
    alt = texts.gettext("Picture of {name}", name=copy.title or "?")
    card: ui.Container[ui.LayoutView] = ui.Container(
        with_picture(text, copy.thumb_url, alt), accent_colour=DISCOGS_COLOUR
    )
    if not copy.is_local:
        url = copy_url(copy) or collection_url(username)
        source = link(texts.gettext("Data provided by Discogs"), url)
        card.add_item(ui.TextDisplay(subtext(source)))
    return view_of(card)


def _lines(copy: StoredCopy, texts: Texts) -> str:
    facts = facts_line(copy, texts, says_local=False)
    return copy_line(copy, texts) + (f"\n{facts}" if facts else "")


def _why_local(copy: StoredCopy, texts: Texts, *, may_write: bool) -> str:
    if not may_write:
        return texts.gettext(
            "Kept here only: I may not write to your Discogs collection. `/account link-discogs` "
            "can change that."
        )
    if copy.release_id is None:
        return texts.gettext(
            "Kept here only: I don't know which Discogs release it is. Give its page in the form "
            "and I add it there, too."
        )
    return texts.gettext(
        "Kept here only: Discogs wouldn't take it from me. `/account link-discogs` renews my "
        "permission."
    )
