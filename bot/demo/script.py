"""What is typed in the demo, and how it becomes a command, a press, a choice or a message."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

SCRIPT: Final = (
    "/search query:kind of blue",
    "/describe topic:Kind of Blue by Miles Davis length:long",
    "abbey road",
    "/status",
)
"""The short conversation that ``make demo`` begins with."""

_STEP = re.compile(r"([+-])(\d{1,4})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_SLASH: Final = 1  # of Discord's command types; others are entries of menus
_OPTION = re.compile(r"(?:(?<=\s)|^)([\w-]+):")


class NotUnderstood(ValueError):  # noqa: N818  # says what happened
    """What was typed is no command of the bot; the text says what would be."""


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """A slash command as it was typed."""

    name: str
    options: Mapping[str, object]


def parse_command(line: str, commands: Iterable[Mapping[str, Any]]) -> TypedCommand:
    """Return the command in ``line``, such as ``/search query:kind of blue kind:album``.

    A value runs until the next option of that command. Text without an option's name goes to the
    first one.

    Raises:
        NotUnderstood: No such command or option.
    """
    known = {
        str(command["name"]): command
        for command in commands
        if command.get("type", _SLASH) == _SLASH
    }
    name, _, rest = line.removeprefix("/").strip().partition(" ")
    if name not in known:
        names = ", ".join(f"/{other}" for other in sorted(known))
        raise NotUnderstood(f"There is no /{name} here. Try one of: {names}")
    specs = {str(spec["name"]): spec for spec in known[name].get("options") or []}
    marks = [match for match in _OPTION.finditer(rest) if match[1] in specs]
    values: dict[str, object] = {}
    ends = [*(mark.start() for mark in marks), len(rest)][1:]
    for mark, end in zip(marks, ends, strict=bool(marks)):
        values[mark[1]] = _typed(rest[mark.end() : end].strip(), specs[mark[1]])
    loose = rest[: marks[0].start() if marks else len(rest)].strip()
    if loose and specs:
        values.setdefault(next(iter(specs)), loose)
    return TypedCommand(name, values)


def parse_step(line: str) -> timedelta | None:
    """Return how far ``line``, such as ``+3h``, moves the bot's clock; None for any other line."""
    match = _STEP.fullmatch(line.strip())
    if match is None:
        return None
    step = timedelta(**{_UNITS[match[3]]: int(match[2])})
    return step if match[1] == "+" else -step


def _typed(text: str, spec: Mapping[str, Any]) -> object:
    boolean = 5
    if spec.get("type") == boolean:
        return text.casefold() in ("true", "yes", "1", "on")
    return text
