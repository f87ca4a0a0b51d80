"""Digests that are posted already: a member who leaves, a text that comes late."""

from datetime import timedelta

import msgspec
import pytest
from fakes.copies import make_copy, store
from fakes.digest_content import (
    GUILD,
    NOW,
    Desk,
    FakeMembers,
    make_content,
    make_record,
    make_schedule,
)
from fakes.promises import FakeEditor

from services.collection.highlight_models import PickReason
from services.delivery import DiscordUnavailable, LateEdit, MessagePlace
from services.descriptions.models import AlbumFacts, Form
from services.digests.additions import Additions
from services.digests.content_models import (
    AskedPrice,
    ChangedDigest,
    DigestContent,
    DigestPick,
    MemberPart,
)
from services.digests.hiding import DigestHiding, Hidden
from services.digests.mending import MEND_DIGEST, take_out_of_posts
from services.digests.models import NoSuchDigest, Place, Schedule, Slot
from services.digests.posts import DigestPosts, forget_prices
from services.errors import ServiceDisabled, UpstreamServerError
from services.jobs.kinds import RetryLater, RunningJob
from services.storage.database import Database

ANN, BOB, CAT, DAN = 1, 2, 3, 4
SLOT = Slot(5, NOW)
PLACE = Place(70, 700)
DOWN = UpstreamServerError("euria", "generate_description", 503)
UNAVAILABLE = DiscordUnavailable("status 503")
ON_SQLITE = pytest.mark.parametrize("template", ["sqlite"], indirect=True)


def owing() -> DigestContent:
    """Return a digest of two, whose text is still to come."""
    pick = DigestPick(
        owner_id=ANN,
        record=make_record(),
        reason=PickReason.CHANCE,
        facts=AlbumFacts(release_id=1, title="Blue Train", artist="John Coltrane", url="u"),
        form=Form.BRIEF,
        is_owed=True,
    )
    parts = tuple(
        MemberPart(user_id=each, read_at=NOW, added=(make_record(f"Of {each}"),), added_count=1)
        for each in (ANN, BOB)
    )
    return make_content(members=parts, pick=pick)


