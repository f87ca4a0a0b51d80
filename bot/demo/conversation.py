"""A conversation with the bot in the terminal: a script first, then whatever one types."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Final

from bot.demo.process import BotDidNotStart, RemoteClock, bot_process
from bot.demo.script import SCRIPT, NotUnderstood, parse_command, parse_step
from bot.demo.terminal import Transcript, controls, print_controls, say, typed_lines
from bot.sandbox.chat import ChatServer
from bot.sandbox.discord import EventStream, Exchange, Message
from bot.sandbox.sandbox import Sandbox
from bot.ui.description_ids import STOP_PREFIX
from bot.ui.search_card import PENDING_MARK

_LOOPBACK: Final = "127.0.0.1"
_PAGE_PORT: Final = 8765
_ACKNOWLEDGED_SECONDS: Final = 3.5
_FINAL_SECONDS: Final = 150.0
_HELP: Final = (
    "Type a command such as /describe topic:Blue Train, a plain message (it goes to the bot as a "
    "direct message), or the number of a button or menu entry. /help explains the bot; "
    "+3h moves its clock (also +30m, +2d); Ctrl-D ends the demo."
)


async def demo(*, say: str | None = None, verbose: bool = False) -> int:
    """Run the demo.

    Args:
        say: One thing to say; without it the chat page is served, the script is played and then a
            prompt is offered.
        verbose: Show the bot's own log.

    Returns:
        0, or 1 when the bot did not start or ``say`` got no final answer.
    """
    async with Sandbox() as sandbox, AsyncExitStack() as stack:
        sandbox.euria.behaviour.varied = True  # Regenerate shows another text, as a model would
        page = None if say is not None else await stack.enter_async_context(_page(sandbox))
        web_port = _free_port()
        try:
            process = await stack.enter_async_context(
                bot_process(
                    sandbox,
                    verbose=verbose,
                    has_movable_clock=True,
                    settings={"WEB_PORT": str(web_port)},
                )
            )
        except BotDidNotStart as error:
            _say(str(error))
            return 1
        clock = RemoteClock(process)
        conversation = Conversation(sandbox, clock)
        if page is None:
            return 0 if await conversation.exchange(say or "") else 1
        page.bot_clock = clock
        page.bot_status_url = f"http://{_LOOPBACK}:{web_port}/statusz"
        _say("A made-up Discord, Spotify, Discogs and EurIA run on this machine; the bot is real.")
        _say(f"See it, and switch faults on and off, in a browser: {page.url}")
        await conversation.play()
    return 0


@asynccontextmanager
async def _page(sandbox: Sandbox) -> AsyncIterator[ChatServer]:
    """Serve the chat page at its usual port, or at any other when that is taken."""
    try:
        server = ChatServer(sandbox, port=_PAGE_PORT)
        await server.start()
    except OSError:
        server = ChatServer(sandbox)
        await server.start()
    try:
        yield server
    finally:
        await server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


_say = say  # ``demo`` has an argument of that name


class Conversation:
    """Says things as Alice and prints what the bot makes of them."""

    def __init__(self, sandbox: Sandbox, clock: RemoteClock) -> None:
        """Talk to the bot that is connected to ``sandbox`` and lives by ``clock``."""
        self._discord = sandbox.discord
        self._clock = clock
        self._transcript = Transcript()
        self._last: Message | None = None

    async def play(self) -> None:
        """Play the script, then read what is typed until it ends."""
        for line in SCRIPT:
            await self.exchange(line)
        _say(f"\n{_HELP}")
        async for line in typed_lines():
            if (step := parse_step(line)) is not None:
                await self._move_clock(step)
            elif line:
                await self.exchange(line)
        _say("\nBye.")

    async def exchange(self, line: str) -> bool:
        """Say ``line`` and print the answer; True when a final one came."""
        self._transcript.begin(line)
        async with self._discord.subscribe() as events:
            printing = asyncio.create_task(self._print(events), name="transcript")
            try:
                exchange = await self._start(line)
                await exchange.wait_acknowledged(_ACKNOWLEDGED_SECONDS)
                await exchange.wait_until(is_final, _FINAL_SECONDS)
            except (NotUnderstood, ValueError) as problem:
                _say(f"      {problem}")
                return False
            except TimeoutError as problem:
                _say(f"      no final answer: {problem}")
                return False
            finally:
                events.close()
                with contextlib.suppress(asyncio.CancelledError):
                    await printing
        self._last = exchange.last
        print_controls(self._last)
        return True

    async def _move_clock(self, step: timedelta) -> None:
        await self._clock.move(step)
        _say(f"      For the bot it is now {self._clock.now():%A %H:%M} UTC.")

    async def _print(self, events: EventStream) -> None:
        async for event in events:
            self._transcript.print_event(event)

    async def _start(self, line: str) -> Exchange:
        if line.startswith("/"):
            command = parse_command(line, self._discord.commands)
            return await self._discord.run_command(command.name, command.options)
        if line.isdigit() and self._last is not None:
            choices = controls(self._last)
            if 1 <= int(line) <= len(choices):
                _, custom_id, value = choices[int(line) - 1]
                if value is None:
                    return await self._discord.press(self._last, custom_id)
                return await self._discord.choose(self._last, custom_id, [value])
        return await self._discord.send_message(line)


def is_final(exchange: Exchange) -> bool:
    """Return whether nothing more is coming: no "thinking", no upstream awaited, no Stop button."""
    shown = [message for message in exchange.messages if not message.deleted]
    return bool(shown) and not any(map(_is_unfinished, shown))


def _is_unfinished(message: Message) -> bool:
    can_be_stopped = any(
        str(button.get("custom_id", "")).startswith(STOP_PREFIX) for button in message.buttons
    )
    # At the start of a line only: a query may hold the same character.
    is_waiting = any(line.startswith(PENDING_MARK) for line in message.text.split("\n"))
    return message.thinking or can_be_stopped or is_waiting
