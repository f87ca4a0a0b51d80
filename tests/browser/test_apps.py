"""What a bot offers for a message, found in that message's menu."""

import pytest
from browser.stage import Stage

pytest.importorskip("playwright", reason="no Playwright: pip install playwright")
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_entry_of_a_messages_menu_is_used_from_the_keyboard_and_by_right_click(
    sample: Stage,
) -> None:
    await sample.type("hello", "<Enter>")
    await expect(sample.last).to_contain_text("hello")
    apps = sample.messages.first.get_by_role("button", name="Apps")
    await expect(apps).to_have_css("opacity", "0")

    await apps.focus()
    await sample.type("<Enter>")
    await expect(sample.choice("Say nothing")).to_be_visible()
    await sample.type("<Enter>")
    await expect(sample.last).to_contain_text("5 letters")
    await expect(sample.last.locator(".above")).to_have_text("AAlice used Count letters")
    await expect(apps).to_be_focused()

    await sample.messages.first.locator(".text").click(button="right")
    await sample.choice("Count letters").click()
    await expect(sample.messages).to_have_count(3)


async def test_menu_closes_without_a_choice_and_an_unanswered_entry_is_told(sample: Stage) -> None:
    await sample.type("hello", "<Enter>")
    apps = sample.messages.first.get_by_role("button", name="Apps")
    await apps.click()
    await expect(sample.choice("Count letters")).to_be_visible()
    await sample.type("<Escape>")
    await expect(sample.choice("Count letters")).to_have_count(0)
    await expect(sample.messages).to_have_count(1)

    await apps.click()
    await sample.choice("Say nothing").click()
    await expect(sample.last).to_contain_text("The application did not respond")
    await expect(sample.last.get_by_role("button", name="Apps")).to_have_count(0)
