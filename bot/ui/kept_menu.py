"""A menu that a message has, to be shown again when the rest of it changes."""

import discord
from discord import ui

Menu = ui.Select[ui.LayoutView]


def kept_menu(message: discord.Message | None, prefix: str) -> Menu | None:
    """Return the menu whose custom id begins with ``prefix``; None when there is none."""
    if message is None:
        return None
    for item in ui.LayoutView.from_message(message, timeout=None).walk_children():
        if isinstance(item, ui.Select) and item.custom_id.startswith(prefix):
            return ui.Select(
                custom_id=item.custom_id, placeholder=item.placeholder, options=item.options
            )
    return None
