"""Cards for links: what they say, and that the worst of them are within Discord's limits."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import msgspec
import pytest
from discord import ui
from fakes.clock import VirtualClock
from fakes.links import Things
from fakes.virtual_time import in_virtual_time, settle

from bot.i18n import Catalogue, Texts
from bot.ui.linked_card import LinkedState, linked_card, nothing_found
from bot.ui.linked_message import LinkedMessages
from bot.ui.reply import Reply
from bot.ui.stream import ProgressiveMessages
from services.answers import Answer, Source
from services.catalogue.linked import Linked, Thing
from services.catalogue.links import MusicLink
from services.discogs.links import DiscogsPage
from services.discogs.models import Artist, DiscogsKind, Label, Master, Release
from services.errors import ServiceDisabled, ServiceDown
from services.resilience.clock import SystemClock
from services.spotify.links import ShortLink, SpotifyLink, Unsupported
from services.spotify.models import SpotifyItem, SpotifyKind

Checker = Callable[[ui.LayoutView], list[str]]
USER_ID = 2**63 - 1
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ID = "1weenld61qoidwYuZ1GESA"
ALBUM = SpotifyLink(SpotifyKind.ALBUM, ID)
RELEASE = DiscogsPage(DiscogsKind.RELEASE, 1)
SHORT = ShortLink("https://spotify.link/x")
ITEM = SpotifyItem(
    kind=SpotifyKind.ALBUM,
    spotify_id=ID,
    name="Kind of Blue",
    url=ALBUM.url,
    artists=("Miles Davis",),
)
PRESSING = Release(release_id=1, title="Kind of Blue", artist="Miles Davis", year=1959)
DOWN = ServiceDown("spotify", "get_album", 503)
KINDS = ("audiobook", "collection", "concert", "episode", "local", "prerelease", "show", "user")


def live(thing: Thing) -> Answer[Thing]:
    return Answer(value=thing, source=Source.LIVE)


def state(*known: Linked, left: int = 0) -> LinkedState:
    return LinkedState(known=known, left=left, owner=USER_ID)


def text_of(view: ui.LayoutView) -> str:
    texts = (each for each in view.walk_children() if isinstance(each, ui.TextDisplay))
    return "\n".join(each.content for each in texts)


def worst(name: str) -> list[Thing]:
    picture = f"https://i.discogs.com/{'x' * 500}"
    item = SpotifyItem(
        kind=SpotifyKind.ALBUM,
        spotify_id=ID,
        name=name,
        url=ALBUM.url,
        artists=(name,) * 5,
        image_url=picture,
        album=name,
    )
    release = Release(
        release_id=1,
        title=name,
        artist=name,
        formats=(name,),
        labels=(name,),
        image_url=picture,
        url=RELEASE.url,
    )
    master = Master(master_id=2, title=name, artist=name, image_url=picture)
    return [
        item,
        release,
        master,
        Artist(artist_id=3, name=name, image_url=picture),
        Label(label_id=4, name=name, image_url=picture),
    ]


@pytest.mark.parametrize("name", ["x" * 5_000, "*" * 5_000, "音" * 500, "", "\u202e", "a\nb"])
def test_five_cards_of_any_name_are_within_the_limits(
    problems_of: Checker, name: str, texts: Texts
) -> None:
    known = [
        Linked(link=RELEASE, found=Answer(value=thing, source=Source.STALE, as_of=NOW, error=DOWN))
        for thing in worst(name)
    ]

    assert problems_of(linked_card(state(*known, left=3), texts)) == []
    for each in known:
        assert problems_of(linked_card(state(each), texts)) == []


@pytest.mark.parametrize("others", [(), (Linked(link=RELEASE, found=live(PRESSING)),)])
def test_album_of_which_only_the_address_is_known_has_a_heading_in_words(
    english: Texts, others: tuple[Linked, ...]
) -> None:
    minimal = Answer(
        value=msgspec.structs.replace(ITEM, name=""), source=Source.MINIMAL, error=DOWN
    )
    known = Linked(link=ALBUM, found=cast("Answer[Thing]", minimal))

    text = text_of(linked_card(state(known, *others), english))

    assert f"# [An album on Spotify]({ALBUM.url})" in text
    assert "[https" not in text


@pytest.mark.parametrize("left", [0, 1, 40])
def test_everything_that_has_no_card_is_within_the_limits(
    problems_of: Checker, texts: Texts, left: int
) -> None:
    known = [
        Linked(link=ALBUM, is_waiting=True),
        Linked(link=ALBUM, found=ServiceDisabled("spotify", "x", settings=["SPOTIFY_ENABLED"])),
        Linked(link=SHORT),
        *(Linked(link=Unsupported(kind)) for kind in KINDS),
    ]

    assert problems_of(linked_card(state(*known, left=left), texts)) == []


def test_cards_of_each_upstream_stand_apart_with_their_source(english: Texts) -> None:
    shown = linked_card(
        state(Linked(link=ALBUM, found=live(ITEM)), Linked(link=RELEASE, found=live(PRESSING))),
        english,
    )

    spotify, discogs = (item for item in shown.children if isinstance(item, ui.Container))
    assert spotify.accent_colour != discogs.accent_colour
    assert f"[Listen on Spotify]({ALBUM.url})" in _text_in(spotify)
    assert f"[Data provided by Discogs]({RELEASE.url})" in _text_in(discogs)
    [menu] = (each for each in shown.walk_children() if isinstance(each, ui.Select))
    assert menu.custom_id == f"search:pick:{USER_ID}"
    assert [option.value for option in menu.options] == [
        f"spotify:album:{ID}",
        "discogs:release:1",
    ]


def test_failure_of_one_stands_beside_the_other_with_its_link(english: Texts) -> None:
    text = text_of(
        linked_card(
            state(Linked(link=ALBUM, found=DOWN), Linked(link=RELEASE, found=live(PRESSING))),
            english,
        )
    )

    assert f"**[Spotify]({ALBUM.url})**" in text
    assert "Spotify isn't answering right now." in text
    assert "Kind of Blue" in text


@pytest.mark.parametrize("kind", KINDS)
def test_kind_without_a_card_is_refused_politely(kind: str, texts: Texts) -> None:
    said = nothing_found([Linked(link=Unsupported(kind))], texts) or ""

    assert len(said.splitlines()) == 2


def test_short_link_that_leads_nowhere_is_asked_for_in_full(english: Texts) -> None:
    said = nothing_found([Linked(link=SHORT)], english) or ""

    assert "https://spotify.link/x" in said
    assert "Open it" in said


def test_something_is_said_instead_only_when_nothing_has_a_card(english: Texts) -> None:
    failed = Linked(link=ALBUM, found=DOWN)

    assert nothing_found([failed, Linked(link=RELEASE, found=live(PRESSING))], english) is None
    assert nothing_found([failed, Linked(link=RELEASE, is_waiting=True)], english) is None
    assert "isn't answering" in (nothing_found([failed, failed], english) or "")


# --- The message


@dataclass
class FakeReply:
    """Notes what it was told to do."""

    said: list[str] = field(default_factory=list)
    user_id: int = USER_ID
    guild_id: int | None = None
    question_id: int = 1
    is_shown: bool = False
    shared_channel: int | None = None

    async def acknowledge(self) -> None:
        self.said.append("acknowledged")

    async def show(self, view: ui.LayoutView) -> None:
        self.said.append(text_of(view))
        self.is_shown = True

    async def fail(self, view: ui.LayoutView) -> None:
        self.said.append(f"only for you: {text_of(view)}")


async def answered(known: Things, links: Sequence[MusicLink], reply: FakeReply) -> list[str]:
    messages = ProgressiveMessages(clock=SystemClock())
    linked = LinkedMessages(music=known.music(), messages=messages)
    await linked.answer(cast("Reply", reply), links, Catalogue().texts("en"))
    return reply.said


def library() -> Things:
    return Things(things={f"album:{ID}": ITEM, "release:1": PRESSING})


@in_virtual_time
async def test_slow_link_is_shown_as_pending_and_edited_in(clock: VirtualClock) -> None:
    known = library()
    known.takes = {f"album:{ID}": 5.0}

    said = await answered(known, [ALBUM, RELEASE], FakeReply())

    assert said[0] == "acknowledged"
    assert "⏳ Looking it up on Spotify…" in said[1]
    assert "Kind of Blue" in said[1]
    assert "⏳" not in said[2]
    assert clock.elapsed == 5


@in_virtual_time
async def test_five_links_are_shown_and_more_are_counted(clock: VirtualClock) -> None:
    known = library()
    pages = [DiscogsPage(DiscogsKind.RELEASE, number) for number in range(1, 9)]

    said = await answered(known, pages, FakeReply())

    assert len(known.asked) == 5
    assert "and 3 more links; I show five at a time" in said[-1]
    assert clock.elapsed < 1


@in_virtual_time
async def test_nothing_with_a_card_is_said_to_the_asker_only(clock: VirtualClock) -> None:
    quick = await answered(library(), [Unsupported("show")], FakeReply())
    unknown = await answered(library(), [SHORT], FakeReply())
    failed = await answered(Things(), [ALBUM], FakeReply())

    assert [line.partition("\n")[0] for line in quick] == [
        "only for you: That link leads to a podcast on Spotify."
    ]
    assert unknown[0] == failed[0] == "acknowledged"
    assert unknown[1].startswith("only for you: I can't find out where")
    assert failed[1].startswith("only for you: ⚠️ Spotify has no such entry")
    assert clock.elapsed < 1


@in_virtual_time
async def test_message_that_was_shown_while_waiting_does_not_stay_pending(
    clock: VirtualClock,
) -> None:
    known = Things(takes={f"album:{ID}": 3.0})

    said = await answered(known, [ALBUM], FakeReply())

    assert "⏳" in said[1]
    assert said[-1].startswith("**[Spotify]")
    assert "has no such entry" in said[-1]
    assert clock.elapsed == 3


@in_virtual_time
async def test_shutdown_leaves_nothing_pending(clock: VirtualClock) -> None:
    known = library()
    known.takes = {f"album:{ID}": 60.0}
    reply = FakeReply()
    answering = asyncio.create_task(answered(known, [ALBUM, RELEASE], reply))
    await clock.sleep(5)

    answering.cancel()
    await asyncio.wait({answering})
    await settle()

    assert answering.cancelled()
    assert "⏳" in reply.said[-2]
    assert "⏳" not in reply.said[-1]


def _text_in(container: ui.Container[ui.LayoutView]) -> str:
    texts = (each for each in container.walk_children() if isinstance(each, ui.TextDisplay))
    return "\n".join(each.content for each in texts)
