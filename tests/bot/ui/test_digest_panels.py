"""What manages digests: within Discord's limits in both languages, whatever is in it."""

from collections.abc import Callable
from datetime import UTC, datetime

import discord
import pytest
from discord import ui
from harness.openapi import DiscordContract

from bot.i18n import Catalogue, Texts
from bot.sandbox.discord import RecordedRequest
from bot.ui.digest_again import missing_panel, read_again
from bot.ui.digest_form import read_days, timing_form
from bot.ui.digest_joining import join_question, joined_card
from bot.ui.digest_notices import (
    PausedNotice,
    UncertainNotice,
    paused_notice,
    uncertain_notice,
)
from bot.ui.digest_panel import Shown, digest_panel, digests_list
from bot.ui.digest_questions import delete_question, post_question
from bot.ui.digest_words import digest_choice, timing_words
from bot.ui.posting_rights import Lack, _lacks, hinders
from services.digests.models import Cadence, PauseReason, Schedule, Slot, Timing, WhenNothing
from services.digests.slots import zones

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ID = 2**63  # as long as an id can be
LONGEST_ZONE = "America/Argentina/ComodRivadavia"
ALL_LACKS = tuple(Lack)
ENGLISH = Catalogue().texts("en")
DAILY = Timing(cadence=Cadence.DAILY, hour=0, zone="UTC")
SUNDAYS = Timing(cadence=Cadence.WEEKLY, hour=8, zone="UTC", weekday=6)
TIMINGS = [
    pytest.param(DAILY, id="daily"),
    pytest.param(SUNDAYS, id="weekly"),
    pytest.param(Timing(cadence=Cadence.MONTHLY, hour=23, zone=LONGEST_ZONE, day=31), id="monthly"),
]


def make_schedule(
    timing: Timing | None = None,
    *,
    reason: PauseReason | None = None,
    posted_at: datetime | None = NOW,
) -> Schedule:
    return Schedule(
        digest_id=10**15 - 1,
        guild_id=ID,
        channel_id=ID,
        creator_id=ID,
        timing=timing or Timing(cadence=Cadence.MONTHLY, hour=23, zone=LONGEST_ZONE, day=31),
        when_nothing=WhenNothing.SHORT,
        locale="fr",
        is_paused=reason is not None,
        pause_reason=reason,
        next_at=NOW,
        last_posted_at=posted_at,
        told_until=posted_at,
        failures=0,
        edition=1,
        created_at=NOW,
    )


def views(texts: Texts) -> list[ui.LayoutView]:
    """Return everything at its longest, and at its shortest."""
    schedule, member_ids = make_schedule(), tuple(range(ID, ID + 500))
    full = Shown(schedule=schedule, members=member_ids, lacks=ALL_LACKS)
    new = make_schedule(posted_at=None)
    empty = Shown(schedule=new, members=())
    paused = [
        Shown(schedule=make_schedule(reason=reason), members=(ID,), lacks=(Lack.HISTORY,))
        for reason in PauseReason
    ]
    shown = [full, empty, *paused]
    slot = Slot(schedule.digest_id, NOW)
    told = [
        PausedNotice(schedule=schedule, reason=reason, server=server, lacks=lacks)
        for reason in (PauseReason.REFUSED, PauseReason.UNCERTAIN)
        for server, lacks in (("A **server** <@1>" * 6, ALL_LACKS), ("", ()))
    ]
    return [
        *(digest_panel(each, user_id=ID, texts=texts, headline="x") for each in shown),
        *(digests_list((each,) * 10, user_id=ID, texts=texts) for each in shown),
        digests_list((), user_id=ID, texts=texts, headline="x"),
        delete_question(schedule, user_id=ID, texts=texts),
        post_question(schedule, user_id=ID, texts=texts),
        missing_panel(ID, ALL_LACKS, schedule.timing, user_id=ID, texts=texts),
        join_question(schedule, user_id=ID, texts=texts),
        *(joined_card(schedule, user_id=ID, texts=texts, was_member=was) for was in (True, False)),
        *(paused_notice(each, texts) for each in told),
        *(
            uncertain_notice(
                UncertainNotice(schedule=schedule, slot=slot, server=server, lacks=lacks), texts
            )
            for server, lacks in (("S" * 100, ALL_LACKS), ("", ()))
        ),
    ]


def test_everything_fits_into_a_message(
    texts: Texts, problems_of: Callable[[ui.LayoutView], list[str]]
) -> None:
    found = [problems_of(view) for view in views(texts)]

    assert found == [[]] * len(found)


def test_everything_is_what_discord_describes(discord_contract: DiscordContract) -> None:
    requests = [
        RecordedRequest(
            method="POST",
            route="/channels/{channel_id}/messages",
            path="",
            query={},
            at=0.0,
            json={"flags": 1 << 15, "components": view.to_components()},  # type: ignore[no-untyped-call]  # discord.py's
        )
        for view in views(ENGLISH)
    ]

    discord_contract.check(requests)


