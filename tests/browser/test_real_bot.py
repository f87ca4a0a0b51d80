"""The real bot, used through the page as a person would."""

import re

import pytest
from browser.stage import Stage

pytest.importorskip("playwright", reason="no Playwright: pip install playwright")
from playwright.async_api import expect

from bot.sandbox.faults import Fault, FaultKind

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEARCHED = "Data provided by Discogs"


async def search(stage: Stage, query: str) -> None:
    await stage.command("search", query)
    await expect(stage.last.get_by_role("button", name="Not this one")).to_be_visible()


async def test_search_is_run_from_the_keyboard_alone(real: Stage) -> None:
    await real.type("/s")
    await expect(real.offer("/status")).to_be_visible()
    await real.type("<ArrowDown>", "<ArrowUp>")
    await expect(real.offer("/search")).to_have_class("active")
    await real.type("<Tab>", "kind of blue", "<Enter>")

    await expect(real.last).to_contain_text("Alice used /search")
    await expect(real.last).to_contain_text(SEARCHED)
    await expect(real.last.get_by_role("link", name="Kind of Blue").first).to_have_attribute(
        "href", re.compile(r"^https://open\.spotify\.com/album/")
    )
    pictures = real.last.get_by_role("img", name="Picture of Kind")
    await expect(pictures).to_have_count(2)
    await expect(pictures.first).to_have_js_property("naturalWidth", 640)


async def test_description_grows_in_one_message_and_stops_when_told(real: Stage) -> None:
    real.sandbox.euria.behaviour.chunk_seconds = 0.2
    # Late facts: the button is there, and has the focus, before the card grows a line above it.
    real.sandbox.discogs.faults.set(Fault(kind=FaultKind.DELAY, seconds=0.9))
    await real.command("describe", "Kind of Blue by Miles Davis")
    stop = real.last.get_by_role("button", name="Stop")
    await expect(real.last).to_contain_text("Looking it up on Discogs")
    await stop.focus()
    for words in ("came out in 1959", "Collectors tend to", "perfectly good way"):
        await expect(real.last).to_contain_text(words)
        await expect(real.last).to_contain_text("▌")
    await expect(stop).to_be_focused()  # though the text beside it was edited meanwhile
    await real.type("<Enter>")
    await expect(real.last).to_contain_text("Stopped at your request.")
    await expect(real.last).to_contain_text("(edited)")
    await expect(real.messages).to_have_count(1)


async def test_release_is_chosen_from_the_menu_by_keyboard(real: Stage) -> None:
    await search(real, "kind of blue")

    await real.last.get_by_role("button", name="Not this one").focus()
    await real.type("<Enter>", "<ArrowDown>")
    await expect(real.choice("Columbia CL 1355")).to_have_class("active")
    await real.type("<Enter>")

    await expect(real.last).to_contain_text("Freddie Freeloader")
    await expect(real.last.locator("code", has_text="A2")).to_be_visible()


async def test_fault_is_switched_on_and_its_fallback_read(real: Stage) -> None:
    await real.page.get_by_label("Discogs", exact=True).select_option("429, try again in 60 s")

    await search(real, "moon safari")

    await expect(real.last).to_contain_text("Discogs is asking me to slow down. Try again in")
    await expect(real.last.get_by_role("link", name="Search on Discogs")).to_be_visible()
    requests = real.page.locator("#requests")
    await expect(requests.locator("tr", has_text="/database/search")).to_contain_text("429")
    await expect(real.page.locator("#condition-discogs")).to_contain_text("down · tries again in")
    await real.page.get_by_role("button", name="All well").click()
    await expect(real.page.get_by_label("Discogs", exact=True)).to_have_value("all well")


async def test_conversation_is_found_again_after_a_reload(real: Stage) -> None:
    await search(real, "homogenic")
    await real.command("status")
    await expect(real.last).to_contain_text("How things are")

    await real.page.reload()

    await expect(real.messages).to_have_count(2)
    await expect(real.messages.first).to_contain_text("Homogenic")
    await expect(real.last).to_contain_text("Only you can see this")


async def test_somebody_elses_menu_is_refused_to_the_second_person(real: Stage) -> None:
    await search(real, "abbey road")
    cards = real.messages.first.locator(".container")
    before = await cards.all_text_contents()

    await real.page.get_by_label("You are").select_option("Bob")
    await expect(real.page).to_have_url(re.compile("user=bob"))
    await real.messages.first.get_by_role("button", name="Not this one").click()
    await real.type("<Enter>")

    await expect(real.last).to_contain_text("This menu belongs to whoever searched.")
    await expect(real.last).to_contain_text("Only you can see this")
    assert await cards.all_text_contents() == before
    await real.page.get_by_label("You are").select_option("Alice")
    await expect(real.messages).to_have_count(1)


async def test_page_and_answers_are_french_for_a_french_user(real: Stage) -> None:
    await real.page.get_by_label("Language").select_option("Français")
    await real.page.locator("#text").focus()
    await real.type("/search")
    await expect(real.offer("/search")).to_contain_text("Spotify et Discogs")
    await real.type("<Enter>", "moon safari", "<Enter>")

    await expect(real.last).to_contain_text("Alice a utilisé /search")
    await expect(real.last).to_contain_text("Résultats pour moon safari")


async def test_direct_message_is_written_and_answered(real: Stage) -> None:
    await real.page.get_by_role("button", name="AIME").click()
    await expect(real.page.locator("#text")).to_be_focused()

    await real.type("abbey road", "<Enter>")

    await expect(real.messages.first).to_contain_text("abbey road")
    await expect(real.last).to_contain_text("The Beatles")


async def test_bot_comes_back_after_a_disconnect(real: Stage) -> None:
    await expect(real.page.locator("#condition-discord")).to_contain_text("🟢 connected")

    await real.page.get_by_role("button", name="Disconnect Discord").click()
    await real.sandbox.discord.wait_resumed()
    await real.command("help")

    await expect(real.last).to_contain_text("I find records and tell you about them.")
