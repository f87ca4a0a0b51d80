"""Settings of whoever runs these tests; without keys a test skips, or fails when told to."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, load_settings
from services.http import HttpClient, open_session
from services.resilience.clock import SystemClock

_ROOT = Path(__file__).parents[2]
_TRUE = ("1", "true", "yes")


@pytest.fixture(scope="session")
def skip() -> Callable[[str], None]:
    """Skip the test; with SKIP_IS_FAIL=1 fail it, so that a run with keys cannot test nothing."""
    is_fail = os.environ.get("SKIP_IS_FAIL", "") in _TRUE  # noqa: TID251  # a switch of the tests

    def skip(reason: str) -> None:
        if is_fail:
            pytest.fail(f"SKIP_IS_FAIL: {reason}")
        pytest.skip(reason)

    return skip


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The real settings: the environment, ``.env`` and ``secrets.json`` of this checkout."""
    try:
        return load_settings(directory=_ROOT)
    except SettingsError as error:
        pytest.fail(f"the settings cannot be used: {error}")


@pytest.fixture
async def http(settings: Settings) -> AsyncIterator[HttpClient]:
    async with open_session(user_agent=settings.discogs_user_agent) as session:
        yield HttpClient(session, clock=SystemClock())


@pytest.fixture(scope="session", autouse=True)
def opt_in(request: pytest.FixtureRequest) -> None:
    """Run only when asked for by ``-m live``: an ordinary run must not spend anybody's quota."""
    if "live" not in request.config.option.markexpr:
        pytest.skip("talks to real upstreams: run it with -m live")