class Channel(Desk):
    """A digest that was posted, and what changes it."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.left: list[tuple[int, int, int]] = []
        self.hiding = DigestHiding(members=self, posts=self.posts, mending=self.mending)

    async def leave(self, digest_id: int, guild_id: int, user_id: int, /) -> bool:
        self.left.append((digest_id, guild_id, user_id))
        return user_id in self.members.ids

    async def post(self) -> None:
        self.members.ids = (ANN, BOB)
        await self.composer.posted(make_schedule(), SLOT, PLACE, owing())

    async def work(self) -> float | None:
        """Do the job that waits, as a worker would; returns the seconds until its next try."""
        self.clock.later(3_600)  # type: ignore[attr-defined]  # a HandClock
        [job] = await self.queue.claim(kinds=[MEND_DIGEST.name], worker="w", limit=1)
        running = RunningJob(MEND_DIGEST, job, self.queue)
        try:
            await self.mending.mend(running)
        except RetryLater as error:
            await self.queue.put_back(job, run_at=None, error=None, counts=error.counts)
            return error.seconds
        async with self.queue.writing() as transaction:
            assert await self.queue.complete(transaction, job)
        return None

    @property
    def shown(self) -> DigestContent:
        content = self.editor.shown[-1][1]
        assert isinstance(content, ChangedDigest)
        return content.content


@pytest.fixture
async def channel(database: Database) -> Channel:
    channel = Channel(database)
    await channel.post()
    return channel


# --- A text that comes late


async def test_owed_text_is_shown_when_it_comes(channel: Channel) -> None:
    await channel.work()

    pick = channel.shown.pick
    assert pick is not None
    assert (pick.text[:11], pick.is_owed) == ("Night falls", False)
    [place] = [each for each, _ in channel.editor.shown]
    assert place == 1


@ON_SQLITE
async def test_post_that_is_told_of_twice_owes_one_text(channel: Channel) -> None:
    await channel.composer.posted(make_schedule(), SLOT, PLACE, owing())

    assert await channel.queue.waiting(MEND_DIGEST) == 1


@ON_SQLITE
async def test_owed_text_is_tried_again_while_euria_is_down(channel: Channel) -> None:
    channel.euria.script = type(channel.euria.script)([DOWN], ["It came after all, at last."])

    assert await channel.work() == 900.0
    await channel.work()

    assert channel.shown.pick is not None
    assert channel.shown.pick.text == "It came after all, at last."


@ON_SQLITE
@pytest.mark.parametrize(
    ("steps", "hours"),
    [
        pytest.param([DOWN], 25, id="a day has passed"),
        pytest.param(
            [ServiceDisabled("euria", "x", settings=("EURIA_ENABLED",))],
            0,
            id="EurIA is switched off",
        ),
        pytest.param(["I'm sorry, but I cannot do that."], 0, id="refused"),
    ],
)
async def test_promise_is_taken_back_when_no_text_will_come(
    channel: Channel, steps: list[str | float | Exception], hours: int
) -> None:
    channel.euria.script = type(channel.euria.script)(steps)
    channel.clock.later(hours * 3_600)  # type: ignore[attr-defined]  # a HandClock

    await channel.work()

    assert channel.shown.pick is not None
    assert (channel.shown.pick.text, channel.shown.pick.is_owed) == ("", False)


@ON_SQLITE
async def test_text_is_paid_for_once_when_discord_is_down(channel: Channel) -> None:
    channel.editor.outcomes = [UNAVAILABLE]

    assert await channel.work() == 30.0
    await channel.work()

    assert len(channel.euria.prompts) == 1
    assert channel.shown.pick is not None
    assert channel.shown.pick.text


async def test_text_brings_nobody_back_who_has_left(channel: Channel) -> None:
    await channel.hiding.hide(GUILD, SLOT, BOB)

    await channel.work()

    assert [each.user_id for each in channel.shown.members] == [ANN]
    assert channel.shown.pick is not None
    assert channel.shown.pick.text


@ON_SQLITE
async def test_text_about_a_record_that_was_taken_out_is_not_written(channel: Channel) -> None:
    await channel.hiding.hide(GUILD, SLOT, ANN)

    await channel.work()

    assert channel.euria.prompts == []
    assert channel.shown.pick is None


@ON_SQLITE
async def test_what_changes_while_a_message_is_about_to_be_changed_is_shown(
    channel: Channel,
) -> None:
    class Meanwhile(FakeEditor):
        async def expect(self, place: MessagePlace) -> int:
            await channel.posts.change(GUILD, SLOT, lambda content: content.without(BOB))
            return await super().expect(place)

    editor = Meanwhile()

    await DigestPosts(channel.database, editor=editor, clock=channel.clock).show(GUILD, SLOT)

    [(_, shown)] = editor.shown
    assert isinstance(shown, ChangedDigest)
    assert not shown.content.tells_of(BOB)


# --- Somebody who wants to be out of it


async def test_member_who_hides_leaves_and_is_out_of_the_message(channel: Channel) -> None:
    outcome = await channel.hiding.hide(GUILD, SLOT, BOB)

    assert outcome is Hidden.HIDDEN
    assert channel.left == [(5, GUILD, BOB)]
    assert not channel.shown.tells_of(BOB)
    post = await channel.posts.get(GUILD, SLOT)
    assert post is not None
    assert not post.content.tells_of(BOB)


@ON_SQLITE
async def test_who_is_not_in_it_changes_nothing(channel: Channel) -> None:
    assert await channel.hiding.hide(GUILD, SLOT, CAT) is Hidden.NOT_IN
    assert channel.editor.shown == []


@ON_SQLITE
async def test_post_of_another_server_is_never_changed(channel: Channel) -> None:
    assert await channel.hiding.hide(GUILD + 1, SLOT, BOB) is Hidden.LEFT

    post = await channel.posts.get(GUILD, SLOT)
    assert post is not None
    assert post.content.tells_of(BOB)


@ON_SQLITE
async def test_message_is_changed_later_when_discord_is_down(channel: Channel) -> None:
    await channel.work()
    channel.editor.outcomes = [UNAVAILABLE]

    outcome = await channel.hiding.hide(GUILD, SLOT, BOB)
    assert channel.shown.tells_of(BOB)
    await channel.work()

    assert outcome is Hidden.LATER
    assert not channel.shown.tells_of(BOB)


@ON_SQLITE
async def test_message_that_is_only_shown_again_costs_no_text(database: Database) -> None:
    channel = Channel(database)
    channel.members.ids = (ANN, BOB)
    await channel.posts.note(make_schedule(), SLOT, PLACE, owing())
    channel.editor.outcomes = [UNAVAILABLE]
    await channel.hiding.hide(GUILD, SLOT, BOB)

    await channel.work()

    assert channel.euria.prompts == []
    assert not channel.shown.tells_of(BOB)


@ON_SQLITE
async def test_message_that_is_gone_leaves_the_member_out(channel: Channel) -> None:
    channel.editor.outcomes = [LateEdit.GONE]

    assert await channel.hiding.hide(GUILD, SLOT, BOB) is Hidden.LEFT


async def test_unlinking_keeps_nothing_of_a_person_and_takes_them_out_of_the_message(
    channel: Channel, database: Database
) -> None:
    await channel.work()  # the text that was owed
    async with database.write() as transaction:
        await take_out_of_posts(transaction, ANN, queue=channel.queue, clock=channel.clock)

    post = await channel.posts.get(GUILD, SLOT)
    await channel.work()

    assert post is not None
    for content in (post.content, channel.shown):
        assert not content.tells_of(ANN)
        assert content.tells_of(BOB)
    assert await channel.queue.waiting(MEND_DIGEST) == 0


@ON_SQLITE
async def test_member_who_left_while_it_was_sent_is_taken_out_again(channel: Channel) -> None:
    later = Slot(5, SLOT.slot_at + timedelta(days=7))
    content = owing()
    assert content.pick is not None
    content = msgspec.structs.replace(
        content, pick=msgspec.structs.replace(content.pick, owner_id=BOB, is_owed=False)
    )
    await channel.work()
    channel.members.ids = (ANN,)

    await channel.composer.posted(make_schedule(), later, PLACE, content)
    kept = await channel.posts.get(GUILD, later)
    await channel.work()

    assert kept is not None
    assert not kept.content.tells_of(BOB)
    assert kept.content.tells_of(ANN)
    assert channel.shown == kept.content


@ON_SQLITE
async def test_prices_are_not_kept_for_a_digest_that_is_deleted(
    channel: Channel, database: Database
) -> None:
    part = MemberPart(
        user_id=ANN,
        read_at=NOW,
        prices=(AskedPrice(release_id=1, price=9.0, currency="USD"),),
    )
    later = Slot(5, SLOT.slot_at + timedelta(days=7))
    await channel.posts.note(make_schedule(), later, PLACE, make_content(members=(part,)))
    before = await channel.posts.latest(GUILD, 5, 1)

    async with database.write() as transaction:
        await forget_prices(transaction, GUILD, 5)

    [after] = await channel.posts.latest(GUILD, 5, 1)
    assert [len(each.members[0].prices) for each in (*before, after)] == [1, 0]


@ON_SQLITE
async def test_old_posts_are_forgotten(channel: Channel) -> None:
    channel.clock.later(41 * 86_400)  # type: ignore[attr-defined]  # a HandClock

    later = Slot(5, NOW + timedelta(days=41))
    await channel.composer.posted(make_schedule(), later, PLACE, make_content())

    assert await channel.posts.get(GUILD, SLOT) is None
    assert await channel.posts.get(GUILD, later) is not None


# --- The full list


class Digests:
    """One server's digest."""

    async def get(self, guild_id: int, digest_id: int, /) -> Schedule | None:
        return make_schedule() if (guild_id, digest_id) == (GUILD, 5) else None


