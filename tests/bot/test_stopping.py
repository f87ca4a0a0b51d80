"""Stopping, tried on real processes: signals and ``os._exit`` cannot be tried on this one."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


async def start(body: str, *, limit: float = 30, after: str = "pass") -> asyncio.subprocess.Process:
    """Run ``body`` inside ``stop_signals``, once it has said that it is ready."""
    script = f"""
import asyncio, logging, sys, time
from bot import stopping
stopping.STOP_SECONDS = {limit}
logging.basicConfig(level="ERROR")
async def main():
    with stopping.stop_signals() as stop:
        print("ready", flush=True)
        {body}
    {after}
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def end(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    _, errors = await process.communicate()
    return process.returncode, errors.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_first_signal_sets_the_event(number: signal.Signals) -> None:
    process = await start("await stop.wait()")

    process.send_signal(number)

    assert await end(process) == (0, "")


async def test_second_signal_leaves_at_once() -> None:
    process = await start('await stop.wait(); print("stopping", flush=True); time.sleep(60)')
    process.terminate()
    assert process.stdout is not None
    await process.stdout.readline()

    process.terminate()
    code, errors = await end(process)

    assert code == 70
    assert "told to stop twice; leaving at once" in errors


@pytest.mark.parametrize(
    "hang",
    [
        pytest.param("await asyncio.Event().wait()", id="a task waits for ever"),
        pytest.param("time.sleep(60)", id="the event loop hangs"),
    ],
)
async def test_stop_that_takes_too_long_is_cut_short(hang: str) -> None:
    process = await start(f"await stop.wait(); {hang}", limit=0.3)

    process.terminate()
    code, errors = await end(process)

    assert code == 70
    assert "stopping took too long; leaving at once" in errors


async def test_limit_and_handlers_end_with_the_block() -> None:
    process = await start("await stop.wait()", limit=0.3, after="time.sleep(1); print('late')")

    process.terminate()

    assert await end(process) == (0, "")
