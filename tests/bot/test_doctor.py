"""``aime doctor``'s verdicts, against the stand-ins over real sockets."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import pytest_asyncio

from bot.doctor import Checkup, Verdict, doctor
from bot.sandbox.euria import quirk
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.sandbox import Sandbox
from bot.settings import Settings, load_settings
from services.http import HttpClient, open_session
from services.resilience.clock import SystemClock

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOD, REDUCED, BAD = Verdict.GOOD, Verdict.REDUCED, Verdict.BAD
UPSTREAMS = ("spotify", "discogs", "euria")


class HurriedClock(SystemClock):
    """Limits come a hundred times sooner."""

    def timeout_at(self, instant: float | None) -> AbstractAsyncContextManager[None]:
        assert instant is not None
        now = self.monotonic()
        return super().timeout_at(now + (instant - now) / 100)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Sandbox:
    """The stand-ins without any fault."""
    for name in UPSTREAMS:
        getattr(shared_sandbox, name).faults.clear()
    return shared_sandbox


async def check(
    sandbox: Sandbox,
    folder: Path,
    changes: Mapping[str, str] | None = None,
    *,
    clock: SystemClock | None = None,
) -> dict[str, tuple[Verdict, str]]:
    """Return the findings by subject, with some settings changed (empty: not set)."""
    clock = clock or SystemClock()
    settings = make_settings(sandbox, folder, changes or {})
    async with open_session(user_agent="test/1") as session:
        checkup = Checkup(settings, HttpClient(session, clock=clock), clock)
        findings = [finding async for finding in checkup.findings()]
    return {finding.subject.strip(): (finding.verdict, finding.text) for finding in findings}


def make_settings(sandbox: Sandbox, folder: Path, changes: Mapping[str, str]) -> Settings:
    return load_settings({**sandbox.environment(), **changes}, folder)


async def test_doctor_finds_a_sound_bot_sound(sandbox: Sandbox, tmp_path: Path) -> None:
    findings = await check(sandbox, tmp_path)

    assert {verdict for verdict, _ in findings.values()} == {GOOD}
    assert list(findings) == [
        "settings",
        "Discord",
        "invite to a server",
        "install for yourself",
        "Spotify",
        "its accounts",
        "Discogs",
        "EurIA",
    ]


@pytest.mark.parametrize(
    ("redirect", "advice"),
    [
        ("http://127.0.0.1:8080/callback/spotify", "people copy the address"),
        ("https://bot.example/spotify", "people come back by themselves"),
    ],
)
async def test_doctor_says_what_linking_spotify_accounts_needs(
    sandbox: Sandbox, tmp_path: Path, redirect: str, advice: str
) -> None:
    findings = await check(sandbox, tmp_path, {"SPOTIFY_REDIRECT_URL": redirect})

    _, said = findings["its accounts"]
    assert f"redirect URI {redirect} in the dashboard" in said
    assert advice in said
    assert "5 people" in said


async def test_doctor_makes_invite_links_for_this_bot(sandbox: Sandbox, tmp_path: Path) -> None:
    findings = await check(sandbox, tmp_path)

    server, person = findings["invite to a server"][1], findings["install for yourself"][1]
    assert f"client_id={sandbox.discord.bot_user.id}&" in server
    assert "scope=bot+applications.commands&permissions=" in server
    assert "integration_type=0" in server
    assert "scope=applications.commands&integration_type=1" in person


async def test_doctor_names_the_models_that_could_be_chosen(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    _, said = (await check(sandbox, tmp_path))["EurIA"]

    assert all(model in said for model in sandbox.euria.models)


@pytest.mark.parametrize(
    ("capabilities", "is_known"), [("{}", False), ('{"new/model": {"max_output": 900}}', True)]
)
async def test_doctor_tells_when_nobody_knows_what_the_model_can_do(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    capabilities: str,
    is_known: bool,
) -> None:
    monkeypatch.setattr(sandbox.euria, "models", ["new/model"])
    changes = {"EURIA_MODEL": "new/model", "EURIA_MODEL_CAPABILITIES": capabilities}

    findings = await check(sandbox, tmp_path, changes)

    assert findings["EurIA"][0] is GOOD
    assert ("its model" not in findings) is is_known


async def test_doctor_names_the_models_that_are_left_when_one_is_retired(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.euria.faults.set(quirk("retired"))

    verdict, said = (await check(sandbox, tmp_path))["EurIA"]

    assert verdict is BAD
    assert "choose one of: mistral3, " in said


@pytest.mark.parametrize(
    ("changes", "subject", "text"),
    [
        pytest.param({"SPOTIFY_ENABLED": "no"}, "Spotify", "switched off", id="spotify off"),
        pytest.param(
            {"SPOTIFY_CLIENT_SECRET": ""}, "Spotify", "set SPOTIFY_CLIENT_ID", id="spotify keyless"
        ),
        pytest.param({"DISCOGS_ENABLED": "no"}, "Discogs", "switched off", id="discogs off"),
        pytest.param({"DISCOGS_TOKEN": ""}, "Discogs", "set DISCOGS_TOKEN", id="discogs keyless"),
        pytest.param({"EURIA_ENABLED": "no"}, "EurIA", "switched off", id="euria off"),
        pytest.param({"EURIA_TOKEN": ""}, "EurIA", "set EURIA_TOKEN", id="euria keyless"),
        pytest.param({"EURIA_API_URL": ""}, "EurIA", "EURIA_PRODUCT_ID", id="euria productless"),
    ],
)
async def test_doctor_tells_what_is_reduced_and_which_setting_would_mend_it(
    sandbox: Sandbox, tmp_path: Path, changes: dict[str, str], subject: str, text: str
) -> None:
    verdict, said = (await check(sandbox, tmp_path, changes))[subject]

    assert verdict is REDUCED
    assert text in said


@pytest.mark.parametrize(
    ("changes", "subject", "text"),
    [
        pytest.param({"DISCORD_TOKEN": ""}, "Discord", "set DISCORD_TOKEN", id="no bot token"),
        pytest.param(
            {"DISCORD_TOKEN": "canary"}, "Discord", "check DISCORD_TOKEN", id="wrong bot token"
        ),
        pytest.param(
            {"SPOTIFY_CLIENT_SECRET": "canary"},
            "Spotify",
            "check SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET",
            id="wrong spotify secret",
        ),
        pytest.param(
            {"DISCOGS_TOKEN": "canary"}, "Discogs", "check DISCOGS_TOKEN", id="wrong discogs token"
        ),
        pytest.param({"EURIA_TOKEN": "canary"}, "EurIA", "check EURIA_TOKEN", id="wrong token"),
        pytest.param({"EURIA_MODEL": "no-such"}, "EurIA", "choose one of: ", id="wrong model"),
        pytest.param(
            {"DISCOGS_API_URL": "http://127.0.0.1:9"}, "Discogs", "the network", id="unreachable"
        ),
    ],
)
async def test_doctor_tells_what_is_wrong_and_never_the_value(
    sandbox: Sandbox, tmp_path: Path, changes: dict[str, str], subject: str, text: str
) -> None:
    findings = await check(sandbox, tmp_path, changes)

    verdict, said = findings[subject]
    assert verdict is BAD
    assert text in said
    assert "canary" not in str(findings)


@pytest.mark.parametrize("upstream", UPSTREAMS)
async def test_doctor_does_not_wait_for_an_upstream_that_hangs(
    sandbox: Sandbox, tmp_path: Path, upstream: str
) -> None:
    getattr(sandbox, upstream).faults.set(Fault(kind=FaultKind.STALL))

    findings = await check(sandbox, tmp_path, clock=HurriedClock())

    verdict, said = findings[{"euria": "EurIA"}.get(upstream, upstream.title())]
    assert verdict is BAD
    assert "no answer within 10 s" in said


async def test_doctor_does_not_take_any_page_for_discogs(sandbox: Sandbox, tmp_path: Path) -> None:
    wrong = f"{sandbox.discogs.api_url}/nowhere"

    verdict, said = (await check(sandbox, tmp_path, {"DISCOGS_API_URL": wrong}))["Discogs"]

    assert (verdict, said) != (GOOD, "the token works")


@pytest.mark.parametrize("upstream", UPSTREAMS)
async def test_doctor_does_not_take_a_login_page_of_the_network_for_an_upstream(
    sandbox: Sandbox, tmp_path: Path, upstream: str
) -> None:
    # A hotel's portal answers 200 with HTML to whatever is asked.
    getattr(sandbox, upstream).faults.set(Fault(kind=FaultKind.WRONG_TYPE))

    findings = await check(sandbox, tmp_path)

    assert findings[{"euria": "EurIA"}.get(upstream, upstream.title())][0] is BAD


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {}, (0, "Everything the bot needs is there: `aime run` starts it."), id="sound"
        ),
        pytest.param(
            {"EURIA_TOKEN": ""},
            (0, "Everything the bot needs is there: `aime run` starts it."),
            id="reduced",
        ),
        pytest.param(
            {"DISCORD_TOKEN": ""},
            (1, "Mend the lines marked ✗, then run `aime doctor` again."),
            id="broken",
        ),
    ],
)
async def test_doctor_ends_with_what_to_do_next(
    sandbox: Sandbox,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, str],
    expected: tuple[int, str],
) -> None:
    code = await doctor(make_settings(sandbox, tmp_path, changes))

    *findings, last = capsys.readouterr().out.splitlines()
    assert (code, last) == expected
    assert {line[0] for line in findings} <= set("✓–✗")
