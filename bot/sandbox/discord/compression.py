"""Transport compression of the gateway: one stream per socket, flushed after each payload."""

import importlib
import zlib
from typing import Any, Protocol

from bot.sandbox.discord.protocol import CloseCode, GatewayCloseError

_ZSTD_MODULES = ("compression.zstd", "zstandard")


class Compressor(Protocol):
    """A compression stream."""

    def compress(self, data: bytes) -> bytes:
        """Return one payload, decodable without anything that follows."""


def open_compressor(name: str) -> Compressor:
    """Return a stream for the `compress` parameter's value.

    Raises:
        GatewayCloseError: 4002; the name is unknown, or zstd is not installed here.
    """
    if name == "zlib-stream":
        return _Zlib()
    if name == "zstd-stream":
        for module in _ZSTD_MODULES:
            try:
                return _Zstd(importlib.import_module(module))
            except ImportError:
                continue
    raise GatewayCloseError(CloseCode.DECODE_ERROR, f"Unknown compression {name}.")


class _Zlib:
    def __init__(self) -> None:
        self._stream = zlib.compressobj()

    def compress(self, data: bytes) -> bytes:
        return self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class _Zstd:
    def __init__(self, module: Any) -> None:  # noqa: ANN401  one of two modules that may be absent
        # Python 3.14's module has the compressor itself, the package a context that opens one.
        if hasattr(module, "ZstdCompressionWriter"):
            self._stream = module.ZstdCompressor().compressobj()
            self._flush = (module.COMPRESSOBJ_FLUSH_BLOCK,)
        else:
            self._stream = module.ZstdCompressor()
            self._flush = (module.ZstdCompressor.FLUSH_BLOCK,)

    def compress(self, data: bytes) -> bytes:
        return bytes(self._stream.compress(data) + self._stream.flush(*self._flush))
