"""The command line: ``aime run | demo | doctor`` (also ``python -m bot``)."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence

from bot.settings import Settings, SettingsError, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that ``arguments`` names; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "demo":
        from bot.demo import demo  # noqa: PLC0415  # only the demo needs the sandbox

        return _interruptible(lambda: asyncio.run(demo(say=options.say, verbose=options.verbose)))
    try:
        settings = load_settings()
    except SettingsError as error:
        for problem in error.problems:
            print(f"aime: {problem}", file=sys.stderr)
        print("aime: .env.example explains every setting", file=sys.stderr)
        return 2
    if options.command == "doctor" and options.rotate_keys:
        from bot.rotate_keys import rotate_keys  # noqa: PLC0415  # start fast

        return _interruptible(lambda: asyncio.run(rotate_keys(settings)))
    if options.command == "doctor":
        from bot.doctor import doctor  # noqa: PLC0415  # start fast

        return _interruptible(lambda: asyncio.run(doctor(settings)))
    return _run(settings)


def _run(settings: Settings) -> int:
    # discord.py takes a while to import: only when it is needed.
    from bot.app import StartError, run  # noqa: PLC0415
    from bot.logs import set_up_logging  # noqa: PLC0415

    set_up_logging(
        level=settings.log_level, log_format=settings.log_format, secrets=settings.secrets()
    )
    try:
        asyncio.run(run(settings))
    except StartError as error:
        print(f"aime: {error}", file=sys.stderr)
        return 1
    return 0


def _interruptible(action: Callable[[], int]) -> int:
    try:
        return action()
    except KeyboardInterrupt:
        print("\naime: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has left, as in ``aime demo | head``; nothing more can be said.
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115  # lives until the exit
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aime", description="A Discord bot for record collectors."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the bot on Discord")
    demo = commands.add_parser("demo", help="try the bot here, without any key")
    demo.add_argument(
        "--say",
        metavar="TEXT",
        help="one exchange, such as '/search query:kind of blue', then exit",
    )
    demo.add_argument("--verbose", action="store_true", help="show the bot's own log as well")
    doctor = commands.add_parser("doctor", help="check the settings and every upstream")
    doctor.add_argument(
        "--rotate-keys",
        action="store_true",
        help="instead, encrypt people's tokens under a new key; the bot may go on running",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
