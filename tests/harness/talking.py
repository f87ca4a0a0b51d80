"""What people say to the bot in the tests of linked accounts, and what comes of it."""

import re
from typing import Any

from bot.sandbox.discord import Exchange, Message
from harness.bots import RunningBot, final_message


def button_id(message: Message, prefix: str, *, place: str = "") -> str:
    ids = [str(button.get("custom_id")) for button in message.buttons]
    return next(each for each in ids if each.startswith(prefix) and each.endswith(place))


def is_over(exchange: Exchange) -> bool:
    return bool(exchange.messages) and exchange.last.text.startswith(("✅", "⚠️", "⏹️"))


async def said(bot: RunningBot, name: str, user: str = "alice", /, **options: Any) -> Message:  # noqa: ANN401  # passed through
    return await final_message(await bot.sandbox.discord.run_command(name, options, user=user), 15)


async def sync(bot: RunningBot, user: str = "alice", **options: Any) -> Message:  # noqa: ANN401  # passed through
    """Run ``/collection sync`` to its end."""
    exchange = await bot.sandbox.discord.run_command("collection sync", options, user=user)
    await exchange.wait_until(is_over, 60)
    return exchange.last


async def linked(bot: RunningBot, username: str, user: str = "alice") -> None:
    """Link by name, and have all of it read."""
    message = await said(bot, "account link-discogs", user, username=username)
    assert message.text.startswith("✅"), message.text
    assert (await sync(bot, user)).text.startswith("✅")


async def authorize_url(bot: RunningBot, user: str = "alice") -> tuple[Message, str]:
    panel = await said(bot, "account link-discogs", user)
    [url] = [str(button["url"]) for button in panel.buttons if button.get("url")]
    return panel, url


def request_token(url: str) -> str:
    found = re.search(r"oauth_token=(\w+)", url)
    assert found is not None
    return found[1]


async def allowed(bot: RunningBot, username: str, user: str = "alice") -> Message:
    """Link by OAuth: allow it on Discogs, and bring the code."""
    panel, url = await authorize_url(bot, user)
    code = bot.sandbox.discogs.oauth.allow(request_token(url), username)
    discord = bot.sandbox.discord
    form = await discord.press(panel, button_id(panel, "account:code"), user=user)
    await form.wait_acknowledged(3)
    sent = await discord.submit_modal(form, {"code": code}, user=user)
    await sent.wait_until(lambda _: "is linked" in panel.text, 10)
    return panel
