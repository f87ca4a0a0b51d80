"""The buttons below a digest: anybody may press them, and only who pressed sees the answer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import discord
import pytest
from discord.webhook.async_ import AsyncWebhookAdapter, async_context
from fakes.clock import VirtualClock
from fakes.digest_content import make_record
from fakes.promises import FakePromises
from fakes.upstreams import FakeDiscogs, FakeWriter
from fakes.virtual_time import in_virtual_time

from bot.errors import Answers
from bot.i18n import Catalogue
from bot.ui.digest_marks import Additions, describe_id, hide_id, list_id, read_page_key
from bot.ui.stream import ProgressiveMessages
from bot.ui.written_message import WrittenMessages
from cogs.digest_post import DigestPost
from services.descriptions.models import Target
from services.descriptions.service import DescriptionService
from services.digests.additions import AdditionsPage
from services.digests.hiding import Hidden
from services.digests.models import NoSuchDigest, Slot
from services.discogs.models import Release

GUILD, ASKER, OTHER = 90, 42, 43
SLOT = Slot(5, datetime(2026, 11, 23, 7, tzinfo=UTC))
SINCE, UNTIL = datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
CATALOGUE = Catalogue()


class FakeDiscord(AsyncWebhookAdapter):
    """Notes what discord.py would send to an interaction's webhook.

    Attributes:
        flags: Of the acknowledgements; 64 is "only the asker sees the answer".
        shown: Every text, in order.
        ids: The custom ids of the last message.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # discord.py's
        self.flags: list[int] = []
        self.shown: list[str] = []
        self.ids: list[str] = []

    async def request(
        self,
        route: discord.http.Route,
        session: object,
        *,
        payload: dict[str, Any] | None = None,
        **_: object,
    ) -> dict[str, Any]:
        del session
        body = (payload or {}).get("data") or payload or {}
        if route.path.startswith("/interactions/"):
            self.flags.append(body.get("flags", 0) & 64)
        found = list(_walk(body.get("components") or []))
        if found:
            self.shown.append("\n".join(each["content"] for each in found if "content" in each))
            self.ids = [each["custom_id"] for each in found if "custom_id" in each]
        if route.path.startswith("/interactions/"):
            return {"interaction": {"id": "1", "type": 3}}
        return _message(64)


def _walk(components: list[Any]) -> Iterator[dict[str, Any]]:
    for component in components:
        yield component
        yield from _walk(component.get("components") or [])


def _message(flags: int = 0) -> dict[str, Any]:
    author = {"id": "1", "username": "AIME", "discriminator": "0", "avatar": None, "bot": True}
    lists = ("mentions", "mention_roles", "attachments", "embeds", "components")
    return {
        "id": "99",
        "channel_id": "5",
        "author": author,
        "content": "",
        "timestamp": "2026-11-23T12:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "pinned": False,
        "type": 0,
        "flags": flags,
        **{name: [] for name in lists},
    }


@dataclass
class FakeAdditions:
    """A list of three pages; ``asked`` notes which digest, and which page."""

    is_gone: bool = False
    asked: list[tuple[int, int, int]] = field(default_factory=list)

    async def page(
        self, guild_id: int, digest_id: int, since: datetime, until: datetime, /, *, page: int = 1
    ) -> AdditionsPage:
        self.asked.append((guild_id, digest_id, page))
        if self.is_gone:
            raise NoSuchDigest
        rows = ((ASKER, make_record(f"Page {page}")),)
        return AdditionsPage(rows=rows, page=page, pages=3, count=30, since=since, until=until)


@dataclass
class FakeHiding:
    """Does what it is told; notes who asked."""

    outcome: Hidden = Hidden.HIDDEN
    asked: list[tuple[int, Slot, int]] = field(default_factory=list)

    async def hide(self, guild_id: int, slot: Slot, user_id: int, /) -> Hidden:
        self.asked.append((guild_id, slot, user_id))
        return self.outcome


class Below:
    """The cog, and what it asks."""

    def __init__(self, clock: VirtualClock) -> None:
        self.additions, self.hiding = FakeAdditions(), FakeHiding()
        discogs = FakeDiscogs()
        discogs.releases[7] = Release(release_id=7, title="Blue Train", artist="A", url="u")
        descriptions = DescriptionService(discogs=discogs, euria=FakeWriter(), clock=clock)
        self.cog = DigestPost(
            additions=self.additions,
            hiding=self.hiding,
            written=WrittenMessages(
                descriptions=descriptions,
                later=FakePromises(),
                messages=ProgressiveMessages(clock=clock),
            ),
            answers=Answers(CATALOGUE),
        )

    async def press(
        self,
        custom_id: str,
        *,
        user: int = ASKER,
        guild: int | None = GUILD,
        flags: int = 0,
        locale: str = "en-US",
    ) -> None:
        await self.cog.on_interaction(pressed(custom_id, user, guild, flags, locale))


