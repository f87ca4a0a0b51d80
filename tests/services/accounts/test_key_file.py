import fcntl
import logging
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fakes.accounts import make_key

from services.accounts import key_file
from services.accounts.key_file import KeyFile, open_keys
from services.accounts.keys import GivenKeys, KeysUnusable
from services.secret import Secret

ONE, TWO = make_key(1), make_key(2)
REMEDY = (
    "restore it from where you keep a copy, or delete it: a new one is made at the next start, and "
    "people have to link their accounts again"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "secret_keys"


def put(path: Path, *keys: Secret, mode: int = 0o600) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{key.reveal()}\n" for key in keys), encoding="ascii")
    path.chmod(mode)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]


# --- Making it


def test_key_file_is_made_for_its_owner_only(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        [key] = KeyFile(path).current()

    assert path.read_text("ascii") == f"{key.reveal()}\n"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert [file.name for file in path.parent.iterdir()] == ["secret_keys"]
    assert caplog.messages == [
        f"made {path}; keep a copy: without it people must link their accounts again"
    ]


def test_key_file_is_made_below_folders_that_are_not_there_either(tmp_path: Path) -> None:
    assert KeyFile(tmp_path / "a" / "b" / "secret_keys").path.exists()


def test_key_file_keeps_its_keys_from_start_to_start(path: Path) -> None:
    assert KeyFile(path).current() == KeyFile(path).current()


def test_key_file_is_flushed_to_disk_complete_and_then_its_folder(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []

    def record(descriptor: int) -> None:
        status = os.fstat(descriptor)
        is_folder = stat.S_ISDIR(status.st_mode)
        flushed.append("the folder" if is_folder else f"a file of {status.st_size} bytes")

    monkeypatch.setattr(os, "fsync", record)

    KeyFile(path)

    assert flushed == ["a file of 45 bytes", "the folder"]


def test_key_files_have_different_keys(tmp_path: Path) -> None:
    assert KeyFile(tmp_path / "one").current() != KeyFile(tmp_path / "two").current()


def test_key_file_that_was_made_meanwhile_is_left_alone(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(path, ONE)

    with caplog.at_level(logging.INFO):
        key_file._make(path)

    assert KeyFile(path).current() == (ONE,)
    assert [file.name for file in path.parent.iterdir()] == ["secret_keys"]
    assert caplog.records == []


def test_processes_that_start_together_end_with_the_same_key(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from services.accounts.key_file import KeyFile; "
        "sys.stdin.read(); print(KeyFile(Path(sys.argv[1])).current()[0].reveal())"
    )
    processes = [
        subprocess.Popen(  # noqa: S603  # our own interpreter
            [sys.executable, "-c", code, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()  # all of them wait for this
        process.stdin = None

    keys = [process.communicate()[0].strip() for process in processes]

    assert len(keys[0]) == 44
    assert keys == [keys[0]] * 4
    assert [file.name for file in path.parent.iterdir()] == ["secret_keys"]


# --- Reading it


def test_key_file_is_read_newest_first(path: Path) -> None:
    put(path, TWO, ONE)

    assert KeyFile(path).current() == (TWO, ONE)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"canary\n", id="no key"),
        pytest.param(ONE.reveal().encode() + b"\ncanary\n", id="a key and no key"),
        pytest.param(b"canary \xff\xfe", id="no text"),
    ],
)
def test_garbled_key_file_is_refused_and_left_as_it_is(path: Path, content: bytes) -> None:
    put(path)
    path.write_bytes(content)

    with pytest.raises(KeysUnusable) as caught:
        KeyFile(path)

    assert str(caught.value) == f"{path} is no list of keys, one a line: {REMEDY}"
    assert path.read_bytes() == content


def test_key_file_that_cannot_be_read_is_refused_with_the_reason(path: Path) -> None:
    path.mkdir(parents=True)

    with pytest.raises(KeysUnusable) as caught:
        KeyFile(path)

    assert str(caught.value) == (
        f"{path} cannot be read (Is a directory): let the bot's user read and write it and its "
        f"folder, or {REMEDY}"
    )


def test_key_file_with_an_impossible_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeysUnusable, match=r"cannot be read \(File name too long\)"):
        KeyFile(tmp_path / ("x" * 300))


def test_key_file_whose_folder_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    with pytest.raises(KeysUnusable, match=r"cannot be made \(File exists\)"):
        KeyFile(tmp_path / "data" / "secret_keys")


def test_key_file_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(KeysUnusable, match=r"/proc/secret_keys cannot be written \("):
        KeyFile(Path("/proc/secret_keys"))


@pytest.mark.parametrize("open_mode", [0o640, 0o604, 0o610, 0o601, 0o620, 0o602])
def test_key_file_open_to_others_is_tightened_with_a_warning(
    path: Path, open_mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    put(path, ONE, mode=open_mode)

    keys = KeyFile(path)

    assert mode(path) == 0o600
    assert keys.current() == (ONE,)
    assert warnings(caplog) == [f"others could read {path}; now only its owner can"]


@pytest.mark.parametrize("private_mode", [0o600, 0o400, 0o700])
def test_key_file_of_its_owner_only_is_left_as_it_is(
    path: Path, private_mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    put(path, ONE, mode=private_mode)

    KeyFile(path)

    assert mode(path) == private_mode
    assert caplog.records == []


def test_key_file_whose_mode_cannot_be_changed_is_used_with_a_warning(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(path, ONE, mode=0o644)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)

    assert KeyFile(path).current() == (ONE,)
    assert warnings(caplog) == [f"others can read {path}, and its mode cannot be changed"]


# --- While the bot runs


def test_keys_are_the_same_object_until_the_file_changes(path: Path) -> None:
    keys = KeyFile(path)

    assert keys.current() is keys.current()


def test_key_that_another_process_put_on_top_is_seen_at_once(path: Path) -> None:
    put(path, ONE)
    keys, other = KeyFile(path), KeyFile(path)

    assert other.add(above=ONE)

    assert len(keys.current()) == 2
    assert keys.current() == other.current()
    assert keys.current()[1] == ONE


def spoil(path: Path) -> None:
    path.write_bytes(b"canary")


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        pytest.param(Path.unlink, "cannot be read (No such file or directory)", id="deleted"),
        pytest.param(spoil, "is no list of keys, one a line", id="spoiled"),
    ],
)
def test_keys_stay_in_memory_while_the_file_is_of_no_use(
    path: Path, harm: Callable[[Path], object], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    put(path, ONE)
    keys = KeyFile(path)

    harm(path)
    during = [keys.current(), keys.current()]
    put(path, TWO, ONE)
    after = keys.current()
    harm(path)
    again = keys.current()

    assert during == [(ONE,), (ONE,)]
    assert after == again == (TWO, ONE)
    first, second = warnings(caplog)
    assert first == second
    assert first.startswith(f"going on with the keys in memory: {path} {reason}")


def test_file_that_comes_back_unchanged_ends_the_trouble(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(path, ONE)
    keys = KeyFile(path)

    for _ in range(2):
        path.rename(tmp_path / "away")
        keys.current()
        (tmp_path / "away").rename(path)
        assert keys.current() == (ONE,)

    assert len(warnings(caplog)) == 2


# --- A new key


def test_new_key_is_put_on_top_of_the_old_ones(path: Path) -> None:
    put(path, TWO, ONE)
    keys = KeyFile(path)

    is_added = keys.add(above=TWO)

    new, *old = keys.current()
    assert is_added
    assert old == [TWO, ONE]
    assert new not in (ONE, TWO)
    assert path.read_text("ascii").splitlines() == [k.reveal() for k in (new, TWO, ONE)]
    assert mode(path) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret_keys"]


def test_new_key_is_not_added_when_another_process_was_faster(path: Path) -> None:
    put(path, TWO, ONE)

    assert KeyFile(path).add(above=ONE) is False
    assert KeyFile(path).current() == (TWO, ONE)


def test_only_one_of_many_that_add_at_once_does(path: Path) -> None:
    put(path, ONE)
    files = [KeyFile(path) for _ in range(8)]
    barrier = threading.Barrier(len(files))

    def add(file: KeyFile) -> bool:
        barrier.wait()
        return file.add(above=ONE)

    with ThreadPoolExecutor(len(files)) as pool:
        added = list(pool.map(add, files))

    assert sorted(added) == [False] * 7 + [True]
    assert len(KeyFile(path).current()) == 2


def test_new_key_waits_for_who_changes_the_keys_now(path: Path) -> None:
    put(path, ONE)
    keys = KeyFile(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    thread = threading.Thread(target=keys.add, kwargs={"above": ONE})

    thread.start()
    thread.join(0.2)
    meanwhile = keys.current()
    os.close(descriptor)
    thread.join()

    assert meanwhile == (ONE,)
    assert len(keys.current()) == 2


def test_new_key_is_refused_when_the_file_is_of_no_use(path: Path) -> None:
    put(path, ONE)
    keys = KeyFile(path)
    path.write_bytes(b"canary")

    with pytest.raises(KeysUnusable, match="no list of keys"):
        keys.add(above=ONE)

    assert path.read_bytes() == b"canary"


def test_new_key_is_refused_when_the_folder_is_gone(path: Path, tmp_path: Path) -> None:
    put(path, ONE)
    keys = KeyFile(path)
    path.parent.rename(tmp_path / "away")

    with pytest.raises(KeysUnusable, match=r"data cannot be locked \(No such file or directory\)"):
        keys.add(above=ONE)


def test_file_that_cannot_be_replaced_is_left_and_no_draft_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(path, ONE)
    keys = KeyFile(path)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)

    with pytest.raises(KeysUnusable, match=r"cannot be written \(No space left on device\)"):
        keys.add(above=ONE)

    assert keys.current() == (ONE,)
    assert [file.name for file in path.parent.iterdir()] == ["secret_keys"]


# --- Which source


def test_keys_come_from_the_setting_when_there_is_one(tmp_path: Path) -> None:
    keys = open_keys(ONE, tmp_path)

    assert isinstance(keys, GivenKeys)
    assert keys.current() == (ONE,)
    assert list(tmp_path.iterdir()) == []


def test_keys_come_from_a_file_otherwise(tmp_path: Path) -> None:
    keys = open_keys(None, tmp_path)

    assert isinstance(keys, KeyFile)
    assert keys.path == tmp_path / "secret_keys"
