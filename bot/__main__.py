"""The command line: ``aime run | demo | doctor | …`` (also ``python -m bot``)."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

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
    return _interruptible(lambda: _started(_command(options, settings), settings, options))


def _command(options: argparse.Namespace, settings: Settings) -> Coroutine[Any, Any, int]:
    """Return what ``options`` ask for; imports only what that needs, to start fast."""
    if options.command == "run":
        from bot.app import run  # noqa: PLC0415

        return run(settings)
    if options.command == "doctor" and options.rotate_keys:
        from bot.rotate_keys import rotate_keys  # noqa: PLC0415

        return rotate_keys(settings)
    if options.command == "doctor":
        from bot.doctor import doctor  # noqa: PLC0415

        return doctor(settings)
    return _operation(options, settings)


def _operation(options: argparse.Namespace, settings: Settings) -> Coroutine[Any, Any, int]:
    from bot import operating  # noqa: PLC0415

    if options.command == "migrate":
        return operating.run_migrate(settings, options.target)
    if options.command == "backup":
        return operating.run_backup(settings, options.file)
    if options.command == "restore":
        return operating.run_restore(settings, options.file)
    ids = None if options.action == "list" or options.all else options.ids
    return operating.run_jobs(settings, options.action, ids)


def _started(
    command: Coroutine[Any, Any, int], settings: Settings, options: argparse.Namespace
) -> int:
    from bot.logs import set_up_logging  # noqa: PLC0415
    from bot.state import StartError  # noqa: PLC0415

    # A command prints its own words; the log of a running bot is its voice.
    level = settings.log_level if options.command == "run" else "ERROR"
    set_up_logging(level=level, log_format=settings.log_format, secrets=settings.secrets())
    try:
        return asyncio.run(command)
    except StartError as error:
        print(f"aime: {error}", file=sys.stderr)
        return 1


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
    migrate = commands.add_parser("migrate", help="bring the database's tables to this version")
    migrate.add_argument(
        "target",
        nargs="?",
        default="head",
        help="head (the default), back for one step back, base, or a revision such as 0001",
    )
    jobs = commands.add_parser("jobs", help="look at background jobs; revive or discard them")
    actions = jobs.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="what is queued, running, or given up")
    for name, text in (
        ("requeue", "try jobs again that were given up"),
        ("discard", "throw jobs away that are not running"),
    ):
        action = actions.add_parser(name, help=text)
        which = action.add_mutually_exclusive_group(required=True)
        which.add_argument("ids", nargs="*", type=int, default=[], metavar="ID", help="job numbers")
        which.add_argument("--all", action="store_true", help="all that were given up")
    backup = commands.add_parser("backup", help="write a verified backup; the bot may run")
    backup.add_argument("file", nargs="?", type=Path, help="DATA_DIR/backups by default")
    restore = commands.add_parser("restore", help="replace everything by a backup")
    restore.add_argument("file", type=Path)
    doctor = commands.add_parser("doctor", help="check the settings and every upstream")
    doctor.add_argument(
        "--rotate-keys",
        action="store_true",
        help="instead, encrypt people's tokens under a new key; the bot may go on running",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
