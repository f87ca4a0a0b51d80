"""Forms (modals). Like our buttons they carry their owner in their custom id: no state is kept."""

from collections.abc import Iterator, Mapping
from typing import Any

from discord import ui

from bot.ui.text import shorten

_MAX_FORM_TITLE = 45
_MAX_LABEL = 45


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
    ) -> None:
        """Add a line of text; ``name`` is the key of its value."""
        field: ui.TextInput[Form] = ui.TextInput(
            custom_id=name,
            default=default[:limit] or None,
            required=is_required,
            max_length=limit,
        )
        self.add_item(
            ui.Label(text=shorten(label, _MAX_LABEL), description=description, component=field)
        )


def form_values(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was typed into a form, by the names of its fields, trimmed."""
    return dict(_values(data.get("components") or []))


def _values(components: list[Any]) -> Iterator[tuple[str, str]]:
    for component in components:
        inner = component.get("component")
        yield from _values([inner] if inner else component.get("components") or [])
        if "custom_id" in component and isinstance(component.get("value"), str):
            yield component["custom_id"], component["value"].strip()
