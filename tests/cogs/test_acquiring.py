"""Putting a release where its asker wants it: what is asked, written once, and told."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, cast

import discord
import pytest
from discord import ui
from fakes.clock import WALL_START

from bot.i18n import Catalogue
from bot.ui.buttons import Press
from bot.ui.stream import ProgressiveMessages
from cogs.release._acquiring import Acquiring
from cogs.release._ports import Lookup, Parts
from services.accounts.models import DiscogsLink
from services.collection.errors import ReadOnlyLink
from services.collection.models import Added, AddedWhere, Entry, Owned, StoredCopy
from services.delivery import MessagePlace
from services.discogs.models import Release
from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    CircuitOpen,
    InvalidRequest,
    NotFound,
    NotLinked,
    OutcomeUnknown,
    RateLimitExceeded,
    UpstreamTimeout,
)

ME, RELEASE_ID = 42, 7
ENGLISH = Catalogue().texts("en")
RELEASE = Release(
    release_id=RELEASE_ID,
    title="Blue Train",
    artist="John Coltrane",
    year=1958,
    formats=("Vinyl, LP",),
    url="https://www.discogs.com/release/7",
)
NOTHING = "Nothing was added."
AS_BEFORE = "Nothing has changed."
LOST = OutcomeUnknown("discogs", "add_wish", 503)


class FakeReply:
    """What the asker sees."""

    user_id = ME
    guild_id: int | None = None
    shared_channel: int | None = None
    question_id = 1
    is_shown = False

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.failed: list[str] = []
        self.buttons: list[str] = []

    async def acknowledge(self) -> None:
        """Nothing is waited for."""

    async def show(self, view: ui.LayoutView) -> None:
        self.shown.append(_text(view))
        children = view.walk_children()
        self.buttons = [str(c.custom_id) for c in children if isinstance(c, ui.Button)]

    async def send_more(self, view: ui.LayoutView) -> discord.Message:
        raise AssertionError(f"one message is enough, without {_text(view)}")

    async def fail(self, view: ui.LayoutView) -> None:
        self.failed.append(_text(view))

    async def place(self, locale: str) -> MessagePlace | None:
        del locale
        return None


def _text(view: ui.LayoutView) -> str:
    return "\n".join(c.content for c in view.walk_children() if isinstance(c, ui.TextDisplay))


@dataclass
class FakeShop:
    """Everything that the cog asks: links, releases, a collection and a wantlist."""

    may_write: bool | None = True
    copies: int = 0
    error: Exception | None = None
    added: list[Entry] = field(default_factory=list)
    wished: list[int] = field(default_factory=list)
    wanted: set[int] = field(default_factory=set)

    @property
    def release_ids(self) -> Collection[int]:
        return self.wanted

    @property
    def master_ids(self) -> Collection[int]:
        return ()

    async def describe(self, user_id: int) -> DiscogsLink | None:
        assert user_id == ME
        if self.may_write is None:
            return None
        return DiscogsLink(
            username="me", is_proven=True, may_write=self.may_write, linked_at=WALL_START
        )

    async def get(self, release_id: int) -> Release:
        assert release_id == RELEASE_ID
        return RELEASE

    async def holds(self, user_id: int, release_id: int, master_id: int | None) -> Owned:
        del user_id, release_id, master_id
        return Owned(copies=self.copies)

    async def add(self, user_id: int, entry: Entry) -> Added:
        assert user_id == ME
        await asyncio.sleep(0)  # noqa: TID251  # the other press may come in between
        if self.error is not None:
            raise self.error
        self.added.append(entry)
        self.copies += 1
        copy = StoredCopy(
            item_id=1, instance_id=1, release_id=7, title=entry.title, artist=entry.artist
        )
        return Added(copy=copy, where=AddedWhere.DISCOGS)


class FakeWishes:
    """The wantlist of the same shop."""

    def __init__(self, shop: FakeShop) -> None:
        self._shop = shop
        self.was_there = False

    async def holds(
        self, user_id: int, release_ids: Collection[int], master_ids: Collection[int]
    ) -> FakeShop:
        del user_id, release_ids, master_ids
        return self._shop

    async def add(self, user_id: int, release_id: int) -> "FakeWishes":
        assert user_id == ME
        if self._shop.error is not None:
            raise self._shop.error
        self._shop.wished.append(release_id)
        return self


def acquiring(shop: FakeShop) -> Acquiring:
    parts = Parts(
        lookup=cast("Lookup", shop),
        copies=shop,
        wishes=FakeWishes(shop),
        links=shop,
        messages=cast("ProgressiveMessages", None),
    )
    return Acquiring(parts)


def press(*rest: Any) -> Press:  # noqa: ANN401  # what an id carries
    return Press("release", ME, tuple(map(str, rest)))


async def test_copy_is_added_only_after_yes_and_the_question_says_how_many_there_are() -> None:
    shop, reply = FakeShop(copies=2), FakeReply()

    await acquiring(shop).ask_to_add(reply, press(RELEASE_ID), ENGLISH)

    assert "Add this to your collection on Discogs?" in reply.shown[0]
    assert "You have 2 copies already; this adds another." in reply.shown[0]
    assert reply.buttons == [f"release:add-yes:{ME}:7:2", f"release:no:{ME}"]
    assert shop.added == []


async def test_two_presses_at_once_add_one_copy() -> None:
    shop, replies = FakeShop(), [FakeReply(), FakeReply()]
    cog = acquiring(shop)

    await asyncio.gather(*(cog.add(reply, press(RELEASE_ID, 0), ENGLISH) for reply in replies))

    [entry] = shop.added
    assert (entry.artist, entry.title, entry.release_id) == ("John Coltrane", "Blue Train", 7)
    assert "✅ Added to your collection on Discogs." in replies[0].shown[0]
    assert "It's in your collection 1× by now. I added nothing more." in replies[1].shown[0]


async def test_wish_is_made_only_after_yes() -> None:
    shop, asking, reply = FakeShop(), FakeReply(), FakeReply()
    cog = acquiring(shop)

    await cog.ask_to_wish(asking, press(RELEASE_ID), ENGLISH)
    before = list(shop.wished)
    await cog.wish(reply, press(RELEASE_ID), ENGLISH)

    assert asking.buttons == [f"release:wish-yes:{ME}:7", f"release:no:{ME}"]
    assert before == []
    assert shop.wished == [7]
    assert "✅ On your wantlist on Discogs now." in reply.shown[0]


async def test_what_is_wanted_already_is_not_asked_about() -> None:
    shop, reply = FakeShop(wanted={RELEASE_ID}), FakeReply()

    await acquiring(shop).ask_to_wish(reply, press(RELEASE_ID), ENGLISH)

    assert reply.failed == ["It's on your wantlist already."]


@pytest.mark.parametrize("what", ["ask_to_add", "add", "ask_to_wish", "wish"])
async def test_who_may_only_look_is_told_how_to_change_that(what: str) -> None:
    shop, reply = FakeShop(may_write=False), FakeReply()

    await getattr(acquiring(shop), what)(reply, press(RELEASE_ID, 0), ENGLISH)

    assert "`/account link-discogs` can change that. Nothing was added." in reply.failed[0]
    assert (shop.added, shop.wished) == ([], [])


@pytest.mark.parametrize("what", ["ask_to_add", "add", "ask_to_wish", "wish"])
async def test_who_has_not_linked_is_told_so(what: str) -> None:
    with pytest.raises(NotLinked):
        await getattr(acquiring(FakeShop(may_write=None)), what)(
            FakeReply(), press(RELEASE_ID, 0), ENGLISH
        )


@pytest.mark.parametrize(
    ("error", "told", "certain"),
    [
        (NotFound("discogs", "add_wish", 404), "no such entry", NOTHING),
        (InvalidRequest("discogs", "add_wish", 422), "doesn't take this release", NOTHING),
        (AccessDenied("discogs", "add_wish", 403), "doesn't let me change that", AS_BEFORE),
        (AuthenticationFailed("discogs", "add_wish", 401), "Please link it again", AS_BEFORE),
        (CircuitOpen("discogs", "add_wish"), "giving it a rest", AS_BEFORE),
        (RateLimitExceeded("discogs", "add_wish"), "asking me to slow down", AS_BEFORE),
        (ReadOnlyLink(), "`/account link-discogs` can change that", NOTHING),
        (UpstreamTimeout("discogs", "add_wish"), "As far as I can see", "nothing has changed"),
        (LOST, "I can't tell whether Discogs did that", ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_failed_wish_is_told_with_what_is_certain(
    error: Exception, told: str, certain: str
) -> None:
    reply = FakeReply()

    await acquiring(FakeShop(error=error)).wish(reply, press(RELEASE_ID), ENGLISH)

    assert reply.shown == []
    assert told in reply.failed[0]
    assert certain in reply.failed[0]
    assert bool(certain) or "othing" not in reply.failed[0]
