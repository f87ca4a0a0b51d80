from dataclasses import dataclass, field
from typing import cast

import discord
import pytest

from cogs.links import texts_of

A, B, C, D = (f"https://open.spotify.com/album/{letter * 22}" for letter in "abcd")


@dataclass
class Forwarded:
    """What discord.py makes of a message that was forwarded."""

    content: str = ""
    embeds: list[discord.Embed] = field(default_factory=list)


@dataclass
class Written(Forwarded):
    """What discord.py makes of a message, as far as texts stand in it."""

    message_snapshots: list[Forwarded] = field(default_factory=list)
    flags: discord.MessageFlags = field(default_factory=discord.MessageFlags)


def texts(message: Written) -> list[str]:
    return list(filter(None, texts_of(cast("discord.Message", message))))


def test_texts_of_a_message_are_found_in_embeds_and_forwards_too() -> None:
    embed = discord.Embed(url=A, description=B).add_field(name="Also", value=C)

    assert texts(Written(content="hello", embeds=[embed])) == ["hello", A, B, C]
    assert texts(Written(message_snapshots=[Forwarded(D, [embed])])) == [D, A, B, C]


@pytest.mark.parametrize("embed", [discord.Embed(), discord.Embed(title="only a title")])
def test_embed_without_texts_adds_none(embed: discord.Embed) -> None:
    assert texts(Written(embeds=[embed])) == []
