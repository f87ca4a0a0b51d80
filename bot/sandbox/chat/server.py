"""The chat page's web server, on 127.0.0.1 only."""

import asyncio
import json
from contextlib import AsyncExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.chat.actions import Action, Actions
from bot.sandbox.chat.clock import BotClock, move_as_told
from bot.sandbox.chat.guard import only_own_page, security_headers
from bot.sandbox.chat.history import History
from bot.sandbox.chat.live import LiveFeed
from bot.sandbox.chat.switches import Switchboard
from bot.sandbox.chat.views import Json
from bot.sandbox.chat.watching import Watcher
from bot.sandbox.discord.errors import ApiError
from bot.sandbox.lifecycle import Startable
from bot.sandbox.sandbox import Sandbox

_LOOPBACK: Final = "127.0.0.1"
_STATIC: Final = Path(__file__).parent / "static"
_LARGEST_BODY: Final = 64 * 1024 * 1024
_SHUTDOWN_SECONDS: Final = 0.5


class ChatServer(Startable):
    """Serves the chat page. Use it as an async context manager, or call `start` and `stop`.

    Start it after the sandbox and before the bot, so that it misses nothing that is said.
    """

    def __init__(
        self, sandbox: Sandbox, *, bot_status_url: str | None = None, port: int = 0
    ) -> None:
        """Prepare the server without opening a socket.

        Args:
            sandbox: What the page shows and acts on; must be running at `start`.
            bot_status_url: Address of the bot's `/statusz`.
            port: Port on 127.0.0.1; 0 lets the system choose.
        """
        self._sandbox = sandbox
        self._port = port
        self._history = History()
        self._switches = Switchboard(sandbox)
        self._watcher = Watcher(sandbox, self._switches)
        self._watcher.bot_status_url = bot_status_url
        self._running: AsyncExitStack | None = None

    @property
    def url(self) -> str:
        """Address of the page, ending in a slash.

        Raises:
            RuntimeError: The server is not running.
        """
        if self._running is None:
            message = "the chat server is not running"
            raise RuntimeError(message)
        return f"http://{_LOOPBACK}:{self._port}/"

    @property
    def bot_status_url(self) -> str | None:
        """Address of the bot's `/statusz`; may be set once the bot's port is known."""
        return self._watcher.bot_status_url

    @bot_status_url.setter
    def bot_status_url(self, url: str | None) -> None:
        self._watcher.bot_status_url = url

    @property
    def bot_clock(self) -> BotClock | None:
        """What moves the bot's clock; may be set once the bot runs."""
        return self._watcher.bot_clock

    @bot_clock.setter
    def bot_clock(self, clock: BotClock) -> None:
        self._watcher.bot_clock = clock

    async def start(self) -> None:
        """Listen; a second call changes nothing.

        Raises:
            OSError: The port is taken.
            RuntimeError: The sandbox is not running.
        """
        if self._running is not None:
            return
        feed = LiveFeed(self._sandbox.discord, self._history, self._watcher.everything)
        actions = Actions(self._sandbox, self._history, feed, self._switches)
        app = self._application(feed, actions)
        async with AsyncExitStack() as started:
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
            await runner.setup()
            started.push_async_callback(runner.cleanup)
            started.push_async_callback(feed.close)
            await web.TCPSite(runner, _LOOPBACK, self._port).start()
            self._port = runner.addresses[0][1]
            for name, work in (
                ("chat events", feed.follow()),
                ("chat panel", self._watcher.watch(feed.tell, lambda: feed.has_pages)),
            ):
                started.push_async_callback(_end, asyncio.create_task(work, name=name))
            self._running = started.pop_all()
        # The events' task subscribes as soon as it runs.
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """Close every page's connection and stop listening."""
        running, self._running = self._running, None
        if running is not None:
            await running.aclose()

    def _application(self, feed: LiveFeed, actions: Actions) -> web.Application:
        sandbox = self._sandbox
        origins = (
            sandbox.spotify.url,
            sandbox.discogs.url,
            sandbox.discord.cdn_url.removesuffix("/cdn"),
        )
        headers = security_headers(origins)

        async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
            response.headers.update(headers)

        app = web.Application(middlewares=[only_own_page], client_max_size=_LARGEST_BODY)
        app.on_response_prepare.append(add_headers)
        app.router.add_get("/", _page)
        app.router.add_get("/live", feed.serve)
        app.router.add_static("/static", _STATIC)
        for name, action in {**actions.by_name(), "clock": self._move_clock}.items():
            app.router.add_post(f"/do/{name}", _answering(action))
        return app

    async def _move_clock(self, given: Json) -> Json:
        return await move_as_told(self.bot_clock, given)


async def _page(_: web.Request) -> web.FileResponse:
    return web.FileResponse(_STATIC / "index.html")


def _answering(action: Action) -> Handler:
    """Return the handler that runs an action and says what was wrong with it."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            given = await request.json()
            return web.json_response(await action(given))
        except json.JSONDecodeError as error:
            problem = f"not JSON: {error}"
        except (KeyError, TypeError, AttributeError) as error:
            problem = f"a member is missing or of the wrong type: {error!r}"
        except (ValueError, ApiError) as error:
            problem = str(error)
        return web.json_response({"error": problem}, status=HTTPStatus.BAD_REQUEST)

    return answer


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
