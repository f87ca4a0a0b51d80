"""Uploaded files, kept in memory and served under a CDN path."""

import mimetypes
from dataclasses import dataclass

from bot.sandbox.discord.messages import Attachment
from bot.sandbox.discord.places import Channel
from bot.sandbox.discord.snowflakes import SnowflakeMint

FALLBACK_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file of a multipart request.

    Attributes:
        index: The n of its part `files[n]`.
        filename: As the part names it.
        data: Its bytes.
    """

    index: int
    filename: str
    data: bytes


class FileStore:
    """Every file that was uploaded, by its path on the CDN."""

    def __init__(self, mint: SnowflakeMint) -> None:
        """Start empty; `base_url` is set once the port is known."""
        self._mint = mint
        self._files: dict[str, Attachment] = {}
        self.base_url = ""

    def add(
        self,
        *,
        channel: Channel,
        filename: str,
        data: bytes,
        description: str | None = None,
        ephemeral: bool = False,
    ) -> Attachment:
        """Store a file and return it with its address."""
        file_id = self._mint.mint()
        folder = "ephemeral-attachments" if ephemeral else "attachments"
        path = f"/{folder}/{channel.id}/{file_id}/{filename}"
        attachment = Attachment(
            id=file_id,
            filename=filename,
            content_type=mimetypes.guess_type(filename)[0] or FALLBACK_TYPE,
            url=f"{self.base_url}{path}",
            data=data,
            description=description,
            ephemeral=ephemeral,
        )
        self._files[path] = attachment
        return attachment

    def mint_id(self) -> int:
        """Return a new id for a medium."""
        return self._mint.mint()

    def get(self, path: str) -> Attachment | None:
        """Return the file at a path such as "/attachments/1/2/cover.png"."""
        return self._files.get(path)
