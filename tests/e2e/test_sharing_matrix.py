"""Nothing of somebody who does not share is shown to anybody else: whatever is asked, and how.

Alice asks everything there is to ask about six people; what the bot sends to Discord then, to the
byte, must hold nothing that tells of those who do not share with her, and of who does no more than
they agreed to. The commands are those that the bot has registered: one without a case here fails.
"""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from harness.bots import BotFactory, RunningBot
from harness.people import Collector, join_discord, leave_discord, make_collector, remember
from harness.talking import said

from bot.demo.conversation import is_final
from bot.sandbox.discord import Exchange, Message
from bot.sandbox.discord.command_checks import NESTING, CommandType
from bot.sandbox.sandbox import Sandbox

SHARES = "optedin"
OTHERS = ("optedout", "revoked", "neverlinked", "provenprivate", "elsewhere")
"""Of these, nobody shares anything with Alice: "elsewhere" does, but is not in her server."""
NAMES = (SHARES, *OTHERS)

Options = dict[str, Any]


def cases(people: dict[str, Collector]) -> dict[str, list[Options]]:
    """Return what Alice asks with each command: whatever could name somebody or their records.

    Nothing she types is what is looked for afterwards: some answers repeat the question.
    """
    words = [f"canary {name}" for name in NAMES]
    releases = [f"r{each.release_id}" for each in people.values()]
    owned = [f"release:{each.release_id}" for each in people.values()]
    numbers = [str(number) for number in range(1, 2 * len(NAMES) + 3)]  # all records there are
    return {
        "account link-discogs": [{"username": "nobody_at_all"}],
        "account link-spotify": [{}],
        "account show": [{}],
        # Words would only be looked for on Spotify, which knows nothing of anybody here.
        "album": [{"query": "blue train"}, *({"query": each} for each in owned)],
        "artist": [{"query": "miles davis"}],
        "collection add": [{"artist": "Me", "title": "Mine"}],
        "collection browse": [
            {},
            *({"text": each} for each in words),
            *({"artist": name, "folder": name, "label": name} for name in NAMES),
        ],
        "collection compare": [{"user": name} for name in NAMES],
        "collection edit": [{"item": each} for each in (*words, *numbers)],
        "collection export": [{"format": kind} for kind in ("csv", "json", "markdown")],
        "collection random": [{}, {"genre": "Jazz"}],
        "collection remove": [{"item": each} for each in (*words, *numbers)],
        "collection stats": [{}],
        "collection sync": [{}],
        "collection value": [{}],
        "collection who": [
            {"query": each} for each in (*words, *releases, "7", "common", "note of")
        ],
        "describe": [{"topic": "Blue Train"}],
        "digest create": [
            {"channel": "vinyl", "cadence": "daily", "hour": 8, "timezone": "UTC"},
            {"channel": "vinyl", "cadence": "daily", "hour": 8, "timezone": "nowhere"},
        ],
        "digest edit": [{"hour": 9}, *({"digest": each, "hour": 9} for each in words)],
        "digest join": [{}],
        "digest leave": [{}],
        "digest list": [{}],
        "digest pause": [{}],
        "digest post": [{}],
        "digest preview": [{}],
        "digest resume": [{}],
        "digest delete": [{}],
        "discover": [{"mood": "calm"}, {"mood": "jazz"}],
        "haiku": [{}, {"subject": "Blue Train"}],
        "help": [{}],
        "playlist add": [{"playlist": "Mine", "item": each} for each in words],
        "playlist create": [{"name": "Mine"}, {"name": "Mine", "from": "collection"}],
        "playlist list": [{}],
        "playlist show": [{"playlist": each} for each in words],
        "release": [{"query": each} for each in (*words, "7")],
        "search": [{"query": "blue train"}],
        "settings": [{}],
        "status": [{}],
        "track": [{"query": "so what"}],
        "wantlist add": [{"release": each} for each in (*words, "7")],
        "wantlist browse": [{}, *({"text": each} for each in words)],
        "wantlist remove": [{"item": each} for each in (*words, *numbers, *releases)],
        # Last, since its button ends what the others' buttons show.
        "account unlink": [{"service": "discogs"}],
    }


@dataclass
class Scene:
    """A bot with its people.

    Attributes:
        people: By name.
        before: Messages from before the mark, with buttons that Alice can still press.
        mark: How many requests Discord had got when everybody had done what their name says.
    """

    bot: RunningBot
    people: dict[str, Collector]
    before: list[Message]
    mark: int

    def sent(self) -> str:
        """Return everything that Discord has got since, as one text."""
        return "\n".join(self._sent())

    def _sent(self) -> Iterator[str]:
        for request in self.bot.sandbox.discord.requests[self.mark :]:
            yield json.dumps(request.json, ensure_ascii=False)
            yield from (file.data.decode("utf-8", "replace") for file in request.files)


