"""The chat page's server as its page, another site's page and two people see it; no browser."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from fakes.bot_clock import FakeBotClock

from bot.sandbox.chat import ChatServer
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.sandbox import Sandbox


class Page:
    """What a page can ask its server; its Origin is right unless a test says otherwise."""

    def __init__(self, chat: ChatServer, session: aiohttp.ClientSession) -> None:
        self._url = chat.url.rstrip("/")
        self._session = session

    async def do(
        self, name: str, given: object, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        async with self._session.post(
            f"{self._url}/do/{name}", json=given, headers={"Origin": self._url, **(headers or {})}
        ) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str, **headers: str) -> aiohttp.ClientResponse:
        async with self._session.get(f"{self._url}{path}", headers=headers) as answer:
            await answer.read()
            return answer

    def live(self, user: str, origin: str | None = None) -> Any:  # noqa: ANN401  aiohttp keeps its type private
        return self._session.ws_connect(
            f"{self._url}/live?user={user}", origin=origin or self._url, timeout=_PATIENCE
        )


_PATIENCE = aiohttp.ClientWSTimeout(ws_receive=3)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as started:
        yield started


@pytest.fixture
async def chat(sandbox: Sandbox) -> AsyncIterator[ChatServer]:
    async with ChatServer(sandbox) as started:
        yield started


@pytest.fixture
async def page(chat: ChatServer) -> AsyncIterator[Page]:
    async with aiohttp.ClientSession() as session:
        yield Page(chat, session)


async def test_page_comes_with_a_policy_that_allows_nothing_from_elsewhere(
    page: Page, sandbox: Sandbox
) -> None:
    answer = await page.get("/")

    policy = dict(p.split(" ", 1) for p in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["img-src"].split()[:3] == ["'self'", sandbox.spotify.url, sandbox.discogs.url]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_page_itself_has_nothing_inline(page: Page) -> None:
    html = await (await page.get("/")).text()

    assert "<script>" not in html
    assert "<style" not in html
    assert " style=" not in html
    assert " on" not in html.replace(" on the", "")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:80"])
async def test_name_that_points_here_is_refused(page: Page, host: str) -> None:
    assert (await page.get("/", Host=host)).status == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_other_sites_can_neither_act_nor_listen(page: Page, origin: str) -> None:
    status, _ = await page.do("fault", {}, {"Origin": origin})
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await page.live("alice", origin=origin).__aenter__()

    assert status == 403
    assert refusal.value.status == 403


async def test_connecting_page_gets_everything_its_person_may_see(page: Page) -> None:
    await page.do("send", {"user": "alice", "channel": "general", "text": "to all"})
    await page.do("send", {"user": "alice", "channel": "dm:alice", "text": "to the bot"})

    async with page.live("alice") as live:
        alice = await live.receive_json()
    async with page.live("bob") as live:
        bob = await live.receive_json()

    assert [m["content"] for m in alice["messages"]] == ["to all", "to the bot"]
    assert [m["content"] for m in bob["messages"]] == ["to all"]
    assert "dm:bob" not in [place["key"] for place in alice["places"]]
    assert alice["panel"]["faults"]["discogs"] == "all well"


async def test_nobody_else_connects(page: Page) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await page.live("olivia").__aenter__()


async def test_changes_arrive_as_they_happen(page: Page, sandbox: Sandbox) -> None:
    async with page.live("bob") as live:
        await live.receive_json()
        exchange = await sandbox.discord.send_message("hello", channel="vinyl")
        created = await live.receive_json()
        assert exchange.message is not None
        await sandbox.discord.delete_message(exchange.message)
        deleted = await live.receive_json()

    assert created["message"]["content"] == "hello"
    assert deleted == {"type": "gone", "id": created["message"]["id"]}


async def test_fault_is_switched_on_named_and_cleared(page: Page, sandbox: Sandbox) -> None:
    await page.do("fault", {"upstream": "euria", "fault": "stalls in mid-stream"})
    switched = sandbox.euria.faults.current
    sandbox.discogs.faults.set(Fault(kind=FaultKind.DELAY, seconds=0.5))
    async with page.live("alice") as live:
        shown = (await live.receive_json())["panel"]["faults"]
    _, cleared = await page.do("fault", {})

    assert switched == Fault(kind=FaultKind.STALL, after=8)
    assert shown["euria"] == "stalls in mid-stream"
    assert shown["discogs"] == "something else"
    assert set(cleared["faults"].values()) == {"all well"}
    assert sandbox.euria.faults.current is None


@pytest.mark.parametrize(
    ("name", "given", "problem"),
    [
        pytest.param("send", {"user": "bob"}, "a member is missing", id="a member is missing"),
        pytest.param("send", [], "of the wrong type", id="no object"),
        pytest.param(
            "send",
            {"user": "bob", "channel": "dm:alice", "text": "x"},
            "bob is not in dm:alice",
            id="not in the channel",
        ),
        pytest.param(
            "send",
            {"user": "bob", "channel": "general", "text": "x" * 2001},
            "1 to 2000 characters",
            id="too long",
        ),
        pytest.param(
            "fault", {"upstream": "euria", "fault": "fire"}, "has no fault 'fire'", id="no fault"
        ),
        pytest.param(
            "press",
            {"message": "1", "control": "x", "user": "bob", "locale": "fr"},
            "this message is gone",
            id="no message",
        ),
        pytest.param(
            "submit",
            {"exchange": "1", "values": {}, "user": "bob"},
            "no longer open",
            id="no form",
        ),
        pytest.param(
            "run",
            {"command": "x", "options": {"f": {"name": "a", "base64": "?"}}},
            "a is not base64",
            id="no file",
        ),
    ],
)
async def test_impossible_act_is_refused_with_a_reason(
    page: Page, name: str, given: object, problem: str
) -> None:
    status, answer = await page.do(name, given)

    assert status == 400
    assert problem in answer["error"]


async def test_dismissing_is_for_ones_own_whispers(page: Page, sandbox: Sandbox) -> None:
    exchange = await sandbox.discord.send_message("hello", channel="general")
    assert exchange.message is not None

    status, answer = await page.do(
        "dismiss", {"user": "alice", "message": str(exchange.message.id)}
    )

    assert status == 400
    assert "only what nobody else sees" in answer["error"]


async def test_requests_upstream_are_shown_without_the_pages_own_pictures(
    page: Page, sandbox: Sandbox
) -> None:
    async with aiohttp.ClientSession() as session:
        await session.get(f"{sandbox.discogs.url}/img/x.png")
        await session.get(f"{sandbox.discogs.url}/releases/1", headers={"User-Agent": "AIME/1"})

    async with page.live("alice") as live:
        panel = (await live.receive_json())["panel"]

    assert [(r["upstream"], r["path"]) for r in panel["requests"]] == [("Discogs", "/releases/1")]


async def test_request_whose_connection_was_cut_is_shown_as_such(
    page: Page, sandbox: Sandbox
) -> None:
    sandbox.discogs.faults.set(Fault(kind=FaultKind.CUT_BEFORE_BODY))
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.post(f"{sandbox.discogs.url}/x", headers={"User-Agent": "AIME/1"})

    async with page.live("alice") as live:
        panel = (await live.receive_json())["panel"]

    assert [request["status"] for request in panel["requests"]] == ["cut"]


async def test_bots_own_view_is_passed_on(page: Page, chat: ChatServer) -> None:
    upstreams = [{"name": "discogs", "condition": "down", "retry_at": None, "waiting": 2}]

    async def statusz(_: web.Request) -> web.Response:
        return web.json_response({"upstreams": upstreams})

    app = web.Application()
    app.router.add_get("/statusz", statusz)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    chat.bot_status_url = f"http://127.0.0.1:{runner.addresses[0][1]}/statusz"

    async with page.live("alice") as live:
        await live.receive_json()
        change = await live.receive_json()
    await runner.cleanup()

    assert change["panel"]["upstreams"] == upstreams


async def test_bot_that_tells_nothing_is_no_problem(page: Page, chat: ChatServer) -> None:
    chat.bot_status_url = "http://127.0.0.1:9/statusz"

    async with page.live("alice") as live:
        await live.receive_json()
        change = await live.receive_json()

    assert change["panel"]["upstreams"] == []


async def test_server_can_be_stopped_and_started_at_the_same_address(
    chat: ChatServer, page: Page
) -> None:
    url = chat.url
    await page.do("send", {"user": "alice", "channel": "general", "text": "kept"})

    await chat.stop()
    with pytest.raises(RuntimeError):
        _ = chat.url
    await chat.start()

    assert chat.url == url
    async with page.live("alice") as live:
        assert [m["content"] for m in (await live.receive_json())["messages"]] == ["kept"]


async def test_commands_are_those_the_person_may_use_there_under_their_full_names(
    page: Page, sandbox: Sandbox
) -> None:
    browse = {"type": 1, "name": "browse", "description": "Look"}
    shelf = {"name": "shelf", "description": "Shelf", "options": [browse]}
    everywhere = {"integration_types": [0, 1], "contexts": [0, 1, 2]}
    commands = [
        shelf | everywhere,
        {"name": "secret", "description": "No", "default_member_permissions": "32"},
        {"name": "Look up", "type": 3},
    ]
    discord = sandbox.discord
    async with aiohttp.ClientSession(
        headers={"Authorization": f"Bot {discord.bot_token}"}
    ) as session:
        url = f"{discord.api_url}/v10/applications/{discord.bot_user.id}/commands"
        await session.put(url, json=commands)

    offered = {
        (user, channel): [c["name"] for c in (await page.do("commands", who))[1]["commands"]]
        for user, channel in (("alice", "general"), ("bob", "general"), ("alice", "group"))
        for who in [{"user": user, "channel": channel}]
    }

    assert offered == {
        ("alice", "general"): ["shelf browse", "secret"],
        ("bob", "general"): ["shelf browse"],
        ("alice", "group"): ["shelf browse"],
    }


async def test_channel_is_denied_and_deleted_before_every_pages_eyes(page: Page) -> None:
    async with page.live("bob") as live:
        await live.receive_json()
        await page.do("deny", {"channel": "vinyl", "denied": ["write", "read back"]})
        denied = await live.receive_json()
        await page.do("delete-channel", {"channel": "vinyl"})
        deleted = await live.receive_json()
    elsewhere, _ = await page.do("deny", {"channel": "dm:bob", "denied": ["write"]})

    shown = {place["key"]: place["denied"] for place in denied["places"]}
    assert (shown["vinyl"], shown["general"], shown["dm:bob"]) == (["write", "read back"], [], None)
    assert "vinyl" not in [place["key"] for place in deleted["places"]]
    assert elsewhere == 400


async def test_clock_is_moved_from_the_page_only_when_the_bot_has_one_that_can_be(
    page: Page, chat: ChatServer
) -> None:
    refused, problem = await page.do("clock", {"by": 3_600})
    chat.bot_clock = FakeBotClock()
    moved, answer = await page.do("clock", {"by": 3_600})
    async with page.live("alice") as live:
        panel = (await live.receive_json())["panel"]

    assert (refused, problem) == (400, {"error": "this bot's clock cannot be moved"})
    assert (moved, answer) == (200, {"clock": {"ahead": 3_600}})
    assert panel["clock"] == {"ahead": 3_600}
