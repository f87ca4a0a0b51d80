"""What the side panel shows: switches, the latest requests upstream, and the bot's own view."""

import asyncio
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from bot.sandbox.chat.clock import BotClock, clock_view
from bot.sandbox.chat.switches import Switchboard
from bot.sandbox.chat.views import Json
from bot.sandbox.sandbox import Sandbox

_LOOK_SECONDS: Final = 0.25
_STATUS_SECONDS: Final = 1.0
_SHOWN_REQUESTS: Final = 40
_PICTURES: Final = ("/image/", "/img/")


class Watcher:
    """Looks at the stand-ins and the bot while a page is open."""

    def __init__(self, sandbox: Sandbox, switches: Switchboard) -> None:
        """Watch `sandbox`.

        Attributes:
            bot_status_url: The bot's `/statusz`, or None when it has none.
            bot_clock: What moves the bot's clock, or None when nothing does.
        """
        self.bot_status_url: str | None = None
        self.bot_clock: BotClock | None = None
        self._sandbox = sandbox
        self._switches = switches
        self._upstreams: list[Json] = []

    def everything(self) -> Json:
        """Return the whole panel."""
        return {"choices": self._switches.choices(), **self._seen()}

    async def watch(self, tell: Callable[[Json], None], is_watched: Callable[[], bool]) -> None:
        """Call `tell` with what changed, for as long as the task runs."""
        shown: Json = {}
        asked_at = 0.0
        timeout = aiohttp.ClientTimeout(total=_STATUS_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                if not is_watched():
                    continue
                if time.monotonic() - asked_at >= _STATUS_SECONDS:
                    asked_at = time.monotonic()
                    self._upstreams = await self._ask_bot(session)
                seen = self._seen()
                if changed := {k: v for k, v in seen.items() if shown.get(k) != v}:
                    tell({"type": "panel", "panel": changed})
                    shown = seen

    def _seen(self) -> Json:
        return {
            "faults": self._switches.current(),
            "requests": self._requests(),
            "upstreams": self._upstreams,
            "clock": clock_view(self.bot_clock),
            "online": any(c.is_open for c in self._sandbox.discord.connections),
        }

    async def _ask_bot(self, session: aiohttp.ClientSession) -> list[Json]:
        """Return what `/statusz` says, nothing when it says nothing usable."""
        if self.bot_status_url is None:
            return []
        try:
            async with session.get(self.bot_status_url) as response:
                body: Any = await response.json() if response.status == HTTPStatus.OK else {}
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return []
        upstreams = body.get("upstreams") if isinstance(body, dict) else None
        return upstreams if isinstance(upstreams, list) else []

    def _requests(self) -> list[Json]:
        """Return the latest requests, newest first; pictures were asked for by the page itself."""
        # Monotonic times become wall times on the way, to the millisecond so that they stay equal.
        offset = round(time.time() - time.monotonic(), 1)
        latest = sorted(self._recorded(), key=lambda row: -float(row["at"]))[:_SHOWN_REQUESTS]
        return [{**row, "at": round((row["at"] + offset) * 1000)} for row in latest]

    def _recorded(self) -> Iterator[Json]:
        sandbox = self._sandbox
        for name, stand_in in (
            ("Spotify", sandbox.spotify),
            ("Discogs", sandbox.discogs),
            ("EurIA", sandbox.euria),
        ):
            unanswered = [seen for seen in stand_in.requests if seen.status is None]
            # The newest of them are being answered now, the others' connections were cut.
            cut = unanswered[: len(unanswered) - stand_in.in_flight]
            for number, seen in _tail(stand_in.requests):
                if not seen.path.startswith(_PICTURES):
                    row = _row(name, number, seen, seen.path)
                    yield row | {"status": "cut" if seen in cut else seen.status}
        for number, asked in _tail(sandbox.discord.requests):
            # The template: the path itself holds interaction tokens.
            yield _row("Discord", number, asked, asked.route)


def _tail(requests: list[Any]) -> list[tuple[int, Any]]:
    first = max(0, len(requests) - _SHOWN_REQUESTS)
    return list(enumerate(requests[first:], first))


def _row(upstream: str, number: int, seen: Any, path: str) -> Json:  # noqa: ANN401  two kinds of record
    return {
        "key": f"{upstream}-{number}",
        "at": seen.at,
        "upstream": upstream,
        "method": seen.method,
        "path": path,
        "status": seen.status,
    }
