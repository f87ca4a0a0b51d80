"""The keys that encrypt people's tokens, and those of them that come from ``SECRET_KEYS``.

A key is 32 random bytes in URL-safe base64, as Fernet takes it; the newest is first. It encrypts,
and the older ones still decrypt what they once encrypted.
"""

import re
from collections.abc import Iterable
from typing import Final, Protocol

from services.secret import Secret

EXPECTED_KEYS: Final = "keys of 44 characters (32 bytes in URL-safe base64), comma-separated"

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}=")

Keys = tuple[Secret, ...]
"""One or more, newest first."""


class KeysUnusable(Exception):  # noqa: N818  # says what is wrong
    """There are no usable keys; the text says what to do and holds no key."""


class KeySource(Protocol):
    """Where a cipher gets its keys from, each time it needs them."""

    def current(self) -> Keys:
        """Return the keys; the same object as before, unless they have changed."""


class GivenKeys:
    """The keys of ``SECRET_KEYS``."""

    def __init__(self, setting: Secret) -> None:
        """Take the comma-separated keys of ``setting``.

        Raises:
            KeysUnusable: They are no keys.
        """
        try:
            self._keys = parse_keys(setting.reveal().split(","))
        except ValueError:
            raise KeysUnusable(f"SECRET_KEYS: expected {EXPECTED_KEYS}") from None

    def current(self) -> Keys:
        """Return the keys, which never change."""
        return self._keys


def parse_keys(texts: Iterable[str]) -> Keys:
    """Return the keys that ``texts`` are; blank ones are left out.

    Raises:
        ValueError: One is no key, or there is none; the text says what is expected.
    """
    found = [text.strip() for text in texts]
    keys = tuple(Secret(text) for text in found if text)
    if not keys or not all(_KEY.fullmatch(key.reveal()) for key in keys):
        raise ValueError(EXPECTED_KEYS)
    return keys
