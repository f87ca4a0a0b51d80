"""A Spotify account from linking to unlinking, through the real bot and the sandbox's Spotify."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
from harness.bots import SHORT_LIMITS, BotFactory, RunningBot, check_conduct, eventually
from harness.openapi import DiscordContract
from harness.talking import button_id, said
from harness.warm import WarmStarter

from bot.demo.process import bot_process, move_clock
from bot.sandbox.discord import Exchange, Message
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.spotify.people import LISTENER

PUBLIC = {"SPOTIFY_REDIRECT_URL": "https://bot.example/back/from/spotify"}
STRANGER = "stranger_sam"


async def asked(bot: RunningBot, user: str = "alice") -> tuple[Message, str]:
    """Ask to link; returns the panel and Spotify's page."""
    panel = await said(bot, "account link-spotify", user)
    [url] = [str(button["url"]) for button in panel.buttons if button.get("url")]
    return panel, url


def agreed(bot: RunningBot, url: str, person: str = LISTENER) -> str:
    """Let somebody of Spotify agree; returns where it sends them."""
    accounts = bot.sandbox.spotify.accounts
    return accounts.consents.agree(query_of(url), accounts.people[person])


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def bring(
    bot: RunningBot, panel: Message, address: str, *, until: str, user: str = "alice"
) -> None:
    """Paste an address into the panel's form, until the panel says something."""
    discord = bot.sandbox.discord
    form = await discord.press(panel, button_id(panel, "account:spotify-paste"), user=user)
    await form.wait_acknowledged(3)
    sent = await discord.submit_modal(form, {"address": address}, user=user)

    def is_said(_: Exchange) -> bool:
        return until in panel.text or any(until in each.text for each in sent.messages)

    await sent.wait_until(is_said, 10)


async def test_account_is_linked_by_the_address_that_its_owner_brings(bot: RunningBot) -> None:
    before = await said(bot, "account show")
    panel, url = await asked(bot)
    stolen = agreed(bot, (await asked(bot, "bob"))[1])

    await bring(bot, panel, stolen, until="has expired or was used already")
    panel, url = await asked(bot)
    await bring(bot, panel, "what?", until="doesn't take that")
    panel, url = await asked(bot)
    await bring(bot, panel, agreed(bot, url, STRANGER), until="Spotify")
    after_stranger = await said(bot, "account show")
    panel, url = await asked(bot)
    back = agreed(bot, url)
    await bring(bot, panel, back, until="Marie Listens** is linked")
    shown = await said(bot, "account show")
    others = await said(bot, "account show", "bob")

    assert before.ephemeral
    assert "**Spotify** – not linked" in before.text
    assert "five people" in before.text
    assert "**Spotify** – not linked" in after_stranger.text
    assert "**Spotify** – Marie Listens" in shown.text
    assert "holds until <t:" in shown.text
    assert "**Spotify** – not linked" in others.text

    question = await said(bot, "account unlink", service="spotify")
    before_yes = question.text
    yes = button_id(question, "account:spotify-unlink", place="yes")
    pressed = await bot.sandbox.discord.press(question, yes)
    await pressed.wait_until(lambda _: "is unlinked" in question.text, 10)

    assert "Your playlists on Spotify stay as they are" in before_yes
    assert "**Spotify** – not linked" in (await said(bot, "account show")).text
    for secret in (query_of(url)["state"], query_of(back)["code"], "Marie"):
        assert secret not in bot.log


async def test_account_is_linked_by_the_callback_once_its_person_confirms(
    start_bot: BotFactory,
) -> None:
    async with start_bot(PUBLIC) as bot, aiohttp.ClientSession() as browser:
        found = re.search(r"health pages at (http://\S+)/healthz", bot.log)
        assert found is not None
        page = f"{found[1]}/back/from/spotify"
        panel, url = await asked(bot)
        denied = query_of(bot.sandbox.spotify.accounts.consents.cancel(query_of(url)))
        async with browser.get(page, params=denied) as answer:
            refused = await answer.text()
        _, url = await asked(bot)
        fields = query_of(agreed(bot, url))

        async with browser.get(page, params=fields | {"state": "forged"}) as answer:
            forged = answer.status
        async with browser.get(page, params=fields) as answer:
            question, headers = await answer.text(), answer.headers
        before = await said(bot, "account show")
        async with browser.post(page, data=fields) as answer:
            done = await answer.text()
        async with browser.post(page, data=fields) as answer:
            again = answer.status
        after = await said(bot, "account show")

        assert [button.get("custom_id") for button in panel.buttons] == [None]
        assert "You said no on Spotify, and nothing was linked." in refused
        assert (forged, again) == (410, 410)
        assert "Is this you?" in question
        assert "@alice" in question
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert "**Spotify** – not linked" in before.text
        assert "Spotify&#x27;s Marie Listens is linked" in done
        assert "**Spotify** – Marie Listens" in after.text


async def test_person_is_told_two_weeks_before_the_link_ends(
    tmp_path: Path, discord_contract: DiscordContract, warm: WarmStarter
) -> None:
    async with Sandbox() as sandbox:
        log = tmp_path / "bot.log"
        async with bot_process(
            sandbox, has_movable_clock=True, settings=SHORT_LIMITS, log_path=log, start=warm.start
        ) as process:
            bot = RunningBot(sandbox, process, log)
            panel, url = await asked(bot)
            await bring(bot, panel, agreed(bot, url), until="is linked")

            await move_clock(process, timedelta(days=167))
            await eventually(lambda: bool(told(sandbox)), 10)
            shown = await said(bot, "account show")
        check_conduct(sandbox, log.read_text("utf-8"), discord_contract)

    assert len(told(sandbox)) == 1
    assert "Your link to Spotify ends soon" in told(sandbox)[0]
    assert "Spotify ends this link" in shown.text


def told(sandbox: Sandbox) -> list[str]:
    """Return what the bot has written to Alice in direct messages."""
    channel = sandbox.discord.channels["dm:alice"]
    path = f"/channels/{channel.id}/messages"
    return [
        str(request.json)
        for request in sandbox.discord.requests
        if request.method == "POST" and request.path.endswith(path)
    ]
