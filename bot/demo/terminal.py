"""The conversation as text: every message and every edit, as it happens."""

import asyncio
import re
import sys
import threading
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from bot.sandbox.discord import (
    Event,
    Message,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
)
from bot.ui.markdown import CURSOR
from bot.ui.text import unescape

_LINK = re.compile(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]\((?:[^()\s]*)\)")
_HEADING = re.compile(r"(?m)^#{1,3} ")
_SUBTEXT = re.compile(r"(?m)^-# ")
_BOLD = re.compile(r"(?<!\\)\*\*")
_TIMESTAMP = re.compile(r"<t:(\d+):R>")
_MENU_PREVIEW: Final = 6


def say(text: str = "") -> None:
    """Write one line for the person at the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def readable(text: str) -> str:
    """Return a message's Markdown as plain text, links by their words."""
    text = _LINK.sub(r"\1", text)
    text = _SUBTEXT.sub("· ", _HEADING.sub("", _BOLD.sub("", text)))
    return unescape(_TIMESTAMP.sub(_relative, text))


def _relative(match: re.Match[str]) -> str:
    seconds = round(int(match[1]) - time.time())  # noqa: TID251  # shown, not decided by
    return f"in {seconds} s" if seconds >= 0 else f"{-seconds} s ago"


def controls(message: Message) -> list[tuple[str, str, str | None]]:
    """Return what can be pressed or picked: label, custom id, and a menu's value."""
    found: list[tuple[str, str, str | None]] = [
        (_label(button), str(button["custom_id"]), None)
        for button in message.buttons
        if button.get("custom_id") and not button.get("disabled")
    ]
    for menu in message.selects:
        found.extend(
            (_choice(option), str(menu["custom_id"]), str(option["value"]))
            for option in menu.get("options", [])
        )
    return found


class Transcript:
    """Prints what happens to messages; an edit that only adds prints what it adds."""

    def __init__(self) -> None:
        """Start with nothing shown."""
        self._shown: dict[int, str] = {}
        self._started_at = time.monotonic()  # noqa: TID251  # shown, not decided by

    def begin(self, line: str) -> None:
        """Print what the user typed, and count the seconds from now."""
        self._shown.clear()
        self._started_at = time.monotonic()  # noqa: TID251  # shown, not decided by
        say(f"\nyou ▸ {line}")

    def print_event(self, event: Event) -> None:
        """Print one change of a message of the bot."""
        if isinstance(event, MessageDeleted):
            if event.message.id in self._shown:
                self._line("takes the message back")
        elif isinstance(event, MessageCreated | MessageEdited) and event.message.author.is_bot:
            self._print_message(event.message, is_edit=isinstance(event, MessageEdited))

    def _print_message(self, message: Message, *, is_edit: bool) -> None:
        if message.thinking:
            self._line("thinking…")
            self._shown[message.id] = ""
            return
        text = readable(message.current.body)
        before = self._shown.get(message.id, "")
        self._shown[message.id] = text
        is_update = is_edit and before != ""
        only_you = " (only you see this)" if message.ephemeral else ""
        self._line(("edits its message" if is_update else "answers") + only_you)
        for line in changed_lines(before, text) if is_update else text.split("\n"):
            say(f"      {line}".rstrip())

    def _line(self, what: str) -> None:
        seconds = time.monotonic() - self._started_at  # noqa: TID251  # shown, not decided by
        say(f"{seconds:4.1f}s  AIME {what}")


def print_controls(message: Message) -> None:
    """Print what can be pressed or picked, by number."""
    choices = controls(message)
    for number, (label, _, _) in enumerate(choices[:_MENU_PREVIEW], 1):
        say(f"      [{number}] {label}")
    if len(choices) > _MENU_PREVIEW:
        say(f"      … and {len(choices) - _MENU_PREVIEW} more, up to [{len(choices)}]")


async def typed_lines() -> AsyncIterator[str]:
    """Yield the lines typed, until the end of the input.

    A daemon thread reads, because a blocked read would keep the program from ending on Ctrl-C.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line.strip())
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, name="typed lines", daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line


def _label(button: Mapping[str, Any]) -> str:
    emoji = (button.get("emoji") or {}).get("name") or ""
    return f"{emoji} {button.get('label') or ''}".strip()


def _choice(option: Mapping[str, Any]) -> str:
    description = option.get("description")
    return f"{option['label']}  ({description})" if description else str(option["label"])


def changed_lines(before: str, after: str) -> list[str]:
    """Return the lines of ``after`` from the first change on; a line that grew only grows here."""
    old, new = before.split("\n"), after.split("\n")
    count = 0
    while count < min(len(old), len(new)) and old[count] == new[count]:
        count += 1
    if count == len(new):
        return ["(nothing new)"]
    changed = new[count:]
    stem = old[count].removesuffix(CURSOR) if count < len(old) else ""
    if stem and changed[0].startswith(stem):
        changed[0] = "…" + changed[0].removeprefix(stem)
    return changed
