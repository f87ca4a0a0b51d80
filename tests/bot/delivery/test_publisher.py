"""Posts to channels, on a Discord that only notes what is sent."""

import re
from typing import Any

import discord
import pytest
from discord import ui

from bot.delivery.door import Door
from bot.delivery.publisher import ChannelPublisher
from bot.delivery.renderings import Renderings
from bot.i18n import Catalogue, Texts
from services.delivery import DiscordUnavailable, Refused


class Refusal(discord.HTTPException):
    def __init__(self, status: int, code: int) -> None:
        self.status, self.code, self.text = status, code, "refused"


class NoEntry(Refusal, discord.Forbidden):
    pass


class NotThere(Refusal, discord.NotFound):
    pass


def render(content: str, texts: Texts) -> ui.LayoutView:
    view = ui.LayoutView()
    view.add_item(ui.TextDisplay(f"{content} ({texts.language})"))
    return view


_NAMED = {"username": "u", "discriminator": "0", "avatar": None}


class Outbox:
    """Takes what discord.py would post."""

    def __init__(self) -> None:
        self.payloads: list[dict[str, Any]] = []
        self.refusals: list[Exception] = []

    async def send_message(self, channel_id: int, *, params: Any) -> dict[str, Any]:  # noqa: ANN401
        if self.refusals:
            raise self.refusals.pop(0)
        self.payloads.append({"channel": channel_id, **params.payload})
        person = {"id": "1", "username": "u", "discriminator": "0", "avatar": None}
        return {
            "id": "77",
            "channel_id": str(channel_id),
            "author": person,
            "content": "",
            "components": [],
            "embeds": [],
            "attachments": [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
            "type": 0,
            "flags": 0,
            "timestamp": "2026-11-26T12:00:00+00:00",
            "edited_timestamp": None,
        }

    async def start_private_message(self, user_id: int) -> dict[str, Any]:
        if self.refusals:
            raise self.refusals.pop(0)
        return {"id": str(user_id + 1), "type": 1, "recipients": [{"id": str(user_id), **_NAMED}]}


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
async def publisher(outbox: Outbox) -> ChannelPublisher:
    client = discord.Client(intents=discord.Intents.none())
    client.http.send_message = outbox.send_message  # type: ignore[method-assign, assignment]  # the seam
    client.http.start_private_message = outbox.start_private_message  # type: ignore[method-assign, assignment]
    door = Door()
    door.open(client)
    renderings = Renderings(Catalogue())
    renderings.register(str, render)
    return ChannelPublisher(door=door, renderings=renderings)


async def test_post_is_rendered_in_the_locale_and_pings_nobody(
    publisher: ChannelPublisher, outbox: Outbox
) -> None:
    message_id = await publisher.post(5, "digest", locale="fr", key="slot 1")

    [payload] = outbox.payloads
    assert message_id == 77
    assert payload["channel"] == 5
    assert payload["components"][0]["content"] == "digest (fr)"
    assert payload["allowed_mentions"]["parse"] == []


async def test_post_has_an_enforced_nonce_that_only_its_key_decides(
    publisher: ChannelPublisher, outbox: Outbox
) -> None:
    for key in ("slot 1", "slot 1", "slot 2"):
        await publisher.post(5, "digest", locale="en", key=key)

    first, again, other = (payload["nonce"] for payload in outbox.payloads)
    assert first == again
    assert first != other
    assert re.fullmatch(r"[0-9a-f]{25}", first)
    assert all(payload["enforce_nonce"] for payload in outbox.payloads)


@pytest.mark.parametrize("refusal", [NoEntry(403, 50001), NotThere(404, 10003)])
async def test_channel_that_is_closed_to_the_bot_is_refused_for_good(
    publisher: ChannelPublisher, outbox: Outbox, refusal: Exception
) -> None:
    outbox.refusals = [refusal]

    with pytest.raises(Refused, match=r"\d+ \d+"):
        await publisher.post(5, "digest", locale="en", key="slot 1")


@pytest.mark.parametrize("refusal", [Refusal(500, 0), Refusal(429, 0), OSError("unplugged")])
async def test_discord_that_cannot_take_it_now_may_be_asked_again(
    publisher: ChannelPublisher, outbox: Outbox, refusal: Exception
) -> None:
    outbox.refusals = [refusal]

    with pytest.raises(DiscordUnavailable):
        await publisher.post(5, "digest", locale="en", key="slot 1")


async def test_person_is_told_in_a_direct_message(
    publisher: ChannelPublisher, outbox: Outbox
) -> None:
    await publisher.tell(8, "paused", locale="fr", key="pause 1")

    [payload] = outbox.payloads
    assert payload["channel"] == 9
    assert payload["components"][0]["content"] == "paused (fr)"
    assert payload["enforce_nonce"]


async def test_person_who_takes_no_messages_is_left_alone(
    publisher: ChannelPublisher, outbox: Outbox
) -> None:
    outbox.refusals = [NoEntry(403, 50007)]

    with pytest.raises(Refused, match="403 50007"):
        await publisher.tell(8, "paused", locale="fr", key="pause 1")


async def test_value_that_nobody_renders_is_a_bug(publisher: ChannelPublisher) -> None:
    with pytest.raises(KeyError):
        await publisher.post(5, 1.5, locale="en", key="slot 1")
