"""Forms."""

import pytest
from browser.stage import Stage

pytest.importorskip("playwright", reason="no Playwright: pip install playwright")
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_form_is_opened_filled_in_and_sent_from_the_keyboard(sample: Stage) -> None:
    await sample.command("form")
    dialog = sample.page.get_by_role("dialog", name="Add a record")
    await expect(dialog).to_contain_text("Tell me about it.")
    await expect(dialog.get_by_label("Title")).to_be_focused()

    await sample.type("Aja", "<Tab>", "<Enter>", "<ArrowDown>", "<Enter>", "<Tab>", "<Space>")
    await sample.type("<Tab>", "<Space>", "<Tab>", "<Space>", "<Tab>", "<Tab>", "<Enter>")

    await expect(dialog).to_have_count(0)
    await expect(sample.last).to_contain_text("sent Aja / ['cd'] / m / ['Poster', 'Lyrics']")
    await expect(sample.page.locator("#text")).to_be_focused()


async def test_focus_stays_in_the_form_until_it_is_closed(sample: Stage) -> None:
    await sample.command("form")
    await expect(sample.page.get_by_role("dialog")).to_be_visible()
    for _ in range(10):
        await sample.type("<Tab>")
        await expect(sample.page.locator("body > :not(dialog) :focus")).to_have_count(0)

    await sample.type("<Escape>")
    await expect(sample.page.get_by_role("dialog")).to_have_count(0)
    await sample.type("hello", "<Enter>")  # the composer has the focus, and a caret
    await expect(sample.last).to_contain_text("hello")


async def test_incomplete_form_is_not_sent(sample: Stage) -> None:
    await sample.command("form")
    dialog = sample.page.get_by_role("dialog")
    await dialog.get_by_label("Title").fill("Aja")

    await dialog.get_by_role("button", name="Submit").click()

    await expect(dialog.get_by_role("alert")).to_contain_text("takes 1 to 1 values, not 0")


async def test_long_texts_people_files_and_boxes_are_sent(sample: Stage) -> None:
    await sample.command("notes")
    dialog = sample.page.get_by_role("dialog")
    await expect(dialog.get_by_label("Notes")).to_have_value("dusty")
    await dialog.get_by_label("Notes").fill("two\nlines")
    await dialog.get_by_label("Seller").click()
    await sample.choice("Bob").click()
    await dialog.get_by_label("Photo").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"}
    )
    await dialog.get_by_label("Rare").check()

    await dialog.get_by_role("button", name="Submit").click()

    bob = sample.sandbox.discord.users["bob"].id
    await expect(sample.last).to_contain_text(f"sent two lines / ['{bob}'] / ['")
    await expect(sample.last).to_contain_text("/ True")
