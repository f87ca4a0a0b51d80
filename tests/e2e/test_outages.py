"""Whatever an upstream does, the user gets a prompt, honest answer."""

import pytest
from harness.bots import BotFactory, RunningBot, final_message

from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.sandbox import Sandbox

DOWN = Fault(kind=FaultKind.CUT_BEFORE_BODY)

# Each kind goes through the services in tests/services/test_transport_faults.py; here, those that
# differ to the user are always tried, and the others in the long run.
OUTAGES = [
    pytest.param(DOWN, id="connection cut"),
    pytest.param(Fault(kind=FaultKind.STATUS, status=500), id="500", marks=pytest.mark.long),
    pytest.param(Fault(kind=FaultKind.STATUS, status=502), id="502 html", marks=pytest.mark.long),
    pytest.param(Fault(kind=FaultKind.STATUS, status=503, retry_after="120"), id="503 and wait"),
    pytest.param(Fault(kind=FaultKind.RATE_LIMIT), id="429", marks=pytest.mark.long),
    pytest.param(Fault(kind=FaultKind.RATE_LIMIT, retry_after="3600"), id="429 for an hour"),
    pytest.param(Fault(kind=FaultKind.CUT_IN_BODY), id="cut in the body", marks=pytest.mark.long),
    pytest.param(Fault(kind=FaultKind.MALFORMED_BODY), id="broken JSON"),
    pytest.param(Fault(kind=FaultKind.WRONG_TYPE), id="a web page instead", marks=pytest.mark.long),
    pytest.param(Fault(kind=FaultKind.STALL), id="stall"),
    pytest.param(Fault(kind=FaultKind.STATUS, status=401), id="401", marks=pytest.mark.long),
    pytest.param(Fault(kind=FaultKind.STATUS, status=403), id="403"),
]
# The shortened deadline of an upstream is 4 s; then come the fallback and one edit. The rest is
# for a busy machine.
LIMIT_SECONDS = 15.0


def break_upstream(sandbox: Sandbox, name: str, fault: Fault = DOWN) -> None:
    getattr(sandbox, name).faults.set(fault)


@pytest.mark.parametrize("fault", OUTAGES)
async def test_search_answers_from_discogs_when_spotify_fails(
    bot: RunningBot, fault: Fault
) -> None:
    break_upstream(bot.sandbox, "spotify", fault)

    message = await final_message(await bot.command("search", query="blue train"), LIMIT_SECONDS)

    assert "discogs.com/release/" in message.text
    assert "⚠️" in message.text
    assert "Spotify" in message.text
    assert "[Search on Spotify](https://open.spotify.com/search/blue%20train)" in message.text


@pytest.mark.parametrize("fault", OUTAGES)
async def test_search_answers_from_spotify_when_discogs_fails(
    bot: RunningBot, fault: Fault
) -> None:
    break_upstream(bot.sandbox, "discogs", fault)

    message = await final_message(await bot.command("search", query="blue train"), LIMIT_SECONDS)

    assert "open.spotify.com/album/" in message.text
    assert "⚠️" in message.text
    assert "[Search on Discogs](https://www.discogs.com/search/?q=blue%20train)" in message.text


@pytest.mark.parametrize("fault", OUTAGES)
async def test_describe_offers_the_facts_when_euria_fails(bot: RunningBot, fault: Fault) -> None:
    break_upstream(bot.sandbox, "euria", fault)

    exchange = await bot.command("describe", topic="Blue Train by John Coltrane")
    message = await final_message(exchange, LIMIT_SECONDS)

    assert "EurIA" in message.text
    assert "Blue Note" in message.text
    assert "Data provided by Discogs" in message.text
    assert "Written by AI" not in message.text


async def test_search_is_still_helpful_when_everything_is_down(bot: RunningBot) -> None:
    for upstream in ("spotify", "discogs", "euria"):
        break_upstream(bot.sandbox, upstream)

    message = await final_message(await bot.command("search", query="blue train"), LIMIT_SECONDS)

    assert "Spotify isn't answering right now" in message.text
    assert "Discogs isn't answering right now" in message.text
    assert "https://open.spotify.com/search/blue%20train" in message.text
    assert "https://www.discogs.com/search/?q=blue%20train" in message.text


async def test_describe_is_still_honest_when_everything_is_down(bot: RunningBot) -> None:
    for upstream in ("spotify", "discogs", "euria"):
        break_upstream(bot.sandbox, upstream)

    exchange = await bot.command("describe", topic="Blue Train by John Coltrane")
    message = await final_message(exchange, LIMIT_SECONDS)

    assert "EurIA isn't answering right now" in message.text
    assert "no facts of my own" in message.text
    assert "Try again" in message.text


