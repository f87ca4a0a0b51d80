"""What goes wrong in other bots that stream (peers-and-ux.md §3), and does not here.

A card is streamed into a direct message of a Discord whose requests take as long as told.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time

from bot.i18n import Catalogue
from bot.ui.continuation import Continuation
from bot.ui.description_card import (
    DescriptionState,
    Stage,
    continuation_cards,
    description_card,
    length_shown,
)
from bot.ui.layout import WRITING_COLOUR, looks_of
from bot.ui.markdown import CURSOR, being_written, written
from bot.ui.reply import MessageReply
from bot.ui.stream import ProgressiveMessages
from services.descriptions.models import UserWords, Wish

TEXTS = Catalogue().texts("en-US")
TEXT = "**Blue Train** is a record by John Coltrane. It was made in one day, and it shows. " * 6
WISH = Wish(words=UserWords("Blue Train"))
WAITING = DescriptionState(wish=WISH, owner=42, stage=Stage.WAITING, question_id=1)


@dataclass
class Channel:
    """A direct message's channel; its requests take what ``plan`` says, then 0.1 s."""

    clock: VirtualClock
    plan: list[float | Exception] = field(default_factory=list)
    id: int = 5
    messages: list["Sent"] = field(default_factory=list)

    async def send(self, *, view: discord.ui.LayoutView, **_: object) -> "Sent":
        message = Sent(self)
        await message.edit(view=view)
        self.messages.append(message)
        return message

    @property
    def shown(self) -> list[dict[str, Any]]:
        return self.messages[0].shown

    @property
    def bodies(self) -> list[str]:
        return [card["components"][1]["content"] for card in self.shown]

    def reply(self) -> MessageReply:
        question = SimpleNamespace(channel=self, author=SimpleNamespace(id=42), id=1)
        return MessageReply(cast("discord.Message", question))


@dataclass
class Sent:
    """One message of the bot, and every card it showed."""

    channel: Channel
    shown: list[dict[str, Any]] = field(default_factory=list)

    async def edit(self, *, view: discord.ui.LayoutView, **_: object) -> None:
        step = self.channel.plan.pop(0) if self.channel.plan else 0.1
        if isinstance(step, Exception):
            raise step
        await self.channel.clock.pass_time(step)
        self.shown.append(looks_of(view)[0])


@dataclass
class Stream:
    """Writes a text into a message, as a command does."""

    clock: VirtualClock
    channel: Channel
    messages: ProgressiveMessages
    ended_at: float = 0.0

    async def write(
        self, pieces: Sequence[str], *, each: float = 0.05, end: Stage = Stage.COMPLETE
    ) -> None:
        reply = self.channel.reply()

        answer = Continuation(reply)

        async def show(state: DescriptionState) -> None:
            await answer.show([description_card(state, TEXTS), *continuation_cards(state)])

        state = WAITING
        async with self.messages.start(
            show, channel=reply.shared_channel, length_of=length_shown
        ) as message:
            message.update(state)
            for piece in pieces:
                await self.clock.pass_time(each)
                state = replace(state, stage=Stage.WRITING, text=state.text + piece)
                message.update(state)
            self.ended_at = self.clock.elapsed
            await message.finish(replace(state, stage=end))


@pytest.fixture
def stream(clock: VirtualClock) -> Stream:
    return Stream(clock, Channel(clock), ProgressiveMessages(clock=clock))


def pieces(text: str, length: int = 5) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]


def failure() -> discord.HTTPException:
    response = cast("Any", SimpleNamespace(status=500, reason=""))
    return discord.HTTPException(response, {"code": 0, "message": "no"})


@in_virtual_time
async def test_streams_share_no_clock(clock: VirtualClock) -> None:
    messages = ProgressiveMessages(clock=clock)
    streams = [Stream(clock, Channel(clock, id=n), messages) for n in range(12)]

    await asyncio.gather(*(each.write(pieces(TEXT)) for each in streams))

    edits = [len(each.channel.shown) for each in streams]
    assert min(edits) >= 3
    assert max(edits) - min(edits) <= 1


@in_virtual_time
async def test_reader_never_awaits_an_edit(stream: Stream) -> None:
    stream.channel.plan = [30.0]

    await stream.write(pieces(TEXT))

    assert stream.ended_at == pytest.approx(len(pieces(TEXT)) * 0.05)


@in_virtual_time
async def test_last_chunk_is_not_lost(stream: Stream) -> None:
    await stream.write([*pieces(TEXT), "The", " end"])

    assert stream.channel.bodies[-1].endswith("The end")


@pytest.mark.parametrize("end", [Stage.COMPLETE, Stage.STOPPED, Stage.CUT_SHORT, Stage.TEMPLATE])
@pytest.mark.parametrize("count", [0, 1, 90])
@in_virtual_time
async def test_cursor_and_working_colour_never_stay(stream: Stream, end: Stage, count: int) -> None:
    await stream.write(pieces(TEXT)[:count], end=end)

    last = stream.channel.shown[-1]
    assert CURSOR.strip() not in str(last)
    assert last["accent_color"] != WRITING_COLOUR.value


@in_virtual_time
async def test_stale_edit_never_lands_after_the_final_one(
    clock: VirtualClock, stream: Stream
) -> None:
    stream.channel.plan = [0.1, 20.0]

    await stream.write(pieces(TEXT))
    await clock.pass_time(60)

    assert stream.channel.bodies[-1] == written(TEXT, 3_900)[0]


@in_virtual_time
async def test_truncated_draft_is_not_left_as_the_final_text(stream: Stream) -> None:
    stream.channel.plan = [0.1, 0.1, *[failure() for _ in range(4)]]

    await stream.write(pieces(TEXT)[:40])

    assert stream.channel.bodies[-1] == written(TEXT[:200], 3_900)[0]


@in_virtual_time
async def test_previews_that_look_alike_do_not_burn_the_edit_budget(stream: Stream) -> None:
    await stream.write([*pieces(TEXT), *"y" * 30], each=0.5)

    bodies = stream.channel.bodies
    assert len(bodies) == len(set(bodies))


def test_text_over_the_limit_is_cut_into_messages_and_never_refused() -> None:
    for text in (TEXT * 20, "音楽は" * 3_000, "x" * 9_000, "**bold " * 2_000):
        for parts in (written(text, 3_900), being_written(text, 3_900)):
            assert max(len(part.encode()) for part in parts) < 10_170
            assert max(map(len, parts)) <= 3_900


@in_virtual_time
async def test_text_over_the_limit_goes_on_in_a_follow_up_without_loss(stream: Stream) -> None:
    text = TEXT * 18

    await stream.write(pieces(text, 20))

    first, *more = stream.channel.messages
    bodies = [[card["components"][0]["content"] for card in each.shown] for each in more]
    lasts = [each[-1] for each in bodies]
    assert [stream.channel.bodies[-1], *lasts] == written(text, 3_200)
    assert CURSOR not in "".join(lasts)
    assert [[a for a, b in pairwise(each.shown) if a == b] for each in more] == [[], []]
    # Once the second one has begun, the first is edited to take the cursor and the button away.
    assert len([body for body in stream.channel.bodies if body == stream.channel.bodies[-1]]) <= 2
    assert first.shown[-1]["accent_color"] != WRITING_COLOUR.value


@in_virtual_time
async def test_text_faster_than_the_first_message_makes_no_second_one(stream: Stream) -> None:
    stream.channel.plan = [5.0]

    await stream.write(pieces(TEXT)[:20])

    assert len(stream.channel.messages) == 1
    assert len(stream.channel.shown) == 2
