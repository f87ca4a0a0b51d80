"""``aime doctor --rotate-keys``: bring people's tokens under a new key.

It may be interrupted and repeated, also beside a running bot: first the new key is stored above
the old ones, then each row is encrypted anew. A run that finds rows under older keys finishes
that, and makes no further key.
"""

import sys

from bot.settings import Settings
from bot.state import StartError, open_state
from services.accounts.cipher import TokenCipher
from services.accounts.key_file import KeyFile, open_keys
from services.accounts.keys import GivenKeys, KeysUnusable
from services.accounts.rotation import Rotation, reencrypt_grants
from services.resilience.clock import Clock, SystemClock
from services.storage.database import Database


async def rotate_keys(settings: Settings, *, clock: Clock | None = None) -> int:
    """Rotate the keys and print what was done; returns the exit code.

    Raises:
        StartError: It was not possible; what was done before holds.
    """
    try:
        keys = open_keys(settings.secret_keys, settings.data_dir)
        async with open_state(settings, clock=clock or SystemClock()) as database:
            if isinstance(keys, KeyFile):
                await _rotate_file(database, keys)
            else:
                await _rotate_setting(database, keys)
    except KeysUnusable as error:
        raise StartError(str(error)) from error
    except OSError as error:
        raise StartError(f"the key file cannot be written ({error.strerror})") from error
    return 0


async def _rotate_file(database: Database, keys: KeyFile) -> None:
    cipher = TokenCipher(keys)
    newest = keys.current()[0]
    rotation = await reencrypt_grants(database, cipher)
    if rotation.rotated:
        _print("An earlier rotation was not complete; it is now, and no further key was made.")
    else:
        keys.add(above=newest)
        rotation = await reencrypt_grants(database, cipher)
        _print(f"{keys.path} has a new key on top.")
    _report(rotation)
    _print(
        "The old keys stay below it: backups need them. Keep a copy of the file, apart from them."
    )


async def _rotate_setting(database: Database, keys: GivenKeys) -> None:
    rotation = await reencrypt_grants(database, TokenCipher(keys))
    _report(rotation)
    if len(keys.current()) == 1:
        _print(
            "SECRET_KEYS has one key. For a new one, put it in front, separated by a comma "
            "(openssl rand -base64 32 | tr +/ -_), restart the bot, and run this again."
        )
    else:
        _print("The other keys in SECRET_KEYS can be removed once no backup needs them.")


def _report(rotation: Rotation) -> None:
    _print(
        f"Linked accounts: {rotation.rotated} encrypted under the newest key, "
        f"{rotation.current} were already."
    )
    if rotation.unreadable:
        _print(
            f"{rotation.unreadable} cannot be read with any of the keys: bring back the key that "
            "is missing, or these people are asked to link again."
        )


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
