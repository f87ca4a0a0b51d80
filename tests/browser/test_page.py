"""The page around the messages: many of them, phones, contrast, lost connections."""

import pytest
from browser.stage import Stage

pytest.importorskip("playwright", reason="no Playwright: pip install playwright")
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Count what changes in the conversation, apart from one message.
WATCH = """(id) => {
    window.touched = [];
    new MutationObserver((records) => {
        for (const {target} of records) {
            if (!target.closest?.(`#message-${id}`)) touched.push(target.outerHTML.slice(0, 80));
        }
    }).observe(document.getElementById("scroller"),
        {childList: true, subtree: true, attributes: true, characterData: true});
}"""

# The texts whose contrast with what is behind them is below WCAG AA.
PALE = """() => {
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = (rgb) => rgb.slice(0, 3).map((c) => c / 255)
        .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const over = (top, below) => {
        const alpha = top[3] ?? 1;
        return below.map((c, i) => top[i] * alpha + c * (1 - alpha));
    };
    const behind = (node) => {
        if (!node) return [255, 255, 255];
        const own = parse(getComputedStyle(node).backgroundColor);
        return (own[3] ?? 1) === 1 ? own : over(own, behind(node.parentElement));
    };
    const pale = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const node = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim()) continue;
        if (!node.checkVisibility({visibilityProperty: true})) continue;
        if (node.closest(":disabled, [inert], option")) continue;
        const back = behind(node).slice(0, 3);
        const [a, b] = [light(over(parse(getComputedStyle(node).color), back)), light(back)];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) pale.push(`${ratio.toFixed(2)} ${texts.currentNode.data.slice(0, 40)}`);
    }
    return pale;
}"""


async def test_edit_among_a_thousand_messages_touches_only_its_own(sample: Stage) -> None:
    discord = sample.sandbox.discord
    for number in range(500):
        await discord.send_message(f"**{number}** before", channel="vinyl")
    command = await discord.run_command("everything", channel="vinyl")
    await command.wait_until(lambda exchange: bool(exchange.messages))
    for number in range(500):
        await discord.send_message(f"**{number}** after", channel="vinyl")
    await sample.open(place="vinyl")
    await expect(sample.messages).to_have_count(1001)
    message = command.last

    await sample.page.evaluate(WATCH, str(message.id))
    for _ in range(2):
        await discord.press(message, "play")
    edited = sample.page.locator(f"#message-{message.id}")
    await expect(edited.get_by_role("heading", name="Played twice")).to_have_count(1)

    assert await sample.page.evaluate("window.touched") == []


async def test_end_of_the_conversation_stays_in_sight_unless_one_reads_above(
    sample: Stage,
) -> None:
    for number in range(40):
        await sample.sandbox.discord.send_message(f"{number} " + "word " * 60, channel="general")
    await expect(sample.last).to_be_in_viewport()
    await sample.page.locator("#scroller").hover()
    await sample.page.mouse.wheel(0, -900)
    jump = sample.page.get_by_role("button", name="Jump to the newest message")
    await expect(jump).to_be_visible()

    await sample.sandbox.discord.send_message("one more", channel="general")
    await expect(sample.messages).to_have_count(41)
    await expect(sample.last).not_to_be_in_viewport()
    await jump.click()
    await expect(sample.last).to_be_in_viewport()


async def test_phone_shows_everything_within_its_width(sample: Stage) -> None:
    await sample.page.set_viewport_size({"width": 390, "height": 844})
    await sample.command("everything")
    await expect(sample.last.locator(".container")).to_be_visible()

    assert await sample.page.evaluate("document.documentElement.scrollWidth") == 390
    await sample.page.get_by_role("button", name="Places").click()
    await sample.page.get_by_role("button", name="vinyl").click()
    await expect(sample.page.locator("#place-name")).to_have_text("#vinyl")
    await expect(sample.page.locator("#places")).to_be_hidden()
    await sample.page.get_by_role("button", name="Backstage").click()
    await expect(sample.page.get_by_label("Spotify", exact=True)).to_be_focused()
    await sample.type("<Escape>")
    await expect(sample.page.locator("#panel")).to_be_hidden()


async def test_every_text_has_enough_contrast(sample: Stage) -> None:
    await sample.type("hello <@1> `code` [link](https://example.org/) @everyone", "<Enter>")
    for number, name in enumerate(("everything", "classic", "markdown", "secret"), 2):
        await sample.command(name)
        await expect(sample.messages).to_have_count(number)
    await sample.type("/")
    await expect(sample.offer("/pick")).to_be_visible()

    assert await sample.page.evaluate(PALE) == []


async def test_page_without_a_bot_status_says_so_and_unread_places_are_marked(
    sample: Stage,
) -> None:
    await expect(sample.page.locator("#condition-spotify")).to_have_text("the bot has not said yet")

    await sample.sandbox.discord.send_message("psst", channel="vinyl")

    await expect(sample.page.get_by_role("button", name="vinyl")).to_have_class("unread")


async def test_page_finds_its_server_again(sample: Stage) -> None:
    await sample.type("before", "<Enter>")
    await expect(sample.last).to_contain_text("before")

    await sample.chat.stop()
    await expect(sample.page.locator("#banner")).to_contain_text("Looking for it…")
    await sample.chat.start()

    await expect(sample.page.locator("#banner")).to_be_hidden()
    await sample.type("after", "<Enter>")
    await expect(sample.last).to_contain_text("after")
