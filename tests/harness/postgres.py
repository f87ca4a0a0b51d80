"""A real PostgreSQL on loopback for the tests, started once and thrown away."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest


def _binaries() -> Path | None:
    """Return the folder of ``initdb``, which Debian keeps off the PATH."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


def _user() -> str | None:
    """Return whom to run it as: it refuses root, who has to use somebody else."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return None


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a server inside the block; yields its URL without a database, or skips the test."""
    binaries, user = _binaries(), _user()
    if binaries is None or user is None:
        pytest.skip("no PostgreSQL server: apt-get install postgresql")
    folder = Path(mkdtemp(prefix="aime-postgres-"))
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    is_other = os.geteuid() == 0
    if is_other:
        shutil.chown(folder, user)
        shutil.chown(data, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*command: str) -> None:
        subprocess.run(  # noqa: S603  # fixed commands
            command,
            check=True,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=user if is_other else None,
            group=pwd.getpwnam(user).pw_gid if is_other else None,
            extra_groups=[] if is_other else None,
            env={"LC_ALL": "C", "PATH": os.environ["PATH"]},  # noqa: TID251  # the test's own
        )

    run(str(binaries / "initdb"), "-D", str(data), "-U", "aime", "-A", "trust", "-E", "UTF8", "-N")
    options = (
        f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= "
        # Nobody pulls the plug of a test; what is killed are the bot's processes.
        "-c fsync=off -c max_connections=60 -c shared_buffers=32MB"
    )
    control = (str(binaries / "pg_ctl"), "-D", str(data), "-w", "-t", "30")
    try:
        run(*control, "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://aime@127.0.0.1:{port}"
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
