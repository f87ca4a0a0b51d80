"""Tried as a new user would: one clear line and a clean exit, whatever is wrong."""

import signal
import socket
from pathlib import Path

from harness.bots import BotFactory, eventually, final_message
from harness.command_line import complaint, run_aime

from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.sandbox import Sandbox


async def test_missing_token_is_named(tmp_path: Path) -> None:
    code, _, errors = await run_aime(tmp_path, {})

    assert code == 1
    assert "DISCORD_TOKEN is not set" in complaint(errors)


async def test_wrong_token_is_refused_in_one_line(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        settings = {**sandbox.environment(), "DISCORD_TOKEN": "wrong-canary", "WEB_PORT": "0"}

        code, _, errors = await run_aime(tmp_path, settings)

    assert code == 1
    assert "Discord does not accept this token" in complaint(errors)
    assert "wrong-canary" not in errors


async def test_no_network_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        api_url = f"http://127.0.0.1:{closed.getsockname()[1]}/api"
        settings = {"DISCORD_TOKEN": "x", "DISCORD_API_URL": api_url, "WEB_PORT": "0"}

        code, _, errors = await run_aime(tmp_path, settings)

    assert code == 1
    assert "Discord cannot be reached" in complaint(errors)


async def test_port_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with Sandbox() as sandbox:
            settings = {**sandbox.environment(), "WEB_PORT": str(port)}

            code, _, errors = await run_aime(tmp_path, settings)

    assert code == 1
    assert "Set WEB_PORT to another port" in complaint(errors)


async def test_wrong_settings_are_all_named_and_never_quoted(tmp_path: Path) -> None:
    settings = {"EURIA_TIMEOUT_SECONDS": "canary-1", "SPOTIFY_MARKET": "canary-2"}

    code, _, errors = await run_aime(tmp_path, settings)

    assert code == 2
    assert "EURIA_TIMEOUT_SECONDS (from environment): expected a number" in errors
    assert "SPOTIFY_MARKET (from environment): expected a country code" in errors
    assert "canary" not in errors


async def test_disabled_upstreams_name_the_setting_to_fill_in(start_bot: BotFactory) -> None:
    missing = {"SPOTIFY_CLIENT_ID": "", "DISCOGS_TOKEN": "", "EURIA_TOKEN": ""}
    async with start_bot(missing) as bot:
        search = await final_message(await bot.command("search", query="abbey road"))
        text = await final_message(await bot.command("describe", topic="Abbey Road"))
        status = await final_message(await bot.command("status"))

    assert "`SPOTIFY_CLIENT_ID`" in search.text
    assert "`DISCOGS_TOKEN`" in search.text
    assert "`EURIA_TOKEN`" in text.text
    assert "⚪ **Spotify**" in status.text
    assert "🟡 **Discogs**" in status.text


async def test_upstream_can_be_switched_off(start_bot: BotFactory) -> None:
    async with start_bot({"SPOTIFY_ENABLED": "false"}) as bot:
        message = await final_message(await bot.command("search", query="abbey road"))

    assert "`SPOTIFY_ENABLED`" in message.text
    assert "discogs.com/release/" in message.text


async def test_interrupt_during_a_stream_ends_the_text_honestly(start_bot: BotFactory) -> None:
    async with start_bot() as bot:
        exchange = await bot.command("describe", topic="Kind of Blue by Miles Davis", length="long")
        await exchange.wait_until(lambda e: bool(e.messages) and "▌" in e.last.text, 8)

        bot.process.send_signal(signal.SIGINT)
        code = await bot.process.wait()

        assert code == 0
        assert "▌" not in exchange.last.text
        assert "I'm restarting" in exchange.last.text
        await eventually(lambda: bot.sandbox.euria.aborted_streams == 1)


async def test_termination_during_a_search_leaves_no_thinking_behind(
    start_bot: BotFactory,
) -> None:
    patient = {"DISCOGS_ATTEMPT_TIMEOUT_SECONDS": "60", "DISCOGS_DEADLINE_SECONDS": "60"}
    async with start_bot(patient) as bot:
        bot.sandbox.discogs.faults.set(Fault(kind=FaultKind.STALL))
        exchange = await bot.command("search", query="abbey road")
        await exchange.wait_acknowledged(3)

        bot.process.terminate()
        code = await bot.process.wait()

        assert code == 0
        assert not exchange.thinking
        assert "⏳" not in exchange.last.text


async def test_doctor_finds_everything_sound_in_the_sandbox(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        code, output, errors = await run_aime(tmp_path, sandbox.environment(), "doctor")

    assert (code, errors) == (0, "")
    assert output.count("✓") >= 5
    assert "oauth2/authorize?client_id=" in output


async def test_doctor_says_what_to_mend(tmp_path: Path) -> None:
    async with Sandbox() as sandbox:
        broken = {
            "DISCOGS_TOKEN": "canary",
            "EURIA_MODEL": "no-such-model",
            "SPOTIFY_CLIENT_ID": "",
        }

        code, output, errors = await run_aime(
            tmp_path, {**sandbox.environment(), **broken}, "doctor"
        )

    assert code == 1
    assert "✗ Discogs: refused with status 401; check DISCOGS_TOKEN" in output
    assert "EURIA_MODEL is not offered" in output
    assert "– Spotify: disabled; set SPOTIFY_CLIENT_ID" in output
    assert "canary" not in output + errors
