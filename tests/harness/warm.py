"""Bot processes that need no second to import everything: forks of one that has done so.

Most tests over the real bot spent more time on imports than on the bot. What is forked has read no
setting and opened nothing; the environment, folder, arguments and streams are the child's own. The
cold start is what ``test_newcomer`` and the demo's tests run.

This module is both ends: ``WarmStarter`` in the test's process, ``main`` in the one that is forked.
"""

import asyncio
import gc
import json
import os
import random
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

_ROOT: Final = Path(__file__).parents[2]
_LONGEST_REQUEST: Final = 65_536
_PRELOADED: Final = ("bot.app", "bot.__main__", "discord.ext.commands", "asyncpg", "aiosqlite")


class WarmProcess:
    """A forked process, as ``asyncio.subprocess.Process`` shows one."""

    def __init__(
        self, pid: int, ended: "asyncio.Task[int]", stdin: asyncio.StreamWriter | None
    ) -> None:
        self.pid = pid
        self.stdin = stdin
        self._ended = ended

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int) -> None:
        if self._ended.done():
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class WarmStarter:
    """Starts bots; ``close`` ends the process that they are forked from, not the bots."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._parent = subprocess.Popen(  # noqa: S603  # our own interpreter
            [sys.executable, "-m", "harness.warm", str(theirs.fileno())],
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": f"{_ROOT}:{_ROOT / 'tests'}"},  # noqa: TID251  # a child's
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()

    async def start(
        self,
        arguments: Sequence[str],
        *,
        folder: str,
        env: Mapping[str, str],
        log: IO[bytes] | None,
        has_stdin: bool,
    ) -> WarmProcess:
        """Run ``python`` with ``arguments``: ``-m``, a module, and what that is given."""
        news, their_news = socket.socketpair()
        stdin, their_stdin = socket.socketpair()
        message = json.dumps({"arguments": arguments, "folder": folder, "env": dict(env)}).encode()
        errors = sys.stderr.fileno() if log is None else log.fileno()
        with their_news, their_stdin:
            fds = [their_news.fileno(), their_stdin.fileno(), errors]
            socket.send_fds(self._control, [message], fds)
        reader, writer = await asyncio.open_connection(sock=news)
        _, typing = await asyncio.open_connection(sock=stdin)
        if not has_stdin:
            typing.write_eof()
        pid = int(await reader.readline())

        async def code() -> int:
            line = await reader.readline()
            writer.close()
            typing.close()
            return int(line)

        ended = asyncio.create_task(code(), name=f"process {pid}")
        return WarmProcess(pid, ended, typing if has_stdin else None)

    def close(self) -> None:
        self._control.close()
        self._parent.wait(10)


# --- In the process that is forked


def main(control: socket.socket) -> None:
    """Fork for each request until nobody can ask any more."""
    for name in _PRELOADED:
        __import__(name)
    gc.collect()
    gc.freeze()  # its pages stay shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, fds, _, _ = socket.recv_fds(control, _LONGEST_REQUEST, 3)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            _watch(json.loads(message), *fds)
        for each in fds:
            os.close(each)


def _watch(request: dict[str, Any], news: int, stdin: int, errors: int) -> None:
    """Fork the bot, and tell its number and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(news)
        os._exit(_run(request, stdin, errors))
    os.close(stdin)
    os.close(errors)
    with suppress(BrokenPipeError):
        os.write(news, f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        os.write(news, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run(request: dict[str, Any], stdin: int, errors: int) -> int:
    """Become what was asked for; returns the exit code."""
    os.setsid()
    os.chdir(request["folder"])
    os.environ.clear()  # noqa: TID251  # the child's own
    os.environ.update(request["env"])  # noqa: TID251  # likewise
    os.dup2(stdin, 0)
    os.dup2(errors, 2)
    os.closerange(3, max(stdin, errors) + 1)
    random.seed()
    _, module, *rest = request["arguments"]
    sys.argv = [module, *rest]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  # shown as the interpreter would
        sys.excepthook(*sys.exc_info())
        return 1
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
    return 0


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
