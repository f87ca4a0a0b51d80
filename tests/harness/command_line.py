"""``aime`` run to its end, as a person at a terminal would."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path


async def run_aime(
    folder: Path, settings: Mapping[str, str], *command: str
) -> tuple[int, str, str]:
    """Run ``aime`` to its end in an empty folder; returns exit code, output and errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *(command or ("run",)),
        cwd=folder,
        env={"PYTHONUTF8": "1", **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


def complaint(errors: str) -> str:
    """Return the one line that starts with ``aime:``."""
    [line] = [line for line in errors.splitlines() if line.startswith("aime: ")]
    assert "Traceback" not in errors
    return line
