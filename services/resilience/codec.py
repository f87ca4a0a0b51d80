"""How an answer is written to the second cache level: msgpack in an envelope, never pickle.

The envelope says which format and which version of the answer's type it holds and carries a
checksum. Whatever does not fit exactly is unreadable, and to the cache that is a miss.
"""

import struct
import zlib
from typing import Final, Generic, TypeVar

import msgspec

_MAGIC: Final = b"AC"
_FORMAT: Final = 1
_HEADER: Final = struct.Struct(">2sBHI")  # magic, format, version, CRC-32 of the rest
_HIGHEST_VERSION: Final = 65_535

T = TypeVar("T")


class UnreadableEntry(ValueError):  # noqa: N818  # reads like the error tree's names
    """Bytes that are no entry of this type and version."""


class Codec(Generic[T]):
    """Turns answers of one type into bytes and back.

    Attributes:
        version: Counts the changes of the type; entries of another version are unreadable.
    """

    def __init__(self, value_type: type[T], *, version: int = 1) -> None:
        """Serve ``value_type``, a type that msgspec can decode; ``version``: 0 to 65,535."""
        if not 0 <= version <= _HIGHEST_VERSION:
            raise ValueError(f"version {version} is not within 0 and {_HIGHEST_VERSION}")
        self.version = version
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(value_type)

    def encode(self, value: T) -> bytes:
        """Return the envelope of ``value``.

        Raises:
            TypeError: It contains something that msgspec cannot encode.
        """
        body = self._encoder.encode(value)
        return _HEADER.pack(_MAGIC, _FORMAT, self.version, zlib.crc32(body)) + body

    def decode(self, data: bytes) -> T:
        """Return the value in an envelope.

        Raises:
            UnreadableEntry: The bytes are corrupt, cut short, of another type or version.
        """
        body = data[_HEADER.size :]
        expected = _HEADER.pack(_MAGIC, _FORMAT, self.version, zlib.crc32(body))
        if data[: _HEADER.size] != expected:
            raise UnreadableEntry("another format or version, or damaged")
        try:
            return self._decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise UnreadableEntry("another type") from error
