"""Who sees what somebody owns, when a card of Spotify is shown."""

from dataclasses import dataclass, field
from typing import cast

import pytest
from discord import ui
from fakes.clock import VirtualClock
from fakes.music import (
    ALBUM_ID,
    MY_COPY,
    FullSpotify,
    NoMatches,
    make_lookup,
    make_music_messages,
)
from fakes.virtual_time import in_virtual_time

from bot.i18n import Catalogue
from bot.ui.reply import InteractionReply
from services.spotify.models import SpotifyKind

ENGLISH = Catalogue().texts("en")
OWNED = "✅ In your collection: 1997"


@dataclass
class SeenReply:
    """What becomes of an answer; ``is_on_public_message``: others see its message already."""

    is_on_public_message: bool = False
    user_id: int = 42
    is_private: bool = False
    events: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def make_private(self) -> None:
        assert self.events == [], "too late"
        self.is_private = True

    async def acknowledge(self) -> None:
        self.events.append("acknowledged")

    async def show(self, view: ui.LayoutView) -> None:
        texts = [c.content for c in view.walk_children() if isinstance(c, ui.TextDisplay)]
        self.shown.append("\n".join(texts))


def as_reply(reply: SeenReply) -> InteractionReply:
    return cast("InteractionReply", reply)


@pytest.mark.parametrize(
    ("is_proven", "is_public", "is_private", "tells"),
    [
        pytest.param(None, False, False, False, id="not linked, or not any more"),
        pytest.param(False, False, False, True, id="linked by name"),
        pytest.param(False, True, False, True, id="linked by name, on a message of all"),
        pytest.param(True, False, True, True, id="proven: alone"),
        pytest.param(True, True, False, False, id="proven, on a message of all: nothing"),
    ],
)
@in_virtual_time
async def test_proven_collection_is_told_to_its_owner_alone(
    clock: VirtualClock,
    *,
    is_proven: bool | None,
    is_public: bool,
    is_private: bool,
    tells: bool,
) -> None:
    reply = SeenReply(is_on_public_message=is_public)
    lookup = make_lookup(FullSpotify(), clock=clock, copies=(MY_COPY,))
    messages = make_music_messages(lookup, clock=clock, is_proven=is_proven)

    await messages.open(as_reply(reply), SpotifyKind.ALBUM, ALBUM_ID, ENGLISH)

    assert reply.is_private is is_private
    assert (OWNED in reply.shown[-1]) is tells
    assert "Blue Train" in reply.shown[-1]


@in_virtual_time
async def test_album_stands_while_discogs_is_slow_and_is_edited_then(clock: VirtualClock) -> None:
    reply = SeenReply()
    lookup = make_lookup(FullSpotify(), clock=clock, matches=NoMatches(takes=(clock, 5.0)))

    await make_music_messages(lookup, clock=clock).look_up(
        as_reply(reply), SpotifyKind.ALBUM, "blue train", ENGLISH
    )

    assert len(reply.shown) == 2
    assert "⏳ Looking it up on Discogs…" in reply.shown[0]
    assert "I found nothing on Discogs under this name." in reply.shown[1]
