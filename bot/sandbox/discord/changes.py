"""Waiting for something to happen, and watching everything that happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias

from bot.sandbox.discord.messages import Message, MessageVersion
from bot.sandbox.discord.places import Channel

if TYPE_CHECKING:
    from bot.sandbox.discord.exchange import Exchange


@dataclass(frozen=True, slots=True)
class MessageCreated:
    """A message appeared; a person's own messages appear too."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """A message got a new version."""

    message: Message
    version: MessageVersion


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """A message went away."""

    message: Message


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The bot answered an interaction in time, with whatever callback."""

    exchange: "Exchange"


@dataclass(frozen=True, slots=True)
class ModalOpened:
    """The bot answered an interaction with a modal."""

    exchange: "Exchange"


@dataclass(frozen=True, slots=True)
class TypingStarted:
    """The bot is typing."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    """The bot may do something else in a channel than before, or the channel is gone."""

    channel: Channel


Event: TypeAlias = (
    MessageCreated
    | MessageEdited
    | MessageDeleted
    | Acknowledged
    | ModalOpened
    | TypingStarted
    | ChannelChanged
)


class Changes:
    """Wakes whoever waits for a condition each time anything changed."""

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._next = asyncio.Event()

    def notify(self) -> None:
        """Let all waiters look again."""
        current, self._next = self._next, asyncio.Event()
        current.set()

    async def wait_until(self, condition: Callable[[], bool], timeout: float) -> bool:  # noqa: ASYNC109  the control API names it so
        """Return True once the condition holds, False after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    await self._next.wait()
        except TimeoutError:
            return condition()
        return True


class EventStream(AsyncIterator[Event]):
    """Everything that happens from the subscription on; `async for` ends when it is closed."""

    def __init__(self, hub: "EventHub") -> None:
        """Join the hub's subscribers."""
        self._hub = hub
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._is_closed = False

    def close(self) -> None:
        """Stop: the reader gets what was queued, then the end."""
        if not self._is_closed:
            self._is_closed = True
            self._hub.leave(self)
            self._queue.put_nowait(None)

    def push(self, event: Event) -> None:
        """Queue one event for the reader."""
        self._queue.put_nowait(event)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        event = await self._queue.get()
        if event is None:
            # Left in the queue, so that a second reader ends as well.
            self._queue.put_nowait(None)
            raise StopAsyncIteration
        return event

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self.close()


class EventHub:
    """Hands every event to every stream."""

    def __init__(self) -> None:
        """Start without subscribers."""
        self._streams: list[EventStream] = []

    def subscribe(self) -> EventStream:
        """Return a stream of the events from now on."""
        stream = EventStream(self)
        self._streams.append(stream)
        return stream

    def leave(self, stream: EventStream) -> None:
        """Forget a stream."""
        self._streams.remove(stream)

    def publish(self, event: Event) -> None:
        """Hand an event to all streams."""
        for stream in self._streams:
            stream.push(event)

    def close(self) -> None:
        """End all streams."""
        for stream in tuple(self._streams):
            stream.close()
