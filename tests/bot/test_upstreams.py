"""The upstreams as the bot joins them, against the stand-ins, through a restart."""

from contextlib import aclosing
from pathlib import Path

import pytest
from harness.databases import open_database

from bot.sandbox.euria import Behaviour, EuriaStandIn, quirk
from bot.settings import Settings, load_settings
from bot.upstreams import open_upstreams
from services.errors import QuotaSpent
from services.euria.models import Message, Prompt
from services.resilience.clock import SystemClock
from services.storage.database import Database
from services.storage.migrating import migrate

PROMPT = Prompt(messages=(Message("user", "Homogenic by Björk"),), max_tokens=400, temperature=0.0)


def _settings(euria: EuriaStandIn, folder: Path, **more: str) -> Settings:
    given = {
        "EURIA_TOKEN": euria.token,
        "EURIA_API_URL": euria.api_url,
        "EURIA_MODEL": euria.model,
    }
    return load_settings(given | more, folder)


async def _write(settings: Settings, database: Database) -> str:
    """Return the text that a process writes which starts and stops for it."""
    async with (
        open_upstreams(settings, database, clock=SystemClock()) as upstreams,
        aclosing(upstreams.euria.stream(PROMPT)) as stream,
    ):
        return "".join([text async for text in stream])


async def test_a_restart_does_not_renew_the_tokens_of_the_day(tmp_path: Path) -> None:
    behaviour = Behaviour(first_token_seconds=0.0, chunk_seconds=0.0)
    async with (
        EuriaStandIn(behaviour=behaviour) as euria,
        open_database(tmp_path / "aime.db") as database,
    ):
        await migrate(database)
        settings = _settings(euria, tmp_path, EURIA_DAILY_TOKENS="450")

        written = await _write(settings, database)
        with pytest.raises(QuotaSpent) as refused:
            await _write(settings, database)

    assert written == euria.chats[0].text
    assert (len(euria.chats), (refused.value.retry_after or 0.0) > 86_000) == (1, True)


async def test_the_setting_of_the_capabilities_reaches_the_request(tmp_path: Path) -> None:
    behaviour = Behaviour(first_token_seconds=0.0, chunk_seconds=0.0)
    async with (
        EuriaStandIn(behaviour=behaviour) as euria,
        open_database(tmp_path / "aime.db") as database,
    ):
        await migrate(database)
        euria.faults.set(quirk("all_thought"))
        described = f'{{"{euria.model}": {{"supports_reasoning_effort": true}}}}'
        settings = _settings(euria, tmp_path, EURIA_MODEL_CAPABILITIES=described)

        await _write(settings, database)

    assert [chat.body["reasoning_effort"] for chat in euria.chats] == ["none"]
