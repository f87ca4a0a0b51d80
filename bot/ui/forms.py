"""Forms (modals). Like our buttons they carry their owner in their custom id: no state is kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.ui.text import shorten

_MAX_FORM_TITLE = 45
_MAX_LABEL = 45


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be chosen: its value, what it is called, whether it is chosen at first.

    Discord takes 25 of them, of up to 100 characters each.
    """

    value: str
    label: str
    is_default: bool = False


class Form(ui.Modal):
    """A form whose answer a cog's listener reads with ``form_values``."""

    def __init__(self, title: str, custom_id: str) -> None:
        """Start an empty form."""
        super().__init__(title=shorten(title, _MAX_FORM_TITLE), custom_id=custom_id)
        self.stop()  # discord.py keeps nothing of it: see ``bot.ui.reply.finished``

    def ask(
        self,
        name: str,
        label: str,
        *,
        description: str | None = None,
        default: str = "",
        is_required: bool = True,
        limit: int = 200,
        is_long: bool = False,
    ) -> None:
        """Add a line of text, or several; ``name`` is the key of its value."""
        field: ui.TextInput[Form] = ui.TextInput(
            custom_id=name,
            style=discord.TextStyle.paragraph if is_long else discord.TextStyle.short,
            default=default[:limit] or None,
            required=is_required,
            max_length=limit,
        )
        self.add_item(
            ui.Label(text=shorten(label, _MAX_LABEL), description=description, component=field)
        )

    def choose(
        self, name: str, label: str, choices: Sequence[Choice], *, is_required: bool = True
    ) -> None:
        """Add a menu; ``name`` is the key of what is chosen, which is empty for nothing."""
        options = [
            discord.SelectOption(label=each.label, value=each.value, default=each.is_default)
            for each in choices
        ]
        menu: ui.Select[Form] = ui.Select(
            custom_id=name,
            options=options,
            required=is_required,
            min_values=1 if is_required else 0,
        )
        self.add_item(ui.Label(text=shorten(label, _MAX_LABEL), component=menu))


def form_values(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was typed and chosen, by the names of the fields, trimmed."""
    return dict(_values(data.get("components") or []))


def _values(components: list[Any]) -> Iterator[tuple[str, str]]:
    for component in components:
        inner = component.get("component")
        yield from _values([inner] if inner else component.get("components") or [])
        if "custom_id" in component and isinstance(component.get("value"), str):
            yield component["custom_id"], component["value"].strip()
        elif "custom_id" in component and isinstance(component.get("values"), list):
            yield component["custom_id"], str(next(iter(component["values"]), ""))
