"""Who has left the server whose digest they joined, as far as Discord tells."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from harness.digests import DigestStage, digest_stage

from bot.delivery.door import Door
from bot.digests.presence import ServerPresence
from bot.sandbox.faults import Fault, FaultKind
from services.resilience.clock import SystemClock

NOBODY = 1


@pytest.fixture
async def stage(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DigestStage]:
    file = Path(shutil.copy(sqlite_template, tmp_path / "aime.db"))
    async with digest_stage(file, monkeypatch) as ready:
        yield ready


@pytest.fixture
async def presence(stage: DigestStage) -> ServerPresence:
    door = Door()
    door.open(stage.bot)
    return ServerPresence(door, clock=SystemClock())


async def test_who_is_not_in_the_server_is_absent(
    stage: DigestStage, presence: ServerPresence
) -> None:
    alice = stage.discord.users["alice"].id

    absent = await presence.absent(stage.guild_id, (alice, NOBODY), seconds=3.0)

    assert absent == {NOBODY}


async def test_nobody_is_absent_while_discord_does_not_say_so(
    stage: DigestStage, presence: ServerPresence
) -> None:
    stage.discord.faults.set(Fault(kind=FaultKind.STATUS, status=403))

    assert await presence.absent(stage.guild_id, (NOBODY,), seconds=3.0) == frozenset()
    assert await presence.absent(NOBODY, (NOBODY,), seconds=3.0) == frozenset()