@pytest.fixture
async def scene(start_bot: BotFactory, tmp_path: Path) -> AsyncIterator[Scene]:
    sandbox = Sandbox()
    discord = sandbox.discord
    people = {
        name: make_collector(
            join_discord(discord, name, number), number, is_proven=name == "provenprivate"
        )
        for number, name in enumerate(NAMES, 1)
    }
    alice = make_collector(discord.users["alice"], 0)
    known = [alice, *(each for name, each in people.items() if name != "neverlinked")]
    sharing = [people[name].user.id for name in (SHARES, "revoked", "elsewhere")]
    data = tmp_path / "data"
    data.mkdir()
    await remember(data / "aime.db", known, sharing)
    leave_discord(discord, people["elsewhere"].user)
    async with start_bot({"DATA_DIR": str(data)}, sandbox) as bot:
        before = [
            await said(bot, "collection compare", user="revoked"),
            await said(bot, "collection who", query="canary revoked"),
            await said(bot, "collection browse", "optedout"),  # public: linked by name only
            await said(bot, "collection random", "optedout"),
        ]
        # What is looked for below is found while it may be shown.
        assert people["revoked"].title in before[1].text
        assert people["optedout"].title in before[2].text
        await said(bot, "settings", "revoked", share="off")
        yield Scene(bot, people, before, len(discord.requests))


def traces(person: Collector) -> set[str]:
    """Return what tells of somebody: who they are, and what only they have."""
    return {
        person.username,
        person.note,
        person.title,
        str(person.user.id),
        f"release/{person.release_id}",
    }


def leaves(commands: list[dict[str, Any]], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every command that can be used, by its whole name."""
    for command in commands:
        name = f"{path} {command['name']}".strip()
        inner = [each for each in command.get("options") or () if each["type"] in NESTING]
        if inner:
            yield from leaves(inner, name)
        else:
            yield name, command


async def answered(bot: RunningBot, name: str, options: Options) -> Message | None:
    """Ask; returns the answer, or None for a form, which Discord has got like everything else."""
    exchange = await bot.sandbox.discord.run_command(name, options)
    await settled(exchange)
    return None if exchange.modal is not None else exchange.last


async def settled(exchange: Exchange) -> None:
    """Wait for an answer or a form."""
    await exchange.wait_until(lambda each: each.modal is not None or is_final(each), 15)


async def press_everything(bot: RunningBot, message: Message) -> None:
    """Use every control of a message that is not a link."""
    discord = bot.sandbox.discord
    for custom_id in usable(message):
        if custom_id in usable(message):  # an answer may have taken its message's place
            await settled(await discord.press(message, custom_id))
    for menu in message.selects:
        value = str(menu["options"][0]["value"])
        await settled(await discord.choose(message, str(menu["custom_id"]), [value]))


def usable(message: Message) -> list[str]:
    buttons = [each for each in message.buttons if not each.get("disabled")]
    return [str(each["custom_id"]) for each in buttons if each.get("custom_id")]


@pytest.mark.long
async def test_nothing_of_who_does_not_share_reaches_anybody_else(scene: Scene) -> None:
    bot, discord = scene.bot, scene.bot.sandbox.discord
    # A message's menu is about that message, and asks nothing about people.
    commands = dict(
        leaves([each for each in discord.commands if each["type"] == CommandType.CHAT_INPUT])
    )
    asked = cases(scene.people)

    answers = [
        await answered(bot, name, options) for name, tries in asked.items() for options in tries
    ]
    for message in (*scene.before, *answers):
        if message is not None:
            await press_everything(bot, message)
    for name, command in commands.items():
        for option in command.get("options") or ():
            if option.get("autocomplete"):
                for typed in ("", "canary", "note"):
                    await discord.autocomplete(name, option["name"], typed)
    sent = scene.sent()

    assert commands.keys() == asked.keys()
    found = {
        name: sorted(trace for trace in traces(scene.people[name]) if trace in sent)
        for name in OTHERS
    }
    assert found == {name: [] for name in OTHERS}
    sharing = scene.people[SHARES]
    assert traces(sharing) - {trace for trace in traces(sharing) if trace in sent} == {
        sharing.username,
        sharing.note,
    }
