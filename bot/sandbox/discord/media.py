"""Pictures and files inside embeds and components, whose addresses Discord fills in on arrival."""

from collections.abc import Iterator

from bot.sandbox.discord import components as component_tree
from bot.sandbox.discord.components import ComponentType
from bot.sandbox.discord.errors import ErrorTree, Path
from bot.sandbox.discord.files import FileStore
from bot.sandbox.discord.messages import MessageVersion
from bot.sandbox.discord.snowflakes import Json

_ATTACHED = "attachment://"


def resolve_media(version: MessageVersion, files: FileStore, path: Path) -> None:
    """Put addresses in place of `attachment://name`.

    Args:
        version: Changed in place.
        files: Gives ids to media.
        path: Where the message stands in the request.

    Raises:
        ApiError: A component names a file that was not sent.
    """
    by_name = {f"{_ATTACHED}{a.filename}": a for a in version.attachments}
    for holder, member in _embed_media(version):
        if found := by_name.get(holder.get(member) or ""):
            holder[member] = found.url
    tree = ErrorTree()
    for component, media in _component_media(version):
        url = str(media["url"])
        media.setdefault("id", str(files.mint_id()))
        media.setdefault("proxy_url", url)
        if found := by_name.get(url):
            media |= {
                "url": found.url,
                "proxy_url": found.url,
                "content_type": found.content_type,
                "attachment_id": str(found.id),
            }
            if component["type"] == ComponentType.FILE:
                component |= {"name": found.filename, "size": found.size}
        elif url.startswith(_ATTACHED):
            name = url.removeprefix(_ATTACHED)
            code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
            message = f"The referenced attachment '{name}' was not found"
            tree.add((*path, "components"), code, message)
    tree.raise_if_any()


def _embed_media(version: MessageVersion) -> Iterator[tuple[Json, str]]:
    for embed in version.embeds:
        for name, member in (
            ("image", "url"),
            ("thumbnail", "url"),
            ("author", "icon_url"),
            ("footer", "icon_url"),
        ):
            if embed.get(name):
                yield embed[name], member


def _component_media(version: MessageVersion) -> Iterator[tuple[Json, Json]]:
    for component in component_tree.walk(version.components):
        for holder in (component, *(component.get("items") or ())):
            for member in ("media", "file"):
                if holder.get(member):
                    yield component, holder[member]