async def test_status_tells_that_an_upstream_is_down(bot: RunningBot) -> None:
    break_upstream(bot.sandbox, "spotify")
    for query in ("one", "two", "three", "four", "five"):
        await final_message(await bot.command("search", query=query), LIMIT_SECONDS)

    status = await final_message(await bot.command("status"))

    assert "🔴 **Spotify**" in status.text
    assert "🟢 **Discogs**" in status.text


async def test_answer_seen_before_is_shown_with_its_age_when_the_upstream_fails(
    start_bot: BotFactory,
) -> None:
    async with start_bot({"DISCOGS_STALE_HOURS": "0.01"}) as bot:
        search = await final_message(await bot.command("search", query="blue train"))
        values = [o["value"] for menu in search.selects for o in menu["options"]]
        release = next(value for value in values if value.startswith("discogs:release:"))
        alice = bot.sandbox.discord.users["alice"]
        menu_id = f"search:pick:{alice.id}"
        picked = await bot.sandbox.discord.choose(search, menu_id, [release])
        await picked.wait_until(lambda _: "`A2`" in search.text)
        break_upstream(bot.sandbox, "discogs")

        again = await final_message(await bot.command("search", query="Blue  TRAIN"))

        assert "discogs.com/release/" in again.text  # kept for an hour: as good as live
        assert "⚠️" not in again.text


async def test_stream_that_breaks_in_the_middle_keeps_its_text_and_says_so(
    bot: RunningBot,
) -> None:
    break_upstream(bot.sandbox, "euria", Fault(kind=FaultKind.CUT_IN_BODY, after=40))

    exchange = await bot.command("describe", topic="Blue Train by John Coltrane", length="long")
    message = await final_message(exchange, 15)

    assert "Cut short" in message.text
    assert "Blue Train" in message.text
    assert "▌" not in message.text
    assert [b["label"] for b in message.buttons] == ["Try again"]


@pytest.mark.long
async def test_stream_that_stalls_in_the_middle_keeps_its_text_and_says_so(
    bot: RunningBot,
) -> None:
    break_upstream(bot.sandbox, "euria", Fault(kind=FaultKind.STALL, after=40))

    exchange = await bot.command("describe", topic="Blue Train by John Coltrane", length="long")
    message = await final_message(exchange, 15)

    assert "Cut short" in message.text
    assert "taking too long" in message.text


async def test_stream_without_done_marker_is_shown_as_cut_short(bot: RunningBot) -> None:
    break_upstream(bot.sandbox, "euria", Fault(kind=FaultKind.NO_DONE, after=40))

    exchange = await bot.command("describe", topic="Blue Train by John Coltrane", length="long")
    message = await final_message(exchange, 15)

    assert "Cut short" in message.text


async def test_slow_writer_is_announced_and_its_text_edited_in(start_bot: BotFactory) -> None:
    async with start_bot({"EURIA_FIRST_TOKEN_TIMEOUT_SECONDS": "5"}) as bot:
        bot.sandbox.euria.behaviour.first_token_seconds = 2.0

        exchange = await bot.command("describe", topic="Blue Train by John Coltrane")
        await exchange.wait_until(
            lambda e: any("Writing about it" in m.text for m in e.messages), 10
        )
        message = await final_message(exchange, 15)

        assert "Written by AI" in message.text


async def test_late_upstream_is_named_while_the_other_is_shown(start_bot: BotFactory) -> None:
    patient = {"DISCOGS_ATTEMPT_TIMEOUT_SECONDS": "8", "DISCOGS_DEADLINE_SECONDS": "9"}
    async with start_bot(patient) as bot:
        break_upstream(bot.sandbox, "discogs", Fault(kind=FaultKind.DELAY, seconds=3.0))

        exchange = await bot.command("search", query="blue train")
        await exchange.wait_until(
            lambda e: any("Looking it up on Discogs…" in m.text for m in e.messages), 10
        )
        partial = exchange.last.text
        message = await final_message(exchange, 8)

        assert "open.spotify.com/album/" in partial
        assert "discogs.com/release/" in message.text
        assert "Looking it up" not in message.text


async def test_discogs_is_never_asked_more_often_than_it_allows(start_bot: BotFactory) -> None:
    async with start_bot({"DISCOGS_REQUESTS_PER_MINUTE": "4"}) as bot:
        queries = ("abbey road", "homogenic", "nevermind", "mezzanine", "ok computer", "rumours")
        for query in queries:
            await final_message(await bot.command("search", query=query, kind="release"))
        exchange = await bot.command("search", query="blue train", kind="release")
        message = await final_message(exchange, LIMIT_SECONDS)

        assert len(bot.sandbox.discogs.requests) == 4
        assert "I've used up my requests to Discogs for now" in message.text
