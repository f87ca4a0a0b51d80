"""``aime demo --say`` as somebody would run it."""

import asyncio
import sys
from pathlib import Path


async def run_demo(folder: Path, say: str) -> tuple[int | None, str, str]:
    """Return exit code, output and errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "demo",
        "--say",
        say,
        cwd=folder,
        env={"PYTHONUTF8": "1", "DISCORD_TOKEN": "canary-of-the-operator"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def test_demo_says_one_thing_prints_the_answer_and_ends(tmp_path: Path) -> None:
    (code, output, errors), (unknown_code, complaint, _) = await asyncio.gather(
        run_demo(tmp_path, "/search query:kind of blue"), run_demo(tmp_path, "/find query:x")
    )

    assert (code, errors) == (0, "")
    assert "you ▸ /search query:kind of blue" in output
    assert "AIME answers" in output
    assert "Results for kind of blue" in output
    assert "Miles Davis" in output
    assert "[1] " in output
    assert unknown_code == 1
    commands = "/account, /album, /artist, /collection, /describe, /digest"
    assert f"There is no /find here. Try one of: {commands}" in complaint
    assert "canary" not in output + errors + complaint
