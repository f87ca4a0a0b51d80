"""A post that is repeated, and looked for, by a real discord.py bot over real sockets."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from discord import ui
from discord.ext import commands

from bot.delivery.door import Door
from bot.delivery.posted_messages import ChannelMessages
from bot.delivery.publisher import ChannelPublisher
from bot.delivery.renderings import Renderings
from bot.i18n import Catalogue, Texts
from bot.sandbox.discord import DiscordStandIn
from services.delivery import Refused
from services.resilience.clock import SystemClock

RunBot = Callable[..., Awaitable[commands.Bot]]
MARK = "digest:3:1795680000"


def render(mark: str, _texts: Texts) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    row: ui.ActionRow[Any] = ui.ActionRow()
    row.add_item(ui.Button(label="Hide me", custom_id=f"hide:{mark}"))
    view.add_item(ui.Container(ui.TextDisplay("news"), row))
    return view


@pytest.fixture
async def door(run_bot: RunBot) -> Door:
    door = Door()
    door.open(await run_bot(lambda _bot: None))
    return door


async def test_post_is_made_once_and_found_by_its_mark(
    stand_in: DiscordStandIn, door: Door
) -> None:
    renderings = Renderings(Catalogue())
    renderings.register(str, render)
    publisher = ChannelPublisher(door=door, renderings=renderings)
    messages = ChannelMessages(door=door)
    vinyl, now = stand_in.channels["vinyl"].id, SystemClock().now()

    before = await messages.find(vinyl, MARK, now)
    first = await publisher.post(vinyl, MARK, locale="en", key=MARK)
    await stand_in.send_message("what a record", user="bob", channel="vinyl")
    again = await publisher.post(vinyl, MARK, locale="en", key=MARK)

    assert before is None
    assert again == first
    assert await messages.find(vinyl, MARK, now) == first
    assert await messages.find(vinyl, MARK, now + timedelta(hours=4)) is None
    assert await messages.find(vinyl, "digest:3:1795680001", now) is None


async def test_channel_that_is_gone_or_closed_is_refused(
    stand_in: DiscordStandIn, door: Door
) -> None:
    messages = ChannelMessages(door=door)
    now = SystemClock().now()

    with pytest.raises(Refused):
        await messages.find(99, MARK, now)
    with pytest.raises(Refused):
        await messages.find(stand_in.channels["elsewhere"].id, MARK, now)
