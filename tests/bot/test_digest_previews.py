"""What a digest would say now: composed like a real one, and shown to nobody else."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from discord import ui
from fakes.clock import WALL_START, VirtualClock
from fakes.virtual_time import in_virtual_time

from bot.delivery.renderings import Renderings
from bot.digests.previews import DigestPreviews
from bot.i18n import Catalogue, Texts
from bot.ui.notices import notice
from services.digests.models import (
    Cadence,
    Place,
    PreviewedDigest,
    Schedule,
    Slot,
    Timing,
    WhenNothing,
)
from services.resilience.deadline import remaining


class Said(msgspec.Struct, frozen=True):
    """What a digest says here."""

    text: str


SCHEDULE = Schedule(
    digest_id=1,
    guild_id=2,
    channel_id=3,
    creator_id=4,
    timing=Timing(cadence=Cadence.DAILY, hour=8, zone="Asia/Tokyo"),
    when_nothing=WhenNothing.SKIP,
    locale="fr",
    is_paused=False,
    pause_reason=None,
    next_at=WALL_START + timedelta(hours=11),
    last_posted_at=None,
    told_until=WALL_START - timedelta(days=1),
    failures=0,
    edition=1,
    created_at=WALL_START,
)


@dataclass
class FakeComposer:
    """Says what it is told to, after a while."""

    clock: VirtualClock
    said: Said | None = None
    seconds: float = 0.0
    asked: list[tuple[datetime | None, datetime]] = field(default_factory=list)
    time_left: list[float] = field(default_factory=list)

    async def compose(
        self, schedule: Schedule, *, since: datetime | None, now: datetime
    ) -> Said | None:
        del schedule
        self.asked.append((since, now))
        self.time_left.append(remaining(self.clock))
        await self.clock.pass_time(self.seconds)
        return self.said

    async def posted(self, schedule: Schedule, slot: Slot, place: Place, content: Said) -> None:
        raise AssertionError(f"posted {schedule}, {slot}, {place}, {content}")


def render(posted: PreviewedDigest[Said], texts: Texts) -> ui.LayoutView:
    return notice(f"{posted.content.text} ({texts.language}, {posted.slot.unix})")


def make_previews(composer: FakeComposer) -> DigestPreviews[Said]:
    renderings = Renderings(Catalogue())
    renderings.register(PreviewedDigest, render)
    return DigestPreviews(composer, renderings=renderings, clock=composer.clock)


def text_of(view: ui.LayoutView | None) -> str | None:
    if view is None:
        return None
    return "".join(
        each.content for each in view.walk_children() if isinstance(each, ui.TextDisplay)
    )


@in_virtual_time
async def test_preview_is_what_the_next_slot_would_show(clock: VirtualClock) -> None:
    composer = FakeComposer(clock, Said("neuf"))
    nothing = FakeComposer(clock)

    shown = await make_previews(composer).view(SCHEDULE)
    skipped = await make_previews(nothing).view(SCHEDULE)

    assert text_of(shown) == f"neuf (fr, {int(SCHEDULE.next_at.timestamp())})"
    assert composer.asked == [(SCHEDULE.told_until, WALL_START)]
    assert skipped is None


@in_virtual_time
async def test_who_composes_a_preview_sees_how_long_upstreams_may_take(clock: VirtualClock) -> None:
    composer = FakeComposer(clock, Said("neuf"))

    await make_previews(composer).view(SCHEDULE)

    assert composer.time_left == [30]


@in_virtual_time
async def test_preview_is_not_waited_for_longer_than_half_a_minute(clock: VirtualClock) -> None:
    slow = FakeComposer(clock, Said("neuf"), seconds=3_600)

    with pytest.raises(TimeoutError):
        await make_previews(slow).view(SCHEDULE)

    assert clock.elapsed == pytest.approx(30)


@pytest.mark.parametrize(
    ("posted_at", "expected"),
    [
        pytest.param(None, False, id="never"),
        pytest.param(datetime(2026, 11, 22, 15, tzinfo=UTC), True, id="today in Tokyo"),
        pytest.param(datetime(2026, 11, 22, 14, 59, tzinfo=UTC), False, id="yesterday in Tokyo"),
    ],
)
@in_virtual_time
async def test_today_is_a_day_of_the_digests_own_zone(
    clock: VirtualClock, posted_at: datetime | None, *, expected: bool
) -> None:
    previews = make_previews(FakeComposer(clock))

    assert previews.was_posted_today(replace(SCHEDULE, last_posted_at=posted_at)) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(0, True), (59, True), (60, False), (-5, False)])
@in_virtual_time
async def test_just_now_is_less_than_a_minute_ago(
    clock: VirtualClock, seconds: int, *, expected: bool
) -> None:
    schedule = replace(SCHEDULE, last_posted_at=WALL_START - timedelta(seconds=seconds))

    assert make_previews(FakeComposer(clock)).was_posted_just_now(schedule) == expected
