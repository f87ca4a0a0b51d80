"""Short messages without a card."""

from discord import ui

from bot.i18n import Texts


def notice(text: str) -> ui.LayoutView:
    """Return a message of one text, which must be safe already."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text))
    return view


def lost_short_link(texts: Texts) -> str:
    """Return what to say when nobody can tell where a short link leads."""
    return texts.gettext(
        "I can't find out where that short link leads. Open it, and give me the address it ends at."
    )
