"""What the creator of a digest reads in a direct message, and when they take none."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.accounts import ChangingKeys
from fakes.clock import WALL_START
from harness.digests import CATALOGUE, DigestStage, digest_stage

from bot.delivery.delivery import make_delivery
from bot.digests.announcing import DigestAnnouncer
from bot.sandbox.discord import Permission
from bot.sandbox.faults import Fault, FaultKind
from services.accounts.cipher import TokenCipher
from services.delivery import DiscordUnavailable, Refused
from services.digests.models import Changes, PauseReason, Slot
from services.resilience.clock import SystemClock


@pytest.fixture
async def stage(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DigestStage]:
    file = Path(shutil.copy(sqlite_template, tmp_path / "aime.db"))
    async with digest_stage(file, monkeypatch) as ready:
        yield ready


@pytest.fixture
async def announcer(stage: DigestStage) -> DigestAnnouncer:
    database, cipher = stage.services.digest_schedules._database, TokenCipher(ChangingKeys(1))
    delivery = make_delivery(database, CATALOGUE, cipher, clock=SystemClock())
    delivery.door.open(stage.bot)
    return DigestAnnouncer(delivery)


def told(stage: DigestStage) -> list[str]:
    """Return Alice's direct messages, oldest first."""
    board = stage.discord._platform.board
    return [m.text for m in reversed(board.in_channel(stage.discord.channels["dm:alice"]))]


async def test_creator_is_told_once_which_digest_was_paused_and_what_is_missing(
    stage: DigestStage, announcer: DigestAnnouncer
) -> None:
    schedule = await stage.put()
    vinyl = stage.discord.channels["vinyl"].id
    await stage.deny("vinyl", Permission.SEND_MESSAGES)

    await announcer.paused(schedule, PauseReason.REFUSED)
    await announcer.paused(schedule, PauseReason.REFUSED)  # after a crash, once more

    [text] = told(stage)
    assert "I've paused a digest of yours" in text
    assert f"<#{vinyl}> on Crate Diggers, every Monday at 08:00 (Europe/Zurich)" in text
    assert "- **Send Messages**" in text
    assert "`/digest resume`" in text


async def test_creator_reads_the_servers_language_and_that_the_channel_is_gone(
    stage: DigestStage, announcer: DigestAnnouncer
) -> None:
    schedule = await stage.put()
    french = await stage.services.digest_schedules.edit(
        stage.guild_id, schedule.digest_id, Changes(locale="fr")
    )
    await stage.delete("vinyl")

    await announcer.paused(french, PauseReason.REFUSED)

    [text] = told(stage)
    assert "J’ai mis en pause un de tes résumés" in text
    assert "le salon lui-même" in text


async def test_creator_is_told_what_is_uncertain_and_why_it_is_not_repeated(
    stage: DigestStage, announcer: DigestAnnouncer
) -> None:
    schedule = await stage.put()
    await stage.deny("vinyl", Permission.READ_MESSAGE_HISTORY)

    await announcer.uncertain(schedule, Slot(schedule.digest_id, WALL_START))

    [text] = told(stage)
    assert f"<t:{int(WALL_START.timestamp())}:F>" in text
    assert "I post nothing twice" in text
    assert "**Read Message History**" in text


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(Fault(kind=FaultKind.STATUS, status=503), DiscordUnavailable, id="away"),
        pytest.param(Fault(kind=FaultKind.STATUS, status=403), Refused, id="takes no messages"),
    ],
)
async def test_who_cannot_be_told_is_the_callers_affair(
    stage: DigestStage, announcer: DigestAnnouncer, fault: Fault, expected: type[Exception]
) -> None:
    schedule = await stage.put()
    stage.discord.faults.set(fault)

    with pytest.raises(expected):
        await announcer.paused(schedule, PauseReason.REFUSED)

    assert told(stage) == []
