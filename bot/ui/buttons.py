"""Buttons of ours: their custom id says whose they are and carries what they need.

An id reads ``<cog>:<what>:<user id>:<rest>``; it works for ever, also after a restart, and only for
that user.
"""

from dataclasses import dataclass

import discord
from discord import ui

Button = ui.Button[ui.LayoutView]


@dataclass(frozen=True, slots=True)
class Press:
    """A custom id, read: ``owner`` may use it, ``rest`` is what it carries."""

    prefix: str
    owner: int
    rest: tuple[str, ...]


def own_id(prefix: str, user_id: int, *rest: object) -> str:
    """Return a custom id that only ``user_id`` may use; Discord allows 100 characters."""
    return ":".join([prefix, str(user_id), *map(str, rest)])


def read_press(custom_id: str, prefixes: tuple[str, ...]) -> Press | None:
    """Return what ``own_id`` was given; None when it is no such id."""
    for prefix in prefixes:
        if custom_id.startswith(f"{prefix}:"):
            owner, *rest = custom_id.removeprefix(f"{prefix}:").split(":")
            return Press(prefix, int(owner), tuple(rest)) if owner.isdecimal() else None
    return None


def button(
    label: str,
    custom_id: str,
    *,
    emoji: str | None = None,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    disabled: bool = False,
) -> Button:
    """Return a button that is pressed."""
    return Button(label=label, custom_id=custom_id, emoji=emoji, style=style, disabled=disabled)


def link_button(label: str, url: str) -> Button:
    """Return a button that opens a page."""
    return Button(label=label, url=url)


def row_of(*buttons: Button) -> ui.ActionRow[ui.LayoutView]:
    """Return up to five buttons beside each other."""
    return ui.ActionRow(*buttons)
