"""Processes that kill themselves at a step by chance, one after the other, until one ends the work.

The first process imports everything and then only forks: a child costs a fork, not an interpreter.
What they do is a module of its own, such as ``harness.sync_process``; how they are started and what
became of them is here as well.
"""

import asyncio
import logging
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
from fakes.chance import seeded

from harness.job_process import die, tell
from services.jobs.leases import Lease
from services.jobs.queue import JobQueue
from services.storage.database import Transaction

SHORT_LEASE = Lease(seconds=1.0, beat_every=0.25, watch_every=0.125)
_ROOT = Path(__file__).parents[2]


class Deaths(Protocol):
    """What every plan says of the processes.

    Attributes:
        kills: How many of them end too early.
        most_steps: The most steps that such a one goes.
        seed: What the steps follow from.
    """

    @property
    def kills(self) -> int: ...
    @property
    def most_steps(self) -> int: ...
    @property
    def seed(self) -> int: ...


D = TypeVar("D", bound=Deaths)
Work = Callable[[D, int, int | None], Coroutine[Any, Any, None]]
"""Works for a plan as its n-th process, for so many steps or to the end."""


class Fuse:
    """Ends the process after so many steps, once it is lit.

    Attributes:
        left: Steps; None: it does not burn.
    """

    left: int | None = None

    def burn(self) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left <= 0:
            die()


class DeadlyQueue(JobQueue):
    """A queue whose process may die right before a commit, and right after it."""

    fuse: Fuse

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        async with super().writing() as transaction:
            yield transaction
            self.fuse.burn()
        self.fuse.burn()


def _run_child(plan: D, work: Work[D], number: int, steps: int | None) -> int:
    """Run one child to its end; returns its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        asyncio.run(work(plan, number, steps))
    except BaseException:  # noqa: BLE001  # a bug: say it, and do not become a second first process
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _supervise(plan: D, work: Work[D]) -> None:
    """Run one child after the other."""
    chance = seeded(plan.seed)
    for number in range(plan.kills):
        tell(f"ended {_run_child(plan, work, number, chance.randint(1, plan.most_steps))}")
    tell(f"ended {_run_child(plan, work, plan.kills, None)}")


def main(kind: type[D], work: Work[D]) -> None:
    """Do what the first argument plans, a struct as JSON: one child after the other."""
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING, format="log %(message)s")
    _supervise(msgspec.json.decode(sys.argv[1], type=kind), work)


async def play(module: str, plan: Deaths) -> list[int]:
    """Run the processes of ``module`` to their end; returns how each ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        msgspec.json.encode(plan).decode(),
        stdout=asyncio.subprocess.PIPE,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": f"{_ROOT}:{_ROOT / 'tests'}"},  # noqa: TID251  # a child's
        start_new_session=True,
    )
    try:
        output, _ = await process.communicate()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    lines = output.decode().splitlines()
    assert process.returncode == 0, lines[-30:]
    return [int(line.split()[1]) for line in lines if line.startswith("ended ")]
