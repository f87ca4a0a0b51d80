"""Placeholder cover art: a record on a plain square, its colours chosen by a name."""

import colorsys
import struct
import zlib
from functools import lru_cache
from math import isqrt
from typing import Final

from bot.sandbox.catalogue.model import stable_number

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PALETTE_COLOUR: Final = 3
_SQUARE, _DISC, _LABEL = 0, 1, 2
_DISC_SHARE, _LABEL_SHARE = 0.40, 0.14


@lru_cache(maxsize=256)
def cover_png(name: str, size: int) -> bytes:
    """Return a square PNG picture.

    Args:
        name: The same name always gets the same colours.
        size: Width and height in pixels, 1 or more.
    """
    hue = stable_number(f"hue:{name}", 360) / 360
    palette = b"".join(
        bytes(round(255 * channel) for channel in colorsys.hsv_to_rgb(*colour))
        for colour in ((hue, 0.55, 0.80), (hue, 0.60, 0.25), ((hue + 0.5) % 1, 0.45, 0.95))
    )
    header = struct.pack(">IIBBBBB", size, size, 8, _PALETTE_COLOUR, 0, 0, 0)
    rows = b"".join(b"\0" + _row(y, size) for y in range(size))
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", palette),
            _chunk(b"IDAT", zlib.compress(rows)),
            _chunk(b"IEND", b""),
        )
    )


def _row(y: int, size: int) -> bytes:
    """Return one line of pixels: square, disc, label, disc, square."""
    disc = _half_chord(y, size, _DISC_SHARE)
    label = _half_chord(y, size, _LABEL_SHARE)
    edge = size // 2 - disc
    ring = disc - label
    half = bytes([_SQUARE]) * edge + bytes([_DISC]) * ring + bytes([_LABEL]) * label
    return half + bytes([_LABEL]) * (size - 2 * len(half)) + half[::-1]


def _half_chord(y: int, size: int, radius_share: float) -> int:
    radius = int(size * radius_share)
    return isqrt(max(0, radius**2 - (y - size // 2) ** 2))


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