@pytest.mark.parametrize("timing", TIMINGS)
def test_button_carries_the_whole_wish(timing: Timing) -> None:
    panel = missing_panel(ID, (Lack.SEND,), timing, user_id=ID, texts=ENGLISH)
    [again] = [each for each in panel.walk_children() if isinstance(each, ui.Button)]
    custom_id = str(again.custom_id)

    assert len(custom_id) <= 100
    assert read_again(tuple(custom_id.split(":")[3:])) == (ID, timing)


def test_longest_zone_is_the_longest() -> None:
    assert len(LONGEST_ZONE) == max(map(len, zones("a") + zones("america/argentina")))


@pytest.mark.parametrize("timing", TIMINGS)
def test_form_begins_with_what_is_so(timing: Timing, texts: Texts) -> None:
    form = timing_form(make_schedule(timing), user_id=ID, texts=texts)
    payload = form.to_dict()
    chosen = [
        option["value"]
        for row in payload["components"]
        for option in row["component"].get("options", ())
        if option.get("default")
    ]
    days, hour = chosen

    assert read_days(days) == (timing.cadence, timing.weekday)
    assert int(hour) == timing.hour
    assert len(payload["components"]) == 4


@pytest.mark.parametrize(
    ("timing", "english", "french"),
    [
        pytest.param(
            DAILY,
            "every day at 00:00 (UTC)",
            "chaque jour à 00:00 (UTC)",
            id="daily",
        ),
        pytest.param(
            SUNDAYS,
            "every Sunday at 08:00 (UTC)",
            "chaque dimanche à 08:00 (UTC)",
            id="weekly",
        ),
        pytest.param(
            Timing(cadence=Cadence.MONTHLY, hour=23, zone="America/New_York", day=2),
            "on day 2 of every month at 23:00 (America/New York)",
            "le 2 de chaque mois à 23:00 (America/New York)",
            id="monthly",
        ),
    ],
)
def test_timing_is_said_in_words(timing: Timing, english: str, french: str) -> None:
    said = [timing_words(timing, Catalogue().texts(language)) for language in ("en", "fr")]

    assert said == [english, french]


def test_choice_of_a_digest_tells_its_channel_and_whether_it_rests() -> None:
    there = digest_choice(make_schedule(DAILY), "vinyl", ENGLISH)
    gone = digest_choice(make_schedule(DAILY, reason=PauseReason.BY_HAND), None, ENGLISH)

    assert there == "#vinyl · every day at 00:00 (UTC)"
    assert gone == "⏸️ a channel that is gone · every day at 00:00 (UTC)"


@pytest.mark.parametrize(
    ("denied", "is_thread", "expected"),
    [
        pytest.param({}, False, (), id="nothing"),
        pytest.param({"view_channel": False}, False, (Lack.VIEW,), id="unseen"),
        pytest.param({"send_messages": False}, False, (Lack.SEND,), id="silent"),
        pytest.param({"send_messages": False}, True, (), id="silent beside the thread"),
        pytest.param(
            {"send_messages_in_threads": False}, True, (Lack.SEND_IN_THREADS,), id="thread"
        ),
        pytest.param({"read_message_history": False}, False, (Lack.HISTORY,), id="history"),
    ],
)
def test_what_is_missing_depends_on_the_kind_of_channel(
    denied: dict[str, bool], *, is_thread: bool, expected: tuple[Lack, ...]
) -> None:
    may = discord.Permissions.all()
    may.update(**denied)

    lacks = _lacks(may, is_thread=is_thread)

    assert lacks == expected
    assert hinders(lacks) == (bool(expected) and expected != (Lack.HISTORY,))


def test_notice_of_a_pause_says_why_where_and_what_resumes_it() -> None:
    told = PausedNotice(
        schedule=make_schedule(),
        reason=PauseReason.REFUSED,
        server="Crate **Diggers**",
        lacks=(Lack.SEND,),
    )
    [text] = [
        each.content
        for each in paused_notice(told, ENGLISH).walk_children()
        if isinstance(each, ui.TextDisplay)
    ]

    assert f"<#{ID}> on Crate \\*\\*Diggers\\*\\*" in text
    assert "- **Send Messages**" in text
    assert "`/digest resume`" in text
    assert "By now I may" not in text


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        pytest.param(None, f"**Next:** <t:{int(NOW.timestamp())}:F>", id="not paused"),
        pytest.param(PauseReason.BY_HAND, "until somebody resumes it", id="by hand"),
        pytest.param(PauseReason.REFUSED, "I wasn't allowed to post it", id="refused"),
        pytest.param(PauseReason.UNCERTAIN, "couldn't tell whether it went out", id="uncertain"),
    ],
)
def test_panel_and_list_tell_when_it_comes_or_why_it_does_not(
    reason: PauseReason | None, expected: str
) -> None:
    shown = Shown(schedule=make_schedule(reason=reason), members=())

    panel = digest_panel(shown, user_id=ID, texts=ENGLISH)
    listed = digests_list((shown,), user_id=ID, texts=ENGLISH)

    for view in (panel, listed):
        texts = [each.content for each in view.walk_children() if isinstance(each, ui.TextDisplay)]
        assert expected in "\n".join(texts)