async def test_full_list_turns_from_one_member_to_the_next(database: Database) -> None:
    desk = Desk(database)
    members, desk.presence.gone = FakeMembers((ANN, BOB, CAT, DAN)), frozenset({DAN})
    for user_id, count in ((ANN, 3), (BOB, 5), (CAT, 0), (DAN, 9)):
        added = (make_copy(each, f"{user_id}-{each}", added_at=NOW) for each in range(1, count + 1))
        await store(database, user_id, *added, synced_at=NOW)
    additions = Additions(
        schedules=Digests(), members=members, presence=desk.presence, shelves=desk.shelves
    )
    span = (NOW - timedelta(days=1), NOW + timedelta(days=1))

    pages = [await additions.page(GUILD, 5, *span, page=each, page_size=3) for each in (1, 2, 3, 9)]

    rows = [[(owner, record.title) for owner, record in page.rows] for page in pages]
    assert rows[0] == [(BOB, "2-1"), (BOB, "2-2"), (BOB, "2-3")]
    assert rows[1] == [(BOB, "2-4"), (BOB, "2-5"), (ANN, "1-1")]
    assert rows[2] == rows[3] == [(ANN, "1-2"), (ANN, "1-3")]
    assert [(page.pages, page.count) for page in pages] == [(3, 8)] * 4


@ON_SQLITE
async def test_full_list_of_another_servers_digest_is_not_there(database: Database) -> None:
    desk = Desk(database)
    additions = Additions(
        schedules=Digests(),
        members=FakeMembers((ANN,)),
        presence=desk.presence,
        shelves=desk.shelves,
    )

    with pytest.raises(NoSuchDigest):
        await additions.page(GUILD + 1, 5, NOW, NOW)
