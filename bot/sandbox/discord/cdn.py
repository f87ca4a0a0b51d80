"""The CDN: uploaded files under their own address, and a grey pixel for every avatar and icon."""

import struct
import zlib
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.discord.files import FileStore


def cdn_handler(files: FileStore) -> Handler:
    """Return the handler of a route whose parameter `path` is the path on the CDN."""

    async def serve(request: web.Request) -> web.Response:
        path = "/" + request.match_info["path"]
        stored = files.get(path)
        if stored is not None:
            return web.Response(body=stored.data, content_type=stored.content_type)
        if path.endswith((".png", ".webp")):
            return web.Response(body=_grey_pixel(), content_type="image/png")
        return web.Response(status=HTTPStatus.NOT_FOUND, text="")

    return serve


def _grey_pixel() -> bytes:
    """Return a PNG of one pixel."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixel = zlib.compress(b"\x00\x80")
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", pixel) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + checksum
