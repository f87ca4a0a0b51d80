"""Commands with their options, from the keyboard."""

import pytest
from browser.stage import Stage

pytest.importorskip("playwright", reason="no Playwright: pip install playwright")
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def enter(stage: Stage, command: str) -> None:
    await stage.page.locator("#text").focus()
    await stage.type(f"/{command}")
    await stage.offer(f"/{command}").wait_for()
    await stage.type("<Enter>")


async def test_autocomplete_choices_and_truth_values_are_picked_by_keyboard(sample: Stage) -> None:
    await enter(sample, "pick")
    await expect(sample.offer("Abbey Road")).to_be_visible()
    await sample.type("blu")
    await expect(sample.offer("Blue Train")).to_be_visible()
    await expect(sample.offer("Abbey Road")).to_have_count(0)
    await sample.type("<ArrowDown>", "<Enter>")  # Kind of Blue, below Blue Train
    await sample.type("<Tab>", "<Enter>")
    await expect(sample.offer("45")).to_be_visible()
    await sample.type("<ArrowDown>", "<Tab>", "<Tab>", "<Enter>", "tr", "<Enter>", "<Enter>")

    await expect(sample.last).to_contain_text("id:Kind of Blue, 45, True, None")


async def test_people_are_offered_for_an_option_that_takes_one(sample: Stage) -> None:
    await enter(sample, "pick")
    await sample.type("anything")
    await expect(sample.page.locator("#hint")).to_have_text("record — Which one")
    more = sample.page.get_by_role("button", name="who (optional)")
    await more.focus()
    await sample.type("<Enter>", "bo", "<Enter>", "<Enter>")

    await expect(sample.last).to_contain_text("anything, -, False, bob")


async def test_failed_autocomplete_is_told_and_escape_keeps_what_was_typed(sample: Stage) -> None:
    await enter(sample, "pick")
    await sample.type("boom")

    await expect(sample.page.locator("#hint")).to_have_text("Loading options failed.")
    await sample.type("<Enter>")
    await expect(sample.last).to_contain_text("boom, -, False, None")


async def test_missing_required_option_is_asked_for(sample: Stage) -> None:
    await enter(sample, "pick")
    await expect(sample.offer("Abbey Road")).to_be_visible()
    await sample.type("<Escape>", "<Enter>")

    await expect(sample.page.locator("#hint")).to_have_text(
        "This option is required. Specify a value."
    )
    await expect(sample.page.get_by_label("record")).to_be_focused()
    await sample.type("<Escape>")
    await expect(sample.page.locator("#text")).to_be_focused()


async def test_file_is_sent_with_a_command(sample: Stage) -> None:
    await enter(sample, "upload")
    await sample.page.get_by_label("file").set_input_files(
        {"name": "sleeve.txt", "mimeType": "text/plain", "buffer": b"twelve bytes"}
    )
    await sample.page.get_by_role("button", name="Send").click()

    await expect(sample.last).to_contain_text("sleeve.txt has 12 bytes")


async def test_subcommand_is_found_by_any_part_of_its_name(sample: Stage) -> None:
    await sample.type("/brow")
    await expect(sample.offer("/shelf browse")).to_be_visible()
    await sample.type("<Enter>", "<Enter>")

    await expect(sample.last).to_contain_text("nothing there")


async def test_commands_one_may_not_use_are_not_offered(sample: Stage) -> None:
    await sample.type("/")
    await expect(sample.offer("/secret")).to_be_visible()

    await sample.open(user="bob")
    await sample.type("/")
    await expect(sample.offer("/pick")).to_be_visible()
    await expect(sample.offer("/secret")).to_have_count(0)


async def test_unanswered_command_says_so_to_its_user_until_dismissed(sample: Stage) -> None:
    await sample.command("silent")
    await expect(sample.last).to_contain_text("The application did not respond")

    await sample.page.reload()
    await expect(sample.last).to_contain_text("Only you can see this")
    await sample.open(user="bob")
    await expect(sample.messages).to_have_count(0)
    await sample.open()
    await sample.last.get_by_role("button", name="Dismiss message").click()
    await expect(sample.messages).to_have_count(0)


async def test_whisper_is_seen_by_one_person_and_can_be_dismissed(sample: Stage) -> None:
    await sample.command("secret")
    await expect(sample.last).to_contain_text("just you")

    await sample.open(user="bob")
    await expect(sample.messages).to_have_count(0)
    await sample.open()
    await sample.last.get_by_role("button", name="Dismiss message").click()
    await expect(sample.messages).to_have_count(0)


async def test_plain_text_is_sent_with_its_lines(sample: Stage) -> None:
    await sample.type("one", "<Shift+Enter>", "**two**", "<Enter>")

    await expect(sample.last.locator(".text")).to_have_text("one\ntwo")
    await expect(sample.last.locator("strong")).to_have_text("two")
    await expect(sample.page.locator("#text")).to_have_value("")
