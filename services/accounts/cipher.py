"""``TokenCipher``: secrets at rest, each bound to what it is for.

Fernet encrypts and authenticates but binds to nothing: a ciphertext copied into another row would
decrypt there. So what it is for stands inside, and is compared when it is decrypted.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from services.accounts.keys import Keys, KeySource


class Undecipherable(Exception):  # noqa: N818  # says what is wrong
    """Not a ciphertext for this use under a known key; deliberately says no more than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What a ciphertext is for; it decrypts for exactly this.

    Attributes:
        purpose: What kind of secret, such as ``grant`` or ``interaction``.
        owner: Whose, such as a Discord user id.
        service: Of whom, such as ``spotify`` or ``discord``.
    """

    purpose: str
    owner: int
    service: str


class _Sealed(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """What is inside a ciphertext; a change of its shape is a new version."""

    version: Literal[1]
    purpose: str
    owner: int
    service: str
    content: bytes


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Sealed)


class TokenCipher:
    """Encrypts with the newest key, decrypts with any."""

    def __init__(self, keys: KeySource) -> None:
        """Use ``keys``, as they are at each call."""
        self._source = keys
        self._known: Keys = ()
        self._newest: Fernet
        self._all: MultiFernet

    def encrypt(self, content: bytes, binding: Binding) -> str:
        """Return ``content`` as ASCII text that decrypts for ``binding`` only."""
        self._catch_up()
        sealed = _Sealed(1, binding.purpose, binding.owner, binding.service, content)
        return self._newest.encrypt(_ENCODER.encode(sealed)).decode("ascii")

    def decrypt(self, ciphertext: str, binding: Binding) -> bytes:
        """Return what was encrypted.

        Raises:
            Undecipherable: It was made for another use, its key is lost, or it was changed.
        """
        content = self._content(ciphertext, binding)
        if content is None:
            raise Undecipherable
        return content

    def is_current(self, ciphertext: str) -> bool:
        """Return whether the newest key encrypted it."""
        self._catch_up()
        try:
            self._newest.decrypt(ciphertext.encode())
        except InvalidToken:
            return False
        return True

    def rotate(self, ciphertext: str) -> str:
        """Return the same secret with the same binding, encrypted with the newest key.

        Raises:
            Undecipherable: Its key is lost, or it was changed.
        """
        self._catch_up()
        try:
            return self._all.rotate(ciphertext.encode()).decode("ascii")
        except InvalidToken:
            raise Undecipherable from None

    def _content(self, ciphertext: str, binding: Binding) -> bytes | None:
        """Return what is inside, or None: nothing is raised where a traceback could show it."""
        self._catch_up()
        try:
            sealed = _DECODER.decode(self._all.decrypt(ciphertext.encode()))
        except (InvalidToken, msgspec.MsgspecError):
            return None
        found = Binding(purpose=sealed.purpose, owner=sealed.owner, service=sealed.service)
        return sealed.content if found == binding else None

    def _catch_up(self) -> None:
        keys = self._source.current()
        if keys is not self._known:
            ciphers = [Fernet(key.reveal()) for key in keys]
            self._newest, self._all, self._known = ciphers[0], MultiFernet(ciphers), keys
