"""``/account``: panels that only their person sees."""

from collections.abc import Sequence
from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import button, link_button, own_id, row_of
from bot.ui.copies import collection_url
from bot.ui.forms import Form
from bot.ui.layout import DISCOGS_COLOUR, subtext, view_of
from bot.ui.text import escape, link, number, timestamp
from services.accounts.models import DiscogsLink
from services.collection.models import SyncState

CODE_PREFIX: Final = "account:code"
NAME_PREFIX: Final = "account:name"
LINK_PREFIX: Final = "account:link"
UNLINK_PREFIX: Final = "account:unlink"
KEEP_PREFIX: Final = "account:keep"
CODE_FIELD: Final = "code"
NAME_FIELD: Final = "name"


def account_panel(
    *sections: ui.Container[ui.LayoutView], texts: Texts, headline: str = ""
) -> ui.LayoutView:
    """Return how a person's accounts are linked, and what can be done about it.

    Args:
        sections: One for each service: what is Spotify's stays apart from what is Discogs'.
        texts: The person's language.
        headline: What just happened, safe to show.
    """
    return view_of(ui.TextDisplay(headline or texts.gettext("## Your accounts")), *sections)


def discogs_section(
    linked: DiscogsLink | None,
    state: SyncState | None,
    *,
    user_id: int,
    has_oauth: bool,
    texts: Texts,
) -> ui.Container[ui.LayoutView]:
    """Return how a person's Discogs account is linked.

    Args:
        linked: The account, or None.
        state: How its collection stands, or None when nothing is known of it.
        user_id: Whose panel it is.
        has_oauth: Whether accounts can be proven.
        texts: The person's language.
    """
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay("\n".join(_about(linked, state, texts))), accent_colour=DISCOGS_COLOUR
    )
    buttons = []
    if has_oauth and (linked is None or not linked.may_write):
        label = texts.gettext("Link with Discogs")
        style = discord.ButtonStyle.primary
        buttons.append(button(label, own_id(LINK_PREFIX, user_id), style=style))
    elif linked is None:
        buttons.append(button(texts.gettext("Enter my name"), own_id(NAME_PREFIX, user_id)))
    if linked is not None:
        unlink = own_id(UNLINK_PREFIX, user_id, "ask")
        buttons.append(button(texts.gettext("Unlink Discogs"), unlink))
    if buttons:
        card.add_item(row_of(*buttons))
    return card


def authorize_panel(url: str, *, user_id: int, has_callback: bool, texts: Texts) -> ui.LayoutView:
    """Return the way to Discogs' page, and back."""
    lines = [
        texts.gettext("## Link with Discogs"),
        texts.gettext(
            "Discogs asks you whether this bot may see your collection and wantlist and add to "
            "them. I never see your password."
        ),
    ]
    if has_callback:
        lines.append(texts.gettext("Afterwards Discogs brings you back, and that's it."))
    else:
        lines.append(texts.gettext("Afterwards Discogs shows you a code: bring it here."))
    lines.append(subtext(texts.gettext("This works for 15 minutes, and only for you.")))
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay("\n".join(lines)), accent_colour=DISCOGS_COLOUR
    )
    buttons = [link_button(texts.gettext("Open Discogs"), url)]
    if not has_callback:
        enter = texts.gettext("Enter the code")
        style = discord.ButtonStyle.primary
        buttons.append(button(enter, own_id(CODE_PREFIX, user_id), style=style))
    return view_of(card, row_of(*buttons))


def unlink_panel(
    linked: DiscogsLink, state: SyncState | None, *, user_id: int, texts: Texts
) -> ui.LayoutView:
    """Return the question before everything of an account is deleted here."""
    name = escape(linked.username)
    lines = [texts.gettext("Unlink **{name}**?", name=name)]
    if state is not None and state.copies:
        lines.append(
            texts.ngettext(
                "{number} record that I keep of it is deleted here, also what you added by hand. "
                "Nothing changes on Discogs.",
                "{number} records that I keep of it are deleted here, also what you added by hand. "
                "Nothing changes on Discogs.",
                state.copies,
                number=number(state.copies, texts.language),
            )
        )
    return unlink_question(lines, own_id(UNLINK_PREFIX, user_id, "yes"), user_id, texts)


def unlink_question(lines: Sequence[str], yes_id: str, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return ``lines`` above a button that deletes and one that does not."""
    return view_of(
        ui.TextDisplay("\n".join(lines)),
        row_of(
            button(texts.gettext("Unlink"), yes_id, style=discord.ButtonStyle.danger),
            button(texts.gettext("Keep it"), own_id(KEEP_PREFIX, user_id)),
        ),
    )


def linked_headline(linked: DiscogsLink, *, is_readable: bool, texts: Texts) -> str:
    """Return what to say right after an account was linked."""
    name = escape(linked.username)
    if not is_readable:
        return "⚠️ " + texts.gettext(
            "**{name}** is linked, but its collection is private: by name alone I can't see it. "
            "Make it public in Discogs' privacy settings, or prove that it's yours.",
            name=name,
        )
    return "✅ " + texts.gettext(
        "**{name}** is linked. I'm reading the collection now; `/collection browse` shows it.",
        name=name,
    )


def unlinked_text(linked: DiscogsLink, texts: Texts) -> str:
    """Return what was deleted, and what the person may still want to do on Discogs."""
    name = escape(linked.username)
    text = texts.gettext(
        "**{name}** is unlinked, and everything I kept of it is deleted.", name=name
    )
    if not linked.is_proven:
        return text
    page = link(texts.gettext("Applications"), "https://www.discogs.com/settings/applications")
    revoke = texts.gettext(
        "To take the permission back on Discogs as well, see {page} there.", page=page
    )
    return f"{text}\n{subtext(revoke)}"


def code_form(user_id: int, texts: Texts) -> Form:
    """Return the form for the code that Discogs shows."""
    form = Form(texts.gettext("Link with Discogs"), own_id(CODE_PREFIX, user_id))
    form.ask(CODE_FIELD, texts.gettext("The code that Discogs shows you"), limit=100)
    return form


def name_form(user_id: int, texts: Texts) -> Form:
    """Return the form for a name on Discogs."""
    form = Form(texts.gettext("Link by name"), own_id(NAME_PREFIX, user_id))
    form.ask(NAME_FIELD, texts.gettext("Your name on Discogs"), limit=200)
    return form


def _about(linked: DiscogsLink | None, state: SyncState | None, texts: Texts) -> list[str]:
    if linked is None:
        return [
            texts.gettext("**Discogs** – not linked"),
            subtext(texts.gettext("`/account link-discogs` brings your collection here.")),
        ]
    page = link(linked.username, collection_url(linked.username))
    lines = [texts.gettext("**Discogs** – {page}", page=page), subtext(_powers(linked, texts))]
    if state is not None and state.synced_at is not None:
        count = texts.ngettext(
            "{number} record, checked {when}",
            "{number} records, checked {when}",
            state.copies,
            number=number(state.copies, texts.language),
            when=timestamp(state.synced_at),
        )
        lines.append(subtext(count))
    lines.append(subtext(texts.gettext("linked {when}", when=timestamp(linked.linked_at, "D"))))
    return lines


def _powers(linked: DiscogsLink, texts: Texts) -> str:
    if linked.may_write:
        return texts.gettext("You've proven that it's yours: I can read all of it and add to it.")
    if linked.is_proven:
        return texts.gettext("Linked, but this bot can only read what is public at the moment.")
    return texts.gettext("By name only: I read what is public there, and change nothing.")
