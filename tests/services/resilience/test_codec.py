import struct
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.resilience.codec import Codec, UnreadableEntry


class _Item(msgspec.Struct, frozen=True):
    name: str
    year: int | None = None
    tracks: tuple[str, ...] = ()


ITEM = _Item("Kind of Blue", 1959, ("So What", "Blue in Green"))
CODEC = Codec(_Item, version=3)


def test_codec_gives_back_what_it_was_given() -> None:
    assert CODEC.decode(CODEC.encode(ITEM)) == ITEM


def test_codec_says_its_version() -> None:
    assert (CODEC.version, Codec(_Item).version) == (3, 1)


def test_codec_writes_a_header_of_nine_bytes_before_plain_msgpack() -> None:
    data = CODEC.encode(ITEM)

    body = data[9:]
    assert data[:9] == b"AC" + b"\x01" + b"\x00\x03" + struct.pack(">I", zlib.crc32(body))
    assert msgspec.msgpack.decode(body, type=_Item) == ITEM


@pytest.mark.parametrize("value", [None, "", 0, False, ()])
def test_codec_keeps_empty_values(value: object) -> None:
    codec = Codec(type(value))

    assert codec.decode(codec.encode(value)) == value


@given(cut=st.integers(min_value=0, max_value=len(CODEC.encode(ITEM)) - 1))
def test_codec_refuses_bytes_that_were_cut_short(cut: int) -> None:
    with pytest.raises(UnreadableEntry):
        CODEC.decode(CODEC.encode(ITEM)[:cut])


@given(
    position=st.integers(min_value=0, max_value=len(CODEC.encode(ITEM)) - 1),
    bit=st.integers(min_value=0, max_value=7),
)
def test_codec_refuses_bytes_with_any_bit_turned(position: int, bit: int) -> None:
    data = bytearray(CODEC.encode(ITEM))
    data[position] ^= 1 << bit

    with pytest.raises(UnreadableEntry):
        CODEC.decode(bytes(data))


@given(st.binary(max_size=64))
def test_codec_refuses_garbage(data: bytes) -> None:
    with pytest.raises(UnreadableEntry):
        CODEC.decode(data)


def test_codec_refuses_another_version_of_the_type() -> None:
    with pytest.raises(UnreadableEntry, match=r"^another format or version, or damaged$"):
        Codec(_Item, version=4).decode(CODEC.encode(ITEM))


def test_codec_refuses_another_type() -> None:
    data = Codec(int, version=3).encode(7)

    with pytest.raises(UnreadableEntry, match=r"^another type$"):
        CODEC.decode(data)


def test_codec_refuses_text_that_is_no_utf8() -> None:
    body = b"\xa2\xff\xff"  # a string of two bytes
    header = struct.pack(">2sBHI", b"AC", 1, 1, zlib.crc32(body))

    with pytest.raises(UnreadableEntry, match=r"^another type$"):
        Codec(str).decode(header + body)


@pytest.mark.parametrize("version", [-1, 65_536])
def test_codec_refuses_a_version_that_does_not_fit(version: int) -> None:
    with pytest.raises(ValueError, match=rf"^version {version} is not within 0 and 65535$"):
        Codec(_Item, version=version)


@pytest.mark.parametrize("version", [0, 65_535])
def test_codec_takes_the_lowest_and_highest_version(version: int) -> None:
    codec = Codec(_Item, version=version)

    assert codec.decode(codec.encode(ITEM)) == ITEM


def test_codec_never_unpickles() -> None:
    body = b"cos\nsystem\n(S'true'\ntR."  # what a pickle that runs a command looks like
    header = struct.pack(">2sBHI", b"AC", 1, 3, zlib.crc32(body))

    with pytest.raises(UnreadableEntry):
        CODEC.decode(header + body)
