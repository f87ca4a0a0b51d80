"""Starts the sandbox and prints its settings: `python -m bot.sandbox`, until Ctrl-C."""

import asyncio
import contextlib
import shlex
import sys

from bot.sandbox.sandbox import Sandbox


async def serve() -> None:
    """Run the sandbox until the task is cancelled; the output can be sourced by a shell."""
    async with Sandbox() as sandbox:
        for name, value in sandbox.environment().items():
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())
