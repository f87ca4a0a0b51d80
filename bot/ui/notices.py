"""Short messages without a card."""

from discord import ui


def notice(text: str) -> ui.LayoutView:
    """Return a message of one text, which must be safe already."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text))
    return view
