"""Backstage: the bot's clock, and what the bot may do in a channel."""

from datetime import timedelta

import pytest
from browser.stage import Stage
from fakes.bot_clock import FakeBotClock

pytest.importorskip("playwright", reason="no Playwright: pip install playwright")
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_clock_is_set_to_monday_morning_and_back(sample: Stage) -> None:
    page, clock = sample.page, FakeBotClock()
    await expect(page.locator("#clock")).to_be_hidden()
    sample.chat.bot_clock = clock

    await sample.open()
    await page.get_by_label("Time zone").select_option("Europe/Zurich")
    await page.get_by_label("Time of day").fill("08:00")
    await page.get_by_role("button", name="Set").click()
    await expect(page.locator("#bot-time")).to_contain_text("Monday")
    await expect(page.locator("#bot-time")).to_contain_text("08:00:0")
    moved = clock.ahead
    await page.get_by_role("button", name="Back to now").click()

    await expect(page.get_by_role("button", name="Back to now")).to_be_disabled()
    assert timedelta() < moved <= timedelta(days=7)
    assert abs(clock.ahead) < timedelta(seconds=1)


async def test_channel_is_closed_to_the_bot_and_deleted(sample: Stage) -> None:
    page = sample.page
    await sample.open(place="vinyl")

    await page.get_by_label("write").uncheck()
    await page.get_by_label("look").uncheck()
    await expect(page.get_by_label("write")).not_to_be_checked()
    denied = int(sample.sandbox.discord.channels["vinyl"].bot_is_denied)
    await page.get_by_role("button", name="Delete this channel").click()

    await expect(page.locator("#place-name")).to_have_text("#general")
    assert denied == (1 << 10) | (1 << 11)
    assert "vinyl" not in sample.sandbox.discord.channels
