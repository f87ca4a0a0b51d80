"""The transcript: messages as plain text, and of an edit only what changed."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.demo.conversation import is_final
from bot.demo.terminal import changed_lines, controls, readable
from bot.sandbox.discord import Exchange, Message
from bot.ui.text import escape, link, timestamp


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("**bold** text", "bold text", id="bold"),
        pytest.param("## Title\n-# small", "Title\n· small", id="heading and small print"),
        pytest.param("[Blue Train](https://a.b/c)", "Blue Train", id="link"),
        pytest.param(f"## {link('a [b] *c*', 'https://a.b/(c)')}", "a [b] *c*", id="hostile link"),
        pytest.param(escape("1. @everyone <@1>"), "1. @everyone <@1>", id="escaped"),
        pytest.param("`code` stays", "`code` stays", id="code"),
        pytest.param(escape("**not bold**"), "**not bold**", id="escaped asterisks"),
    ],
)
def test_readable_shows_markdown_as_text(text: str, expected: str) -> None:
    assert readable(text) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"), [(5, "in "), (-5, " s ago")], ids=["future", "past"]
)
def test_readable_counts_seconds_from_now(minutes: int, expected: str) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=minutes)

    text = readable(f"again {timestamp(moment)}")

    assert expected in text
    assert any(number in text for number in ("299", "300", "301"))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("a\nOnce ▌", "a\nOnce upon ▌", ["… upon ▌"], id="a line grew"),
        pytest.param("a\nOnce ▌", "a\nOnce upon.", ["… upon."], id="the last piece"),
        pytest.param("a\nb", "a\nb\nc", ["c"], id="a line more"),
        pytest.param("a\nb", "a\nc", ["c"], id="a line changed"),
        pytest.param("a\nb", "a\nb", ["(nothing new)"], id="nothing"),
        pytest.param("a\nb", "a", ["(nothing new)"], id="a line less"),
        pytest.param("a\nb\nc", "x\nb\nc", ["x", "b", "c"], id="from the top"),
        pytest.param("", "a\nb", ["a", "b"], id="from nothing"),
    ],
)
def test_edit_shows_what_it_adds(before: str, after: str, expected: list[str]) -> None:
    assert changed_lines(before, after) == expected


def make_message(text: str = "text", **more: Any) -> Message:  # noqa: ANN401  # passed through
    whole = {"deleted": False, "thinking": False, "buttons": [], "selects": [], **more}
    return cast("Message", SimpleNamespace(text=text, **whole))


def make_exchange(*messages: Message) -> Exchange:
    return cast("Exchange", SimpleNamespace(messages=list(messages)))


STOP = {"custom_id": "describe:stop:1:2", "label": "Stop"}
AGAIN = {"custom_id": "describe:again:1:short:any", "label": "Regenerate", "emoji": {"name": "🔁"}}


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param([], False, id="nothing yet"),
        pytest.param([make_message()], True, id="an answer"),
        pytest.param([make_message(thinking=True)], False, id="thinking"),
        pytest.param([make_message(buttons=[STOP])], False, id="can be stopped"),
        pytest.param([make_message(buttons=[AGAIN])], True, id="can be had again"),
        pytest.param([make_message("⏳ Looking it up on Discogs…")], False, id="awaited"),
        pytest.param([make_message(deleted=True)], False, id="taken back"),
        pytest.param(
            [make_message(thinking=True, deleted=True), make_message()], True, id="error instead"
        ),
    ],
)
def test_answer_is_final_once_nothing_more_is_coming(
    messages: list[Message], *, expected: bool
) -> None:
    assert is_final(make_exchange(*messages)) is expected


def test_answer_to_a_question_with_an_hourglass_is_final_too() -> None:
    # The headline repeats what the user typed.
    assert is_final(make_exchange(make_message(f"Results for **{escape('⏳ hourglass')}**")))


def test_controls_are_buttons_then_the_choices_of_menus() -> None:
    menu = {
        "custom_id": "search:pick:1",
        "options": [
            {"label": "Blue Train", "value": "discogs:release:1", "description": "Discogs · 1957"},
            {"label": "Giant Steps", "value": "discogs:release:2"},
        ],
    }
    dead = {"custom_id": "x", "label": "x", "disabled": True}
    out = {"url": "https://a.b", "label": "Open"}
    message = make_message(buttons=[AGAIN, dead, out], selects=[menu])

    assert controls(message) == [
        ("🔁 Regenerate", "describe:again:1:short:any", None),
        ("Blue Train  (Discogs · 1957)", "search:pick:1", "discogs:release:1"),
        ("Giant Steps", "search:pick:1", "discogs:release:2"),
    ]
