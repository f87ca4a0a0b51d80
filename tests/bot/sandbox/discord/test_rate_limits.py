"""Rate limits, faults on the wire, and what a streamed message looks like under them."""

from collections.abc import Awaitable, Callable
from typing import Any

import discord
import pytest
from discord.ext import commands

from bot.sandbox.discord import DiscordStandIn, Limit, RateLimits, stream_report
from bot.sandbox.faults import Fault, FaultKind

RunBot = Callable[..., Awaitable[commands.Bot]]
Api = Any
"""The `RawApi` of conftest.py, which cannot be imported from here."""


async def test_every_answer_carries_the_headers_of_its_bucket(api: Api) -> None:
    answer = await api("GET", "/users/@me")

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-RateLimit-Limit"] == "50"
    assert answer.headers["X-RateLimit-Remaining"] == "49"
    assert 0 < float(answer.headers["X-RateLimit-Reset-After"]) <= 1
    assert float(answer.headers["X-RateLimit-Reset"]) > 1_700_000_000
    assert answer.headers["X-RateLimit-Bucket"]


async def test_sixth_webhook_request_in_two_seconds_is_answered_with_429(api: Api) -> None:
    exchange = await api.open()
    await api.answer(exchange, 5)
    path = api.webhook(exchange, "@original")

    answers = [await api("PATCH", path, {"content": str(n)}) for n in range(6)]

    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == [*"432100"]
    limited = answers[-1]
    assert limited.body["message"] == "You are being rate limited."
    assert limited.body["global"] is False
    assert 0 < limited.body["retry_after"] <= 2
    assert limited.headers["Retry-After"] in ("1", "2")
    assert limited.headers["X-RateLimit-Scope"] == "user"
    assert limited.headers["Via"] == "1.1 google"
    assert exchange.last.text == "4"


async def test_channels_and_sends_and_edits_have_buckets_of_their_own(
    stand_in: DiscordStandIn, api: Api
) -> None:
    general = f"/channels/{stand_in.channels['general'].id}/messages"
    vinyl = f"/channels/{stand_in.channels['vinyl'].id}/messages"

    sent = [await api("POST", general, {"content": str(n)}) for n in range(6)]
    elsewhere = await api("POST", vinyl, {"content": "x"})
    edited = await api("PATCH", f"{general}/{sent[0].body['id']}", {"content": "y"})

    assert [answer.status for answer in sent] == [200] * 5 + [429]
    assert (elsewhere.status, edited.status) == (200, 200)


class TestGlobalLimit:
    """The limit over everything, made small."""

    @pytest.fixture
    def stand_in_options(self) -> dict[str, object]:
        return {"limits": RateLimits(everything=Limit(requests=3, seconds=30.0))}

    async def test_bot_routes_share_a_global_limit_that_webhooks_are_free_of(
        self, api: Api
    ) -> None:
        exchange = await api.open()

        answers = [await api("GET", "/users/@me") for _ in range(3)]
        callback = await api.answer(exchange, 4, {"content": "x"})

        assert [answer.status for answer in answers] == [200, 200, 429]
        assert answers[-1].body["global"] is True
        assert answers[-1].headers["X-RateLimit-Global"] == "true"
        assert answers[-1].headers["X-RateLimit-Scope"] == "global"
        assert callback.status == 200


class TestSmallWindow:
    """A webhook limit short enough to wait for."""

    @pytest.fixture
    def stand_in_options(self) -> dict[str, object]:
        return {"limits": RateLimits(webhook=Limit(requests=2, seconds=0.3))}

    async def test_discord_py_waits_for_the_window_and_every_edit_arrives(
        self, stand_in: DiscordStandIn, run_bot: RunBot
    ) -> None:
        def register(bot: commands.Bot) -> None:
            @bot.tree.command()
            async def stream(interaction: discord.Interaction) -> None:
                await interaction.response.defer()
                for count in range(1, 6):
                    await interaction.edit_original_response(content="la" * count)

        await run_bot(register)

        exchange = await stand_in.run_command("stream")
        await exchange.wait_until(lambda e: bool(e.messages) and e.last.text == "la" * 5)

        report = stream_report(exchange.last)
        assert (report.edits, report.worst_window) == (5, 5)
        assert report.grows
        assert (report.rewrites, report.empty_versions, report.equal_versions) == (0, 0, 0)
        assert report.seconds_to_first_text is not None
        assert report.seconds_to_first_text < 0.3
        assert sum(gap > 0.2 for gap in report.gaps) == 2
        assert {request.status for request in stand_in.requests} == {200}


async def test_discord_py_repeats_a_request_after_a_429_fault(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    bot = await run_bot(lambda _: None)
    stand_in.faults.set(Fault(kind=FaultKind.RATE_LIMIT, retry_after="0.01", times=1))

    user = await bot.fetch_user(stand_in.users["bob"].id)

    assert user.name == "bob"
    assert [request.status for request in stand_in.requests[-2:]] == [429, 200]


async def test_fault_strikes_rest_only_and_is_recorded(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    bot = await run_bot(lambda _: None)
    fault = Fault(kind=FaultKind.STATUS, status=503, path_prefix="/api/v10/users")
    stand_in.faults.set(fault)

    with pytest.raises(discord.DiscordServerError):
        await bot.fetch_user(stand_in.users["bob"].id)
    await stand_in.disconnect()
    await stand_in.wait_resumed()

    assert stand_in.requests[-1].status == 503


async def test_cut_answer_is_recorded_without_a_status(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    bot = await run_bot(lambda _: None)
    stand_in.faults.set(Fault(kind=FaultKind.CUT_BEFORE_BODY, times=5))

    with pytest.raises((OSError, discord.HTTPException)):
        await bot.fetch_user(stand_in.users["bob"].id)

    assert stand_in.requests[-1].status is None