def pressed(
    custom_id: str, user: int, guild: int | None, flags: int, locale: str
) -> discord.Interaction:
    client = discord.Client(intents=discord.Intents.none())
    person = {"id": str(user), "username": "u", "discriminator": "0", "avatar": None}
    payload: dict[str, Any] = {
        "id": "1000",
        "application_id": "1",
        "type": 3,
        "token": "token",
        "version": 1,
        "attachment_size_limit": 0,
        "locale": locale,
        "channel": {"id": "5", "type": 1, "recipients": [person]},
        "user": person,
        "data": {"custom_id": custom_id, "component_type": 2},
        "message": _message(flags),
    }
    interaction = discord.Interaction(data=cast("Any", payload), state=client._connection)
    interaction.guild_id = guild
    return interaction


@pytest.fixture
def fake() -> Iterator[FakeDiscord]:
    """discord.py's adapter in this test's context."""
    fake = FakeDiscord()
    token = async_context.set(fake)
    yield fake
    async_context.reset(token)


@pytest.fixture
def below(clock: VirtualClock) -> Below:
    return Below(clock)


@in_virtual_time
async def test_full_list_is_shown_to_whoever_asks_for_it(fake: FakeDiscord, below: Below) -> None:
    await below.press(list_id(SLOT, SINCE, UNTIL), user=OTHER)

    assert below.additions.asked == [(GUILD, 5, 1)]
    assert "Page 1" in fake.shown[-1]
    assert set(fake.flags) == {64}


@in_virtual_time
async def test_page_is_turned_by_whoever_asked(fake: FakeDiscord, below: Below) -> None:
    await below.press(list_id(SLOT, SINCE, UNTIL))
    following = fake.ids[2]

    await below.press(following, flags=64)
    await below.press(following, flags=64, user=OTHER)

    assert below.additions.asked == [(GUILD, 5, 1), (GUILD, 5, 2)]
    assert "Page 2" in fake.shown[1]
    assert "belongs to whoever asked for it" in fake.shown[2]


@in_virtual_time
async def test_list_of_a_digest_that_is_gone_says_so(fake: FakeDiscord, below: Below) -> None:
    below.additions.is_gone = True

    await below.press(list_id(SLOT, SINCE, UNTIL))

    assert fake.shown == ["That digest isn't there any more."]


@in_virtual_time
async def test_text_about_the_pick_is_seen_by_the_asker_alone(
    fake: FakeDiscord, below: Below
) -> None:
    await below.press(describe_id(Target("r", 7)), user=OTHER)

    assert "A text about music." in fake.shown[-1]
    assert set(fake.flags) == {64}
    assert fake.ids[0].startswith(f"describe:again:{OTHER}:")


@in_virtual_time
@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        pytest.param(Hidden.HIDDEN, "you're out of this message", id="hidden"),
        pytest.param(Hidden.LATER, "as soon as it does", id="later"),
        pytest.param(Hidden.LEFT, "too old for me to change", id="left"),
        pytest.param(Hidden.NOT_IN, "nothing of yours to hide", id="no member"),
    ],
)
async def test_hide_me_says_what_became_of_it(
    fake: FakeDiscord, below: Below, outcome: Hidden, said: str
) -> None:
    below.hiding.outcome = outcome

    await below.press(hide_id(SLOT), user=OTHER)

    assert below.hiding.asked == [(GUILD, SLOT, OTHER)]
    assert said in fake.shown[-1]
    assert set(fake.flags) == {64}


@in_virtual_time
@pytest.mark.parametrize(
    "custom_id",
    [
        "digest_list:digest:5",
        "digest_list:digest:5:x:1:2",
        "digest_list:digest:5:1:1:99999999999999999",
        "digest_hide:digest:5:",
        "digest_hide:digest:5:1:2",
        "digest_describe:z7",
        f"digest_page:{ASKER}:5.1:2:0",
    ],
)
async def test_ids_that_nobody_made_are_answered_and_do_nothing(
    fake: FakeDiscord, below: Below, custom_id: str
) -> None:
    await below.press(custom_id)

    assert fake.shown == ["That digest isn't there any more."]
    assert (below.additions.asked, below.hiding.asked) == ([], [])


@in_virtual_time
async def test_buttons_of_a_digest_do_nothing_outside_its_server(
    fake: FakeDiscord, below: Below
) -> None:
    await below.press(hide_id(SLOT), guild=None)

    assert fake.shown == ["That digest isn't there any more."]
    assert below.hiding.asked == []


@in_virtual_time
async def test_other_buttons_are_left_alone(fake: FakeDiscord, below: Below) -> None:
    await below.press(f"describe:again:{ASKER}:short:any:r7")

    assert (fake.shown, fake.flags) == ([], [])


def test_page_key_survives_being_carried() -> None:
    asked = Additions(digest_id=5, since=SINCE, until=UNTIL)

    assert read_page_key(asked.key) == asked
