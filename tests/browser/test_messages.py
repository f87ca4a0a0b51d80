"""What messages show, and that it stays inside them."""

import re

import pytest
from browser.sample_bot import HOSTILE
from browser.stage import Stage

pytest.importorskip("playwright", reason="no Playwright: pip install playwright")
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Every node drawn outside the message it belongs to, or outside the page.
ESCAPED = """() => {
    const scroller = document.getElementById("scroller");
    const escaped = [];
    if (document.documentElement.scrollWidth > innerWidth) escaped.push("page is too wide");
    if (scroller.scrollWidth > scroller.clientWidth) escaped.push("conversation is too wide");
    for (const message of document.querySelectorAll("#log > article")) {
        const outer = message.getBoundingClientRect();
        for (const node of message.querySelectorAll(".body *")) {
            const box = node.getBoundingClientRect();
            if (box.right > outer.right + 1 || box.left < outer.left - 1) {
                escaped.push(`${node.tagName}.${node.className} ${box.left}..${box.right}`);
            }
        }
        const style = getComputedStyle(message);
        if (!style.contain.includes("content")) escaped.push(`contain: ${style.contain}`);
    }
    return escaped;
}"""


async def test_components_of_every_kind_are_shown(sample: Stage) -> None:
    await sample.command("everything")
    card = sample.last.locator(".container")

    await expect(card).to_have_css("border-left-color", "rgb(240, 178, 50)")
    await expect(card.get_by_role("heading", name="Aja")).to_be_visible()
    for alt in ("Cover of Aja", "Front", "Back"):
        picture = card.get_by_role("img", name=alt)
        await picture.scroll_into_view_if_needed()
        await expect(picture).to_have_js_property("naturalWidth", 64)
    await expect(card.get_by_role("separator")).to_have_count(1)
    await expect(card.get_by_role("link", name="tracks.txt")).to_be_visible()
    await card.get_by_role("button", name="Spoiler, press to reveal").click()
    await expect(card.get_by_role("img", name="Secret")).to_be_visible()
    await expect(sample.last.get_by_role("button", name="Off")).to_be_disabled()
    await expect(sample.last.get_by_role("link", name="Site")).to_have_attribute(
        "href", "https://example.org/"
    )


async def test_buttons_and_menus_of_every_kind_act(sample: Stage) -> None:
    await sample.command("everything")
    shown = sample.messages.first

    await shown.get_by_role("button", name="Success").click()
    await expect(sample.last).to_contain_text("used success")
    await shown.get_by_role("button", name="Several").click()
    await sample.type("<Enter>", "<ArrowDown>", "<Enter>", "<Escape>")
    await expect(sample.last).to_contain_text("used many ['Abbey Road', 'Aja']")
    for label, choice, custom_id in (
        ("Who?", "Bob", "who"),
        ("Which role?", "Moderators", "role"),
        ("Where?", "#vinyl", "where"),
    ):
        await shown.get_by_role("button", name=label).click()
        await sample.choice(choice).click()
        await expect(sample.last).to_contain_text(re.compile(rf"used {custom_id} \['\d+'\]"))


async def test_unanswered_press_fails_visibly_until_the_next_one(sample: Stage) -> None:
    discord = sample.sandbox.discord
    exchange = await discord.run_command("everything")

    await sample.last.get_by_role("button", name="Danger").click()

    await expect(sample.last.get_by_role("alert")).to_have_text("This interaction failed")
    await discord.press(exchange.last, "play", user="bob")
    await expect(sample.last.get_by_role("heading", name="Played once")).to_be_visible()
    await expect(sample.last.get_by_role("alert")).to_be_visible()
    await sample.last.get_by_role("button", name="Play").click()
    await expect(sample.last.get_by_role("heading", name="Played twice")).to_be_visible()
    await expect(sample.last.get_by_role("alert")).to_have_count(0)


async def test_embeds_and_files_are_shown(sample: Stage) -> None:
    await sample.command("classic")
    embed = sample.last.locator(".embed")

    await expect(embed).to_have_css("border-left-color", "rgb(240, 178, 50)")
    await expect(embed.get_by_role("link", name="Aja")).to_be_visible()
    await expect(embed.locator("strong", has_text="Steely Dan")).to_be_visible()
    await expect(embed.locator(".inline")).to_have_text(["Year1977", "LabelABC"])
    await expect(embed.get_by_role("listitem")).to_have_text(["one", "two"])
    await expect(embed.locator("footer")).to_contain_text("For sale • ")
    await expect(sample.last.get_by_role("link", name="tracks.txt")).to_be_visible()
    await sample.last.get_by_role("button", name="Buy").click()
    await expect(sample.last).to_contain_text("used buy")


async def test_markdown_is_drawn_and_none_of_it_stays_raw(sample: Stage) -> None:
    await sample.command("markdown")
    body = sample.last.locator(".markdown")

    for level, text in ((3, "One"), (4, "Two"), (5, "Three")):
        await expect(body.get_by_role("heading", level=level)).to_have_text(text)
    for selector, text in {
        ".small strong": "print",
        ".text > strong": "bold",
        "u": "under",
        "s": "gone",
        "em strong, strong em": "both",
        ".text code": "co*de*",
        "blockquote": "quoted line\nand another",
        "li li": "nested",
        "pre": 'print("*not* italic")',
    }.items():
        await expect(body.locator(selector).first).to_have_text(text)
    await expect(body).to_contain_text("snake_case_name stays, *escaped* too")
    await expect(body.get_by_role("link", name="masked")).to_have_attribute(
        "href", "https://example.org/a_(b)"
    )
    await expect(body.locator(".mention")).to_have_text(["@Alice", "#general", "@everyone"])
    await expect(body.get_by_role("img", name=":vinyl:")).to_be_visible()
    await expect(body.locator("time").last).to_have_text(re.compile("^in (1|2) minutes?$"))
    raw = re.compile(r"\*\*|__|~~|\|\||^#|^-#|^>|```|<t:|<@", re.MULTILINE)
    assert raw.search(await body.inner_text()) is None


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_text_stays_inside_its_message(sample: Stage, kind: str) -> None:
    await sample.command("hostile", kind)
    await expect(sample.messages).to_have_count(2)
    await sample.page.set_viewport_size({"width": 390, "height": 844})

    await expect(sample.last.locator(".container")).to_be_visible()
    assert await sample.page.evaluate(ESCAPED) == []
    assert await sample.page.evaluate("window.hit") is None
    await expect(
        sample.page.locator("#log :is(script, style, [href^='javascript'])")
    ).to_have_count(0)
    await expect(sample.page.locator("#text")).to_be_visible()


async def test_reversing_characters_do_not_reverse_what_stands_beside_them(sample: Stage) -> None:
    before = await sample.page.locator("#place-name").bounding_box()
    await sample.type(HOSTILE["override"], "<Enter>")
    await expect(sample.messages).to_have_count(1)

    assert await sample.page.locator("#place-name").bounding_box() == before
    name = await sample.last.locator(".name").bounding_box()
    time = await sample.last.locator("header time").bounding_box()
    assert name is not None
    assert time is not None
    assert name["x"] < time["x"]
