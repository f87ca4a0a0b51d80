"""The whole sandbox: it starts, tells its settings, and leaves nothing behind."""

import asyncio
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

import bot
from bot.sandbox.discogs import DiscogsStandIn
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.spotify import SpotifyStandIn

_NAMES = {
    "DISCORD_TOKEN",
    "DISCORD_API_URL",
    "DISCORD_CDN_URL",
    "SPOTIFY_CLIENT_ID",
    "SPOTIFY_CLIENT_SECRET",
    "SPOTIFY_API_URL",
    "SPOTIFY_ACCOUNTS_URL",
    "DISCOGS_TOKEN",
    "DISCOGS_CONSUMER_KEY",
    "DISCOGS_CONSUMER_SECRET",
    "DISCOGS_API_URL",
    "DISCOGS_AUTHORIZE_URL",
    "EURIA_TOKEN",
    "EURIA_API_URL",
    "EURIA_MODEL",
}


async def test_environment_names_every_setting_of_the_upstreams() -> None:
    async with Sandbox() as sandbox:
        environment = sandbox.environment()

    assert environment.keys() == _NAMES
    assert environment["SPOTIFY_API_URL"].endswith("/v1")
    assert environment["EURIA_API_URL"].endswith("/openai/v1")
    addresses = [value for name, value in environment.items() if name.endswith("_URL")]
    assert all(value.startswith("http://127.0.0.1:") for value in addresses)


async def test_sandbox_can_be_started_again_after_it_was_stopped(
    session: aiohttp.ClientSession,
) -> None:
    sandbox = Sandbox()
    await sandbox.start()
    await sandbox.stop()
    await sandbox.start()

    async with session.get(f"{sandbox.discogs.api_url}/artists/194") as response:
        status = response.status
    await sandbox.stop()

    assert status == 200


async def test_nothing_runs_after_the_stop() -> None:
    before = asyncio.all_tasks()

    async with Sandbox():
        pass

    assert asyncio.all_tasks() == before


async def test_settings_of_a_sandbox_that_does_not_run_are_refused() -> None:
    with pytest.raises(RuntimeError):
        Sandbox().environment()


async def test_failed_start_stops_what_was_started() -> None:
    async with SpotifyStandIn() as running:
        port = int(running.url.rpartition(":")[2])
        sandbox = Sandbox(discogs=DiscogsStandIn(port=port))

        with pytest.raises(OSError, match="address already in use"):
            await sandbox.start()

        with pytest.raises(RuntimeError):
            sandbox.spotify.url  # noqa: B018  # reading it is the point


async def test_second_start_of_a_stand_in_changes_nothing() -> None:
    async with SpotifyStandIn() as stand_in:
        url = stand_in.url
        await stand_in.start()

        assert stand_in.url == url


async def test_command_prints_the_settings_and_ends_on_an_interrupt() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-m",
        "bot.sandbox",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(bot.__file__).parents[1],
    )
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode() for _ in _NAMES]
    process.send_signal(signal.SIGINT)
    _, errors = await process.communicate()

    assert {line.removeprefix("export ").partition("=")[0] for line in lines} == _NAMES
    assert (process.returncode, errors) == (0, b"")
