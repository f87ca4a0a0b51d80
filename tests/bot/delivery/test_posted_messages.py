"""Looking for posts of ours in a channel, on a Discord that only knows its history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from discord.utils import time_snowflake

from bot.delivery.door import Door
from bot.delivery.posted_messages import ChannelMessages
from services.delivery import DiscordUnavailable, Refused

SENT_AT = datetime(2026, 11, 26, 8, tzinfo=UTC)
OURS, CHANNEL = 1, 5
MARK = "digest:3:1795680000"


class Refusal(discord.HTTPException):
    def __init__(self, status: int, code: int) -> None:
        self.status, self.code, self.text = status, code, "refused"


class NoEntry(Refusal, discord.Forbidden):
    pass


class History:
    """A channel's messages, newest first, as Discord pages through them."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.requests = 0
        self.refusal: Exception | None = None

    def add(self, *, minutes: float, custom_id: str = "", author: int = OURS) -> int:
        """Let a message have been posted so many minutes after SENT_AT; returns its id."""
        at = SENT_AT + timedelta(minutes=minutes)
        message_id = time_snowflake(at) + len(self.messages)
        button = {"type": 2, "style": 2, "label": "b", "custom_id": custom_id or "other"}
        section = {
            "type": 9,
            "components": [{"type": 10, "content": "text"}],
            "accessory": button,
        }
        person = {"id": str(author), "username": "u", "discriminator": "0", "avatar": None}
        self.messages.append(
            {
                "id": str(message_id),
                "channel_id": str(CHANNEL),
                "author": person,
                "content": "",
                "components": [{"type": 17, "components": [section]}],
                "embeds": [],
                "attachments": [],
                "mentions": [],
                "mention_roles": [],
                "mention_everyone": False,
                "pinned": False,
                "tts": False,
                "type": 0,
                "flags": 1 << 15,
                "timestamp": at.isoformat(),
                "edited_timestamp": None,
            }
        )
        return message_id

    async def logs_from(
        self, channel_id: int, limit: int, *, before: int | None = None, **_: object
    ) -> list[dict[str, Any]]:
        assert channel_id == CHANNEL
        self.requests += 1
        if self.refusal is not None:
            raise self.refusal
        newest_first = sorted(self.messages, key=lambda message: -int(message["id"]))
        return [m for m in newest_first if before is None or int(m["id"]) < before][:limit]


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
async def client(history: History) -> discord.Client:
    client = discord.Client(intents=discord.Intents(guilds=True))
    client.http.logs_from = history.logs_from  # type: ignore[method-assign, assignment]  # the seam
    me: Any = {"id": str(OURS), "username": "aime", "discriminator": "0", "avatar": None}
    client._connection.user = discord.ClientUser(state=client._connection, data=me)
    return client


@pytest.fixture
async def messages(client: discord.Client) -> ChannelMessages:
    door = Door()
    door.open(client)
    return ChannelMessages(door=door)


def join_server(client: discord.Client, *, permissions: discord.Permissions) -> None:
    """Let the bot be in the channel's server, where everybody has these permissions."""
    everyone = {
        "id": "9",
        "name": "@everyone",
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": 0,
        "permissions": str(permissions.value),
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
    person = {"id": str(OURS), "username": "aime", "discriminator": "0", "avatar": None}
    member = {"user": person, "roles": [], "joined_at": SENT_AT.isoformat(), "flags": 0}
    channel = {"id": str(CHANNEL), "type": 0, "name": "c", "position": 0, "guild_id": "9"}
    data: Any = {
        "id": "9",
        "name": "server",
        "roles": [everyone],
        "members": [member],
        "channels": [channel],
        "owner_id": "2",
        "features": [],
    }
    client._connection._add_guild_from_data(data)


async def test_post_is_found_by_the_mark_in_a_button(
    messages: ChannelMessages, history: History
) -> None:
    history.add(minutes=0.1, custom_id="digest:33:1795680000")
    wanted = history.add(minutes=0.2, custom_id=f"hide:{MARK}")
    history.add(minutes=9)

    assert await messages.find(CHANNEL, MARK, SENT_AT) == wanted


async def test_post_of_somebody_else_with_the_mark_is_not_ours(
    messages: ChannelMessages, history: History
) -> None:
    history.add(minutes=0.2, custom_id=MARK, author=77)

    assert await messages.find(CHANNEL, MARK, SENT_AT) is None


async def test_post_is_found_behind_hundreds_of_messages(
    messages: ChannelMessages, history: History
) -> None:
    wanted = history.add(minutes=0, custom_id=MARK)
    for number in range(250):
        history.add(minutes=1 + number, author=77)

    assert await messages.find(CHANNEL, MARK, SENT_AT) == wanted
    assert history.requests == 3


async def test_looking_ends_at_messages_from_long_before(
    messages: ChannelMessages, history: History
) -> None:
    history.add(minutes=-400, custom_id=MARK)
    for number in range(500):
        history.add(minutes=-300 - number, author=77)

    assert await messages.find(CHANNEL, MARK, SENT_AT) is None
    assert history.requests == 1


async def test_post_is_found_though_our_clock_was_two_hours_ahead(
    messages: ChannelMessages, history: History
) -> None:
    wanted = history.add(minutes=-120, custom_id=MARK)

    assert await messages.find(CHANNEL, MARK, SENT_AT) == wanted


async def test_channel_with_too_many_messages_tells_nothing(
    messages: ChannelMessages, history: History
) -> None:
    for number in range(1_000):
        history.add(minutes=number, author=77)

    with pytest.raises(Refused):
        await messages.find(CHANNEL, MARK, SENT_AT)


async def test_empty_answer_means_an_empty_channel_when_the_bot_may_read_it(
    messages: ChannelMessages, client: discord.Client
) -> None:
    may_read = discord.Permissions(view_channel=True, read_message_history=True)
    join_server(client, permissions=may_read)

    assert await messages.find(CHANNEL, MARK, SENT_AT) is None


@pytest.mark.parametrize("is_member", [True, False])
async def test_empty_answer_means_nothing_when_the_bot_may_perhaps_not_read(
    messages: ChannelMessages,
    client: discord.Client,
    is_member: bool,  # noqa: FBT001  # parametrised
) -> None:
    if is_member:
        may_not_read = discord.Permissions(view_channel=True, send_messages=True)
        join_server(client, permissions=may_not_read)

    with pytest.raises(Refused):
        await messages.find(CHANNEL, MARK, SENT_AT)


@pytest.mark.parametrize(
    ("refusal", "raised"),
    [
        pytest.param(NoEntry(403, 50001), Refused, id="no access"),
        pytest.param(Refusal(503, 0), DiscordUnavailable, id="an outage"),
        pytest.param(OSError(), DiscordUnavailable, id="the network"),
    ],
)
async def test_refusal_to_look_is_told(
    messages: ChannelMessages, history: History, refusal: Exception, raised: type[Exception]
) -> None:
    history.refusal = refusal

    with pytest.raises(raised):
        await messages.find(CHANNEL, MARK, SENT_AT)
