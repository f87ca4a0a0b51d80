"""The file that holds the keys when ``SECRET_KEYS`` is not set.

It is never half there: it is written under another name, flushed to disk, and then linked or
renamed into place. And it is never silently replaced: a file that cannot be used stops the start,
because new keys would cut everybody off from what is stored.
"""

import base64
import fcntl
import logging
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.accounts.keys import GivenKeys, Keys, KeysUnusable, parse_keys
from services.secret import Secret

_LOGGER = logging.getLogger(__name__)

KEY_FILE_NAME: Final = "secret_keys"

_KEY_BYTES: Final = 32
_OTHERS: Final = 0o077
_PRIVATE_FILE: Final = 0o600
_PRIVATE_DIRECTORY: Final = 0o700
_REMEDY: Final = (
    "restore it from where you keep a copy, or delete it: a new one is made at the next start, and "
    "people have to link their accounts again"
)

Stamp = tuple[int, int, int]
"""What changes when a file is replaced: its inode, size in bytes and time in nanoseconds."""


class KeyFile:
    """A file of keys, one a line, that only its owner can read.

    Another process may put a new key on top at any time (``aime doctor --rotate-keys``). It does
    so before it encrypts anything with it; since the file is looked at on every use (a ``stat``;
    it is read when it has changed), nothing that is stored is ever under a key unknown here.

    Attributes:
        path: Where it is.
    """

    def __init__(self, path: Path) -> None:
        """Read the keys at ``path``; make them when there are none.

        Raises:
            KeysUnusable: The file cannot be read or made, or holds something else.
        """
        self.path = path
        self._is_lost = False
        with _explained(path, "read"):
            is_there = path.exists()
        if not is_there:
            _make(path)
        self._keys, self._stamp = _read(path)

    def current(self) -> Keys:
        """Return the keys of the file as it is now.

        While it is missing or unusable, these are the last ones that were in it.
        """
        try:
            if self._is_lost or _stamp(self.path) != self._stamp:
                self._keys, self._stamp = _read(self.path)
        except KeysUnusable as error:
            if not self._is_lost:
                _LOGGER.warning("going on with the keys in memory: %s", error)
            self._is_lost = True
        else:
            self._is_lost = False
        return self._keys

    def add(self, *, above: Secret) -> bool:
        """Put a new key on top; the others stay below it.

        Args:
            above: The newest key so far; when it no longer is, another process was faster.

        Returns:
            False when nothing was done because of that.

        Raises:
            KeysUnusable: The file cannot be read or replaced.
        """
        with _locked(self.path.parent):
            keys, _ = _read(self.path)
            if keys[0] != above:
                return False
            with _draft(self.path, [_new_key(), *keys]) as draft:
                draft.replace(self.path)
        return True


def open_keys(setting: Secret | None, directory: Path) -> GivenKeys | KeyFile:
    """Return the keys of ``SECRET_KEYS``, or of the file in ``directory`` when that is not set.

    Raises:
        KeysUnusable: They cannot be used, or not be made.
    """
    return KeyFile(directory / KEY_FILE_NAME) if setting is None else GivenKeys(setting)


def _new_key() -> Secret:
    return Secret(base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode())


def _stamp(path: Path) -> Stamp:
    with _explained(path, "read"):
        status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _read(path: Path) -> tuple[Keys, Stamp]:
    # Stamped before it is read: a file replaced in between is read again the next time.
    stamp = _stamp(path)
    with _explained(path, "read"):
        try:
            # The text itself is not held in a variable: a traceback may show those.
            keys = parse_keys(path.read_bytes().decode("ascii").splitlines())
        except ValueError:  # also of a byte that is no ASCII
            raise KeysUnusable(f"{path} is no list of keys, one a line: {_REMEDY}") from None
        is_open_to_others = bool(path.stat().st_mode & _OTHERS)
    if is_open_to_others:
        _tighten(path)
    return keys, stamp


def _tighten(path: Path) -> None:
    try:
        path.chmod(_PRIVATE_FILE)
    except OSError:
        _LOGGER.warning("others can read %s, and its mode cannot be changed", path)
    else:
        _LOGGER.warning("others could read %s; now only its owner can", path)


def _make(path: Path) -> None:
    with _explained(path, "made"):
        path.parent.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    with _draft(path, [_new_key()]) as draft:
        try:
            path.hardlink_to(draft)  # fails when there is one, where renaming would replace it
        except FileExistsError:
            return  # another process was faster: its keys are the ones
    _LOGGER.info("made %s; keep a copy: without it people must link their accounts again", path)


@contextmanager
def _draft(path: Path, keys: Sequence[Secret]) -> Iterator[Path]:
    """Write ``keys`` beside ``path``, flushed to disk, for the block to move into place.

    Whatever dies meanwhile, the file at ``path`` is complete, or not there.

    Raises:
        KeysUnusable: That cannot be done, or not be moved.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with _explained(path, "written"):
            _flush(draft, keys)
            yield draft
            _flush_directory(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _flush(path: Path, keys: Sequence[Secret]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    with open(descriptor, "wb") as file:  # noqa: PTH123  # opened with its mode from the first byte
        file.writelines(f"{key.reveal()}\n".encode("ascii") for key in keys)
        file.flush()
        os.fsync(descriptor)


def _flush_directory(directory: Path) -> None:
    with _opened(directory) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Keep other processes from changing the keys; ends by itself when this process dies."""
    with _explained(directory, "locked"), _opened(directory) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _explained(path: Path, verb: str) -> Iterator[None]:
    """Turn what the system says into what to do about it."""
    try:
        yield
    except OSError as error:
        raise KeysUnusable(
            f"{path} cannot be {verb} ({error.strerror}): let the bot's user read and write it and "
            f"its folder, or {_REMEDY}"
        ) from None
