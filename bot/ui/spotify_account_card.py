"""``/account`` and Spotify: panels that only their person sees, and a word before a link ends."""

from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.account_card import unlink_question
from bot.ui.buttons import Button, button, link_button, own_id, row_of
from bot.ui.forms import Form
from bot.ui.layout import SPOTIFY_COLOUR, subtext, view_of
from bot.ui.text import escape, link, timestamp
from services.accounts.models import SpotifyLink
from services.accounts.spotify_expiry import SpotifyExpiring

LINK_PREFIX: Final = "account:spotify-link"
PASTE_PREFIX: Final = "account:spotify-paste"
UNLINK_PREFIX: Final = "account:spotify-unlink"
ADDRESS_FIELD: Final = "address"

_APPS_PAGE: Final = "https://www.spotify.com/account/apps/"
_MOST_ADDRESS: Final = 2_000
_MOST_BUTTON_ADDRESS: Final = 512  # Discord's limit
_WRITING: Final = frozenset({"playlist-modify-private", "playlist-modify-public"})


def spotify_section(
    linked: SpotifyLink | None, *, user_id: int, is_enabled: bool, texts: Texts
) -> ui.Container[ui.LayoutView]:
    """Return how a person's Spotify account is linked.

    Args:
        linked: The account, or None.
        user_id: Whose panel it is.
        is_enabled: Whether the bot has what linking takes.
        texts: The person's language.
    """
    lines = _unlinked(texts, is_enabled=is_enabled) if linked is None else _about(linked, texts)
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay("\n".join(lines)), accent_colour=SPOTIFY_COLOUR
    )
    buttons: list[Button] = []
    if is_enabled and (linked is None or linked.is_expiring or not linked.is_usable):
        buttons.append(_link_button(user_id, texts, is_again=linked is not None))
    if linked is not None:
        ask = own_id(UNLINK_PREFIX, user_id, "ask")
        buttons.append(button(texts.gettext("Unlink Spotify"), ask))
    if buttons:
        card.add_item(row_of(*buttons))
    return card


def spotify_authorize_panel(
    url: str, *, user_id: int, is_brought_back: bool, texts: Texts
) -> ui.LayoutView:
    """Return the way to Spotify's page, and back."""
    lines = [
        texts.gettext("## Link with Spotify"),
        texts.gettext(
            "Spotify asks you whether this bot may see your playlists, and make and fill them. I "
            "never see your password."
        ),
    ]
    if is_brought_back:
        lines.append(texts.gettext("Afterwards Spotify brings you back, and that's it."))
    else:
        lines.append(
            texts.gettext(
                "Afterwards your browser may say that it can't reach a page. That's all right: "
                "copy the whole address it shows, and bring it here."
            )
        )
    lines += [
        subtext(texts.gettext("This works for 10 minutes, and only for you.")),
        subtext(_five_people(texts)),
    ]
    open_spotify = texts.gettext("Open Spotify")
    buttons: list[Button] = []
    if len(url) <= _MOST_BUTTON_ADDRESS:
        buttons.append(link_button(open_spotify, url))
    else:
        lines.insert(2, link(open_spotify, url))
    if not is_brought_back:
        bring = own_id(PASTE_PREFIX, user_id)
        style = discord.ButtonStyle.primary
        buttons.append(button(texts.gettext("Bring the address"), bring, style=style))
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay("\n".join(lines)), accent_colour=SPOTIFY_COLOUR
    )
    return view_of(card, row_of(*buttons)) if buttons else view_of(card)


def address_form(user_id: int, texts: Texts) -> Form:
    """Return the form for the address that Spotify sent somebody to."""
    form = Form(texts.gettext("Link with Spotify"), own_id(PASTE_PREFIX, user_id))
    form.ask(
        ADDRESS_FIELD,
        texts.gettext("The address in your browser"),
        description=texts.gettext("All of it, as it is after you've agreed on Spotify"),
        limit=_MOST_ADDRESS,
        is_long=True,
    )
    return form


def spotify_linked_headline(linked: SpotifyLink, texts: Texts) -> str:
    """Return what to say right after an account was linked."""
    return "✅ " + texts.gettext("Spotify's **{name}** is linked.", name=escape(linked.name))


