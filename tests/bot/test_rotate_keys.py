"""``aime doctor --rotate-keys``, with keys from a file and from the setting."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fakes.accounts import USER, make_key, make_tokens

from bot.__main__ import main
from bot.rotate_keys import rotate_keys
from bot.settings import Settings, load_settings
from bot.state import StartError, open_state
from services.accounts.cipher import TokenCipher
from services.accounts.grants import Grants
from services.accounts.key_file import KeyFile, open_keys
from services.accounts.keys import GivenKeys
from services.errors import LinkAgain
from services.resilience.clock import SystemClock
from services.secret import Secret

CLOCK = SystemClock()
ONE, TWO, NINE = make_key(1), make_key(2), make_key(9)
KEPT = "The old keys stay below it: backups need them. Keep a copy of the file, apart from them."


def make_settings(folder: Path, *keys: Secret) -> Settings:
    environment = {"DATA_DIR": str(folder / "data")}
    if keys:
        environment["SECRET_KEYS"] = ",".join(key.reveal() for key in keys)
    return load_settings(environment, folder)


@asynccontextmanager
async def open_grants(settings: Settings) -> AsyncIterator[tuple[Grants, GivenKeys | KeyFile]]:
    """Do what a running bot does."""
    keys = open_keys(settings.secret_keys, settings.data_dir)
    async with open_state(settings, clock=CLOCK) as database:
        yield Grants(database, cipher=TokenCipher(keys), clock=CLOCK), keys


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "secret_keys"


async def test_rotation_puts_a_new_key_on_top_of_the_file_beside_a_running_bot(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = make_settings(tmp_path)
    async with open_grants(settings) as (grants, keys):
        [old] = keys.current()
        linked = await grants.link(USER, "spotify", make_tokens("a"))

        code = await rotate_keys(settings)

        during = await grants.get(USER, "spotify")
        later = await grants.link(USER, "discogs", make_tokens("b"))
    new, *rest = path.read_text("ascii").split()
    assert code == 0
    assert rest == [old.reveal()]
    assert capsys.readouterr().out.splitlines() == [
        f"{path} has a new key on top.",
        "Linked accounts: 1 encrypted under the newest key, 0 were already.",
        KEPT,
    ]
    assert during == linked
    async with open_grants(make_settings(tmp_path, Secret(new))) as (grants, _):
        assert await grants.get(USER, "spotify") == linked
        assert await grants.get(USER, "discogs") == later


async def test_rotation_that_was_interrupted_is_completed_without_a_further_key(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = make_settings(tmp_path)
    async with open_grants(settings) as (grants, keys):
        linked = await grants.link(USER, "spotify", make_tokens("a"))
        assert isinstance(keys, KeyFile)
        keys.add(above=keys.current()[0])  # … and killed here
    interrupted = path.read_text("ascii")

    code = await rotate_keys(settings)

    assert code == 0
    assert path.read_text("ascii") == interrupted
    assert capsys.readouterr().out.splitlines() == [
        "An earlier rotation was not complete; it is now, and no further key was made.",
        "Linked accounts: 1 encrypted under the newest key, 0 were already.",
        KEPT,
    ]
    async with open_grants(make_settings(tmp_path, Secret(interrupted.split()[0]))) as (grants, _):
        assert await grants.get(USER, "spotify") == linked


async def test_rotation_with_keys_of_the_setting_uses_the_first(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_grants(make_settings(tmp_path, ONE)) as (grants, _):
        linked = await grants.link(USER, "spotify", make_tokens("a"))
    settings = make_settings(tmp_path, TWO, ONE)

    codes = [await rotate_keys(settings), await rotate_keys(settings)]

    removable = "The other keys in SECRET_KEYS can be removed once no backup needs them."
    assert codes == [0, 0]
    assert capsys.readouterr().out.splitlines() == [
        "Linked accounts: 1 encrypted under the newest key, 0 were already.",
        removable,
        "Linked accounts: 0 encrypted under the newest key, 1 were already.",
        removable,
    ]
    assert not path.exists()
    async with open_grants(make_settings(tmp_path, TWO)) as (grants, _):
        assert await grants.get(USER, "spotify") == linked


async def test_rotation_with_one_key_in_the_setting_tells_how_to_make_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = await rotate_keys(make_settings(tmp_path, ONE))

    assert code == 0
    assert capsys.readouterr().out.splitlines() == [
        "Linked accounts: 0 encrypted under the newest key, 0 were already.",
        (
            "SECRET_KEYS has one key. For a new one, put it in front, separated by a comma "
            "(openssl rand -base64 32 | tr +/ -_), restart the bot, and run this again."
        ),
    ]


async def test_rotation_counts_what_no_key_reads_and_leaves_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_grants(make_settings(tmp_path, NINE)) as (grants, _):
        linked = await grants.link(USER, "spotify", make_tokens("a"))

    code = await rotate_keys(make_settings(tmp_path, TWO, ONE))

    assert code == 0
    assert capsys.readouterr().out.splitlines()[1] == (
        "1 cannot be read with any of the keys: bring back the key that is missing, or these "
        "people are asked to link again."
    )
    async with open_grants(make_settings(tmp_path, TWO, ONE)) as (grants, _):
        with pytest.raises(LinkAgain):
            await grants.get(USER, "spotify")
    async with open_grants(make_settings(tmp_path, NINE)) as (grants, _):
        assert await grants.get(USER, "spotify") == linked


async def test_rotation_says_what_stands_in_its_way(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.parent.mkdir()
    path.write_text("canary")

    with pytest.raises(StartError) as caught:
        await rotate_keys(make_settings(tmp_path))

    said = str(caught.value)
    assert said.startswith(f"{path} is no list of keys, one a line: restore it")
    assert "\n" not in said
    assert capsys.readouterr().out == ""
    assert path.read_text() == "canary"


async def test_rotation_in_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    with pytest.raises(StartError, match="DATA_DIR: the bot must be able to write"):
        await rotate_keys(make_settings(tmp_path, ONE))


async def test_rotation_works_on_postgres(
    tmp_path: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings(
        {"DATA_DIR": str(tmp_path), "DATABASE_URL": postgres_url, "SECRET_KEYS": ONE.reveal()},
        tmp_path,
    )
    async with open_grants(settings) as (grants, _):
        await grants.link(USER, "spotify", make_tokens("a"))

    code = await rotate_keys(settings)

    assert code == 0
    assert "0 encrypted under the newest key, 1 were already." in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


async def test_state_is_made_for_its_owner_only(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, ONE)

    async with open_state(settings, clock=CLOCK):
        pass

    assert settings.data_dir.stat().st_mode & 0o777 == 0o700
    assert (settings.data_dir / "aime.db").exists()


def test_command_line_rotates_the_keys_instead_of_checking(
    tmp_path: Path,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(path.parent))

    code = main(["doctor", "--rotate-keys"])

    assert code == 0
    assert len(path.read_text("ascii").split()) == 2
    assert capsys.readouterr().out.splitlines()[-1] == KEPT
