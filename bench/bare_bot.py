"""A bot of discord.py alone, with one command: ``python -m bench.bare_bot MESSAGE``.

``/album`` is answered as ours is: "thinking", then an edit with the components of the JSON file
``MESSAGE``, built anew for each command as any bot has to.
"""

import gc
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import discord
from discord import app_commands, ui

from bot.client import point_discord_at
from bot.settings import load_settings

_NO_PINGS = discord.AllowedMentions.none()
Item = ui.Item[ui.LayoutView]


class _BareBot(discord.Client):
    def __init__(self, components: list[dict[str, Any]]) -> None:
        super().__init__(intents=discord.Intents(guilds=True), max_messages=None)
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(self._album(components))

    async def setup_hook(self) -> None:
        await self.tree.sync()
        gc.freeze()
        gc.disable()

    @staticmethod
    def _album(components: list[dict[str, Any]]) -> app_commands.Command[Any, Any, None]:
        @app_commands.command(name="album", description="An album")
        async def album(interaction: discord.Interaction, query: str) -> None:
            del query
            await interaction.response.defer(thinking=True)
            view = ui.LayoutView(timeout=None)
            for item in _built(components):
                view.add_item(item)
            view.stop()
            await interaction.edit_original_response(view=view, allowed_mentions=_NO_PINGS)

        return album


def _built(components: Iterable[dict[str, Any]]) -> Iterator[Item]:
    """Yield discord.py's objects for the components that our cards have."""
    for each in components:
        inner = each.get("components") or []
        match each["type"]:
            case 1:
                yield ui.ActionRow(*map(_control, inner))
            case 9:
                picture: ui.Thumbnail[Any] = ui.Thumbnail(
                    each["accessory"]["media"]["url"], description=each["accessory"]["description"]
                )
                yield ui.Section(*(text["content"] for text in inner), accessory=picture)
            case 10:
                yield ui.TextDisplay(each["content"])
            case 14:
                yield ui.Separator()
            case 17:
                yield ui.Container(*_built(inner), accent_colour=each["accent_color"])
            case kind:
                raise ValueError(kind)


def _control(component: dict[str, Any]) -> Any:  # noqa: ANN401  # a button or a menu
    if component["type"] == discord.ComponentType.select.value:
        options = [discord.SelectOption.from_dict(each) for each in component["options"]]
        return ui.Select(
            custom_id=component["custom_id"],
            placeholder=component["placeholder"],
            options=options,
        )
    emoji = component.get("emoji")
    return ui.Button(
        style=discord.ButtonStyle(component["style"]),
        label=component.get("label"),
        url=component.get("url"),
        custom_id=component.get("custom_id"),
        emoji=emoji["name"] if emoji else None,
    )


def _run(path: Path) -> None:
    settings = load_settings()
    point_discord_at(settings.discord_api_url, settings.discord_cdn_url)
    if settings.discord_token is None:
        raise SystemExit("DISCORD_TOKEN is not set")
    bot = _BareBot(json.loads(path.read_text("utf-8")))
    bot.run(settings.discord_token.reveal(), log_handler=None)


if __name__ == "__main__":
    _run(Path(sys.argv[1]))
