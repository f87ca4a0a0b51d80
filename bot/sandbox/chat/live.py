"""Tells every open page what it may see: everything when it connects, then each change."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from bot.sandbox.chat.history import History, may_see
from bot.sandbox.chat.views import Json, message_view, names_view, place_views, user_view
from bot.sandbox.discord import (
    ChannelChanged,
    DiscordStandIn,
    Event,
    Message,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    TypingStarted,
    User,
)

_HEARTBEAT_SECONDS = 20.0


@dataclass(eq=False, slots=True)
class _Page:
    """One open page, and what it was not sent yet."""

    user: User
    socket: web.WebSocketResponse
    waiting: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)


class LiveFeed:
    """Keeps the history and hands every change to the pages that may see it."""

    def __init__(
        self, discord: DiscordStandIn, history: History, panel: Callable[[], Json]
    ) -> None:
        """Start without pages.

        Args:
            discord: Where things happen.
            history: Where they are kept.
            panel: The side panel's whole state, for pages that connect.
        """
        self._discord = discord
        self._history = history
        self._panel = panel
        self._pages: set[_Page] = set()

    @property
    def has_pages(self) -> bool:
        """Whether anybody is looking."""
        return bool(self._pages)

    async def follow(self) -> None:
        """Take in what happens until the stand-in stops."""
        async with self._discord.subscribe() as events:
            async for event in events:
                self._take_in(event)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Answer a page's websocket; nothing is read from it."""
        user = self._discord.users.get(request.query.get("user", ""))
        if user is None:
            raise web.HTTPNotFound
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_SECONDS)
        await socket.prepare(request)
        page = _Page(user, socket)
        page.waiting.put_nowait(self._everything(user))
        self._pages.add(page)
        sending = asyncio.create_task(_send(socket, page.waiting), name="chat page")
        try:
            async for message in socket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            self._pages.discard(page)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return socket

    async def close(self) -> None:
        """Hang up on all pages; they try to connect again."""
        hang_ups = (page.socket.close(code=WSCloseCode.GOING_AWAY) for page in self._pages)
        await asyncio.gather(*hang_ups, return_exceptions=True)

    def tell(self, change: Json, *, only: User | None = None) -> None:
        """Send a change to all pages, or to one person's."""
        for page in self._pages:
            if only in (None, page.user):
                page.waiting.put_nowait(change)

    def take_back(self, message_id: str) -> None:
        """Let a message or note vanish everywhere."""
        self._history.forget(message_id)
        self.tell({"type": "gone", "id": message_id})

    def _take_in(self, event: Event) -> None:
        match event:
            case MessageCreated(message):
                self._history.add(message)
                self._show(message)
            case MessageEdited(message):
                self._show(message)
            case MessageDeleted(message):
                self.take_back(str(message.id))
            case TypingStarted(channel):
                self.tell({"type": "typing", "channel": channel.key})
            case ChannelChanged():
                self._show_places()

    def _show(self, message: Message) -> None:
        change = {"type": "message", "message": message_view(message)}
        for page in self._pages:
            if may_see(page.user, message):
                page.waiting.put_nowait(change)

    def _show_places(self) -> None:
        for page in self._pages:
            places = place_views(self._discord, page.user)
            page.waiting.put_nowait({"type": "places", "places": places})

    def _everything(self, user: User) -> Json:
        discord = self._discord
        return {
            "type": "state",
            "me": user_view(user),
            "people": [user_view(each) for each in discord.users.values()],
            "places": place_views(discord, user),
            "names": names_view(discord),
            "messages": self._history.seen_by(user),
            "panel": self._panel(),
        }


async def _send(socket: web.WebSocketResponse, waiting: asyncio.Queue[Json]) -> None:
    """Send what is waiting until the page is gone."""
    while not socket.closed:
        change = await waiting.get()
        await socket.send_str(json.dumps(change, ensure_ascii=False))
