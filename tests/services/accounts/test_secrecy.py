"""No token and no key in the database's files, in a log, a repr, an error or a traceback."""

import logging
import traceback
from pathlib import Path

import pytest
from fakes.accounts import NOW, USER, ChangingKeys, Refresher, make_grants
from harness.databases import open_database

from services.accounts.cipher import TokenCipher
from services.accounts.grants import Grants
from services.accounts.key_file import KeyFile
from services.accounts.models import TokenSet
from services.accounts.rotation import reencrypt_grants
from services.errors import AuthenticationFailed, LinkAgain
from services.resilience.clock import SystemClock
from services.secret import Secret
from services.storage.migrating import migrate

CANARIES = ("canary-access", "canary-refresh", "canary-secret")
TOKENS = TokenSet(
    access=Secret(CANARIES[0]),
    refresh=Secret(CANARIES[1]),
    secret=Secret(CANARIES[2]),
    expires_at=NOW,
    scopes=("scope",),
)
REFUSED = AuthenticationFailed("spotify", "refresh", 401)


async def test_database_files_hold_no_token_in_the_clear(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys" / "secret_keys")
    path = tmp_path / "state" / "aime.db"
    path.parent.mkdir()
    async with open_database(path) as database:
        await migrate(database)
        grants = Grants(database, cipher=TokenCipher(keys), clock=SystemClock())
        stale = await grants.link(USER, "spotify", TOKENS)
        await grants.link(USER, "discogs", TOKENS)
        await grants.refreshed(stale, Refresher(TOKENS))
        keys.add(above=keys.current()[0])
        await reencrypt_grants(database, TokenCipher(keys))
        await grants.unlink(USER, "discogs")

        files = {file.name: file.read_bytes() for file in path.parent.iterdir()}

    found = b"".join(files.values())
    words = [*CANARIES, *(key.reveal() for key in keys.current())]
    assert set(files) >= {"aime.db", "aime.db-wal"}
    assert b"spotify" in found  # so this does look where the rows are
    assert [word for word in words if word.encode() in found] == []


async def test_errors_and_logs_tell_no_token(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keys = ChangingKeys(1)
    async with open_database(tmp_path / "aime.db") as database:
        await migrate(database)
        grants = make_grants(database, keys)
        stale = await grants.link(USER, "spotify", TOKENS)
        await grants.link(USER, "discogs", TOKENS)
        with caplog.at_level(logging.DEBUG):
            with pytest.raises(LinkAgain) as refused:
                await grants.refreshed(stale, Refresher(REFUSED))
            keys.change(2)
            with pytest.raises(LinkAgain) as lost:
                await grants.get(USER, "discogs")

    shown = caplog.text + "".join(
        "".join(traceback.TracebackException.from_exception(e, capture_locals=True).format())
        for e in (refused.value, lost.value)
    )
    assert [word for word in CANARIES if word in shown] == []
    assert all(repr(key.reveal())[1:-1] not in shown for key in keys.current())
