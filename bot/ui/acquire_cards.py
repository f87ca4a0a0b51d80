"""The questions before a release goes into a collection or a wantlist, and what became of it."""

from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import button, own_id, row_of
from bot.ui.layout import DISCOGS_COLOUR, subtext, view_of, with_picture
from bot.ui.text import fit, isolate, link, one_line
from services.discogs.models import Release

ADD_YES_PREFIX: Final = "release:add-yes"
WISH_YES_PREFIX: Final = "release:wish-yes"
NO_PREFIX: Final = "release:no"
_MAX_NAME: Final = 140
_MAX_LINE: Final = 150


def add_question(release: Release, copies: int, *, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return the question before a copy is added.

    Args:
        release: What would be added.
        copies: How many the person has; the button adds only while that is so.
        user_id: Who may say yes.
        texts: Their language.
    """
    lines = [texts.gettext("Add this to your collection on Discogs?"), *_lines(release, texts)]
    if copies:
        lines.append(
            texts.ngettext(
                "⚠️ You have {count} copy already; this adds another.",
                "⚠️ You have {count} copies already; this adds another.",
                copies,
            )
        )
    yes = own_id(ADD_YES_PREFIX, user_id, release.release_id, copies)
    return _question(release, lines, yes, user_id, texts)


def wish_question(release: Release, *, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return the question before a release is put on the wantlist."""
    lines = [texts.gettext("Put this on your wantlist on Discogs?"), *_lines(release, texts)]
    yes = own_id(WISH_YES_PREFIX, user_id, release.release_id)
    return _question(release, lines, yes, user_id, texts)


def wished_card(release: Release, texts: Texts, *, was_there: bool) -> ui.LayoutView:
    """Return what is on the wantlist now, or was already."""
    if was_there:
        said = texts.gettext("It's on your wantlist already.")
    else:
        said = texts.gettext("✅ On your wantlist on Discogs now.")
    return view_of(_card(release, [*_lines(release, texts), said], texts))


def _question(
    release: Release, lines: list[str], yes: str, user_id: int, texts: Texts
) -> ui.LayoutView:
    message = view_of(_card(release, lines, texts))
    success = discord.ButtonStyle.success
    no = own_id(NO_PREFIX, user_id)
    message.add_item(
        row_of(
            button(texts.gettext("Add it"), yes, style=success),
            button(texts.gettext("Not now"), no),
        )
    )
    return message


def _card(release: Release, lines: list[str], texts: Texts) -> ui.Container[ui.LayoutView]:
    alt = texts.gettext("Picture of {name}", name=release.title or "?")
    card: ui.Container[ui.LayoutView] = ui.Container(
        with_picture("\n".join(lines), release.image_url, alt), accent_colour=DISCOGS_COLOUR
    )
    source = link(texts.gettext("Data provided by Discogs"), release.url)
    card.add_item(ui.TextDisplay(subtext(source)))
    return card


def _lines(release: Release, texts: Texts) -> list[str]:
    title = link(fit(release.title, _MAX_NAME) or texts.gettext("Untitled"), release.url)
    names = [isolate(one_line(release.artist, _MAX_NAME)), isolate(title)]
    facts = (", ".join(release.labels[:2]), str(release.year or ""), ", ".join(release.formats[:2]))
    line = one_line(" · ".join(fact for fact in facts if fact), _MAX_LINE)
    return [f"**{' – '.join(name for name in names if name)}**", *([line] if line else [])]