def spotify_unlink_panel(linked: SpotifyLink, *, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return the question before everything of an account is deleted here."""
    lines = [
        texts.gettext("Unlink **{name}**?", name=escape(linked.name)),
        texts.gettext(
            "Everything I keep of it is deleted here. Your playlists on Spotify stay as they are."
        ),
    ]
    return unlink_question(lines, own_id(UNLINK_PREFIX, user_id, "yes"), user_id, texts)


def spotify_unlinked_text(linked: SpotifyLink, texts: Texts) -> str:
    """Return what was deleted, and what the person may still want to do on Spotify."""
    text = texts.gettext(
        "**{name}** is unlinked, and everything I kept of it is deleted.",
        name=escape(linked.name),
    )
    page = link(texts.gettext("Manage apps"), _APPS_PAGE)
    revoke = texts.gettext(
        "To take the permission back on Spotify as well, see {page} there.", page=page
    )
    return f"{text}\n{subtext(revoke)}"


def expiry_line(linked: SpotifyLink, texts: Texts) -> str | None:
    """Return a line for answers that use the account, while its end is near; else None."""
    if not linked.is_expiring:
        return None
    said = texts.gettext(
        "Spotify ends your link {when}; `/account link-spotify` renews it.",
        when=timestamp(linked.expires_at),
    )
    return subtext(f"⌛ {said}")


def expiring_card(expiring: SpotifyExpiring, texts: Texts) -> ui.LayoutView:
    """Return the direct message two weeks before the end."""
    lines = [
        texts.gettext("## Your link to Spotify ends soon"),
        texts.gettext(
            "Spotify lets every permission end after six months: yours ends {when}. Link your "
            "account again, and your playlists stay in reach.",
            when=timestamp(expiring.expires_at),
        ),
        subtext(texts.gettext("If you let it end, nothing of yours changes on Spotify.")),
    ]
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay("\n".join(lines)), accent_colour=SPOTIFY_COLOUR
    )
    return view_of(card, row_of(_link_button(expiring.user_id, texts, is_again=True)))


def _link_button(user_id: int, texts: Texts, *, is_again: bool) -> Button:
    label = texts.gettext("Link again") if is_again else texts.gettext("Link with Spotify")
    return button(label, own_id(LINK_PREFIX, user_id), style=discord.ButtonStyle.primary)


def _unlinked(texts: Texts, *, is_enabled: bool) -> list[str]:
    if not is_enabled:
        return [
            texts.gettext("**Spotify** – not set up on this bot"),
            subtext(
                texts.gettext(
                    "Whoever runs it can fill in {settings}.",
                    settings="`SPOTIFY_CLIENT_ID`, `SPOTIFY_CLIENT_SECRET`",
                )
            ),
        ]
    return [
        texts.gettext("**Spotify** – not linked"),
        subtext(texts.gettext("`/account link-spotify` lets me see and fill your own playlists.")),
        subtext(_five_people(texts)),
    ]


def _about(linked: SpotifyLink, texts: Texts) -> list[str]:
    lines = [texts.gettext("**Spotify** – {name}", name=escape(linked.name))]
    if not linked.is_usable:
        void = texts.gettext("Spotify no longer accepts this link. Link again to go on.")
        return [*lines, f"⚠️ {void}"]
    if linked.is_expiring:
        ends = texts.gettext(
            "Spotify ends this link {when}. Link again to keep it.",
            when=timestamp(linked.expires_at),
        )
        lines.append(f"⌛ {ends}")  # not the sign of a message that is not complete yet
    may_write = linked.scopes >= _WRITING
    lines += [
        subtext(
            texts.gettext("You let me see your playlists, and make and fill them.")
            if may_write
            else texts.gettext("You let me see your playlists.")
        ),
        subtext(
            texts.gettext(
                "linked {when}, holds until {end}",
                when=timestamp(linked.linked_at, "D"),
                end=timestamp(linked.expires_at, "D"),
            )
        ),
    ]
    return lines


def _five_people(texts: Texts) -> str:
    return texts.gettext(
        "Spotify lets five people use a bot like this one: whoever runs it has to enter them first."
    )
