"""A growing text as Discord shows it, read by a renderer of our own that knows Discord's rules."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ui.markdown import (
    CURSOR,
    balanced,
    being_written,
    cut,
    neutral,
    settled,
    tidy,
    written,
)
from bot.ui.text import unescape

CALM = settings(deadline=None, max_examples=100)
LIMIT = 3_900

# What discord.com's client matches, in its order (simple-markdown's rules).
_RULES = re.compile(
    r"\\(?P<plain>[^0-9A-Za-z\s])"
    r"|```(?:[\w+-]*\n)?(?P<fence>[^\n][\s\S]*?|\n[\s\S]*?)\n*```"
    r"|(?P<ticks>`+)(?P<code>[\s\S]*?[^`])(?P=ticks)(?!`)"
    r"|\*\*(?P<bold>(?:\\[\s\S]|[^\\])+?)\*\*(?!\*)"
    r"|__(?P<underline>(?:\\[\s\S]|[^\\])+?)__(?!_)"
    r"|~~(?P<strike>[\s\S]+?)~~"
    r"|\|\|(?P<spoiler>[\s\S]+?)\|\|"
    r"|\b_(?P<low>(?:__|\\[\s\S]|[^\\_])+?)_\b"
    r"|\*(?=\S)(?P<star>(?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)"
)


def read(shown: str) -> str:
    """Return what a person reads: without the marks that Discord understands."""

    def render(match: re.Match[str]) -> str:
        name = match.lastgroup
        content = match[name] if name else ""
        return content if name in ("plain", "fence", "code") else read(content)

    return _RULES.sub(render, shown)


# --- Well-formed at every moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a **bold", "a **bold**", id="bold"),
        pytest.param("an *italic", "an *italic*", id="italics"),
        pytest.param("an _italic", "an _italic_", id="other italics"),
        pytest.param("__under", "__under__", id="underline"),
        pytest.param("~~gone", "~~gone~~", id="strike"),
        pytest.param("||who did it", "||who did it||", id="spoiler"),
        pytest.param("`code", "`code`", id="code"),
        pytest.param("``a ` b", "``a ` b``", id="code with a tick"),
        pytest.param("```py\nx = '**'", "```py\nx = '**'\n```", id="fence"),
        pytest.param("**a __b *c", "**a __b *c*__**", id="nested"),
        pytest.param("***both** one", "***both** one*", id="opened together"),
        pytest.param("**a __b** c", "**a __b** c", id="inner mark that stays plain"),
        pytest.param("> **quoted\nnot", "> **quoted\nnot", id="quoted line"),
        pytest.param("a **", "a", id="mark that opens nothing yet"),
        pytest.param("a **bold*", "a **bold**", id="half of a closing mark"),
        pytest.param("a ~~gone~", "a ~~gone~~", id="half of another"),
        pytest.param("a ~ b | c", "a ~ b | c", id="no marks"),
        pytest.param("a **bold** **_", "a **bold**", id="several marks"),
        pytest.param("2 * 3 and 4 ** 5", "2 * 3 and 4 ** 5", id="sums"),
        pytest.param("* item\n* other", "* item\n* other", id="list"),
        pytest.param(r"a \*star", r"a \*star", id="plain character"),
        pytest.param("snake_case", "snake_case", id="inside a word"),
        pytest.param("a\\", "a", id="half of a plain character"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_open_marks_are_closed_and_marks_that_open_nothing_go(text: str, expected: str) -> None:
    assert balanced(text) == expected
    assert balanced(expected) == expected


_WORD = st.sampled_from(
    [
        "jazz",
        "N*E*R*D",
        "é",
        "音楽",
        "👩‍🚀",
        "🇫🇷",
        "don't",
        "1959.",
        "snake_case",
        "@everyone",
    ]
)
_MARKS = st.sampled_from(["**", "*", "_", "__", "~~", "||", ""])


def _marked(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inside, min_size=1, max_size=4).map(" ".join)
    return st.builds(lambda mark, text: f"{mark}{text}{mark}", _MARKS, several)


# Each mark only once within itself, as in what people and models write.
_SENTENCE = st.lists(_marked(_WORD), min_size=1, max_size=8).map(" ".join)
_LINE = st.builds(str.__add__, st.sampled_from(["", "- ", "> ", "1. ", "## "]), _SENTENCE)
_TEXT = st.lists(_LINE, min_size=1, max_size=5).map("\n".join)


@CALM
@given(_TEXT, st.data())
def test_every_beginning_of_marked_text_is_read_as_a_beginning_without_marks(
    text: str, data: st.DataObject
) -> None:
    [final] = written(text, LIMIT)
    end = data.draw(st.integers(0, len(text)))

    shown = being_written(text[:end], LIMIT)

    for each in shown:
        assert each.endswith(CURSOR)
        words = read(each.removesuffix(CURSOR))
        assert words.strip()
        assert read(final).startswith(words)


@CALM
@given(st.lists(st.text(max_size=12), max_size=20), st.integers(60, 200))
def test_any_stream_is_finally_read_as_it_was_written(chunks: list[str], limit: int) -> None:
    text, before = "", ""
    for chunk in chunks:
        text += chunk
        shown = being_written(text, limit)
        assert all(each.removesuffix(CURSOR).strip() for each in shown)
        assert max(map(len, shown), default=0) <= limit
        now = squeezed("".join(shown).removesuffix(CURSOR))
        assert now.startswith(before)
        before = now

    assert squeezed("".join(written(text, limit))) == squeezed(neutral(text))
    assert unescape(settled(neutral(text))) == unescape(neutral(text)) == tidy(text)


def squeezed(text: str) -> str:
    """Return what stays the same wherever a text is cut: no blanks, no marks."""
    return re.sub(r"[\s*_~|`\\]", "", text)


@CALM
@given(st.text(alphabet="ab *_~|`\\>\n#-.", max_size=60))
def test_any_soup_of_marks_is_finally_read_character_by_character(text: str) -> None:
    shown = "".join(written(text, LIMIT))

    assert unescape(shown) == tidy(text)
    assert balanced(shown) == shown


@CALM
@given(st.text(alphabet="ab *_~|`\\>\n#-.", max_size=60))
def test_balancing_what_is_balanced_changes_nothing(text: str) -> None:
    assert balanced(balanced(text)) == balanced(text)


# --- Harmless


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("<@1> <@!1> <#1>", "\\<@\u200b1> \\<@\u200b!1> \\<#1>", id="mentions"),
        pytest.param("@everyone @here", "@\u200beveryone @\u200bhere", id="everyone"),
        pytest.param("[bank](https://evil)", r"\[bank\](https\://evil)", id="masked link"),
        pytest.param("see HTTP://x.org", r"see HTTP\://x.org", id="bare link"),
        pytest.param("<:a:1> <t:1:R> </x:1>", r"\<:a:1> \<t:1:R> \</x:1>", id="other things"),
        pytest.param("# Big\n- ## Also\n-# small", "Big\n- Also\nsmall", id="headings"),
        pytest.param("#1 hit", "#1 hit", id="a number"),
        pytest.param(">>> all of it", r">>\> all of it", id="endless quote"),
        pytest.param("`a` C:\\x", r"\`a\` C:\\x", id="code and backslash"),
        pytest.param("N*E*R*D", r"N\*E\*R\*D", id="mark inside a word"),
        pytest.param("\u202e a\u200b\x00  b \r\n\n\n\n c ", "a b\n\nc", id="blanks and invisible"),
    ],
)
def test_text_pings_nobody_and_turns_into_nothing_else(text: str, expected: str) -> None:
    assert neutral(text) == expected
    assert neutral(unescape(expected)) == expected


# --- Cut


@pytest.mark.parametrize(
    ("text", "head"),
    [
        pytest.param("One two. " * 5 + "x" * 60, "One two. " * 5, id="after a sentence"),
        pytest.param("one\n" + "two three " * 9, "one\n" + "two three " * 5 + "two ", id="word"),
        pytest.param("x" * 70, "x" * 60, id="no end anywhere"),
        pytest.param("a " * 26 + "<@123456789012>", "a " * 26, id="before a mention"),
        pytest.param("a " * 26 + "[b c d](https://a.org/)", "a " * 26, id="before a link"),
        pytest.param("a" * 52 + "https://a.org/long/b", "a" * 52, id="before an address"),
        pytest.param("a" * 52 + "<:vinyl:1234567890>", "a" * 52, id="before an emoji"),
        pytest.param("a" * 52 + "<t:1234567890:R>", "a" * 52, id="before a time"),
        pytest.param("a" * 58 + "👩‍👩‍👧‍👦", "a" * 58, id="before a family"),
        pytest.param("a" * 59 + "🇫🇷🇩🇪", "a" * 59, id="before a flag"),
        pytest.param("a" * 59 + "e\u0301" + "a" * 9, "a" * 59, id="before an accent"),
        pytest.param("a" * 58 + "**bold**", "a" * 58, id="before a mark"),
        pytest.param("a" * 59 + r"\*b" + "a" * 9, "a" * 59, id="before a plain character"),
        pytest.param("short", "short", id="nowhere"),
    ],
)
def test_text_is_cut_where_nothing_is_split(text: str, head: str) -> None:
    assert cut(text, 60) == (head, text.removeprefix(head))


def test_cut_leaves_room_for_what_closes_it() -> None:
    head, rest = cut("**__~~" + "word " * 30, 60)

    assert len(balanced(head)) <= 60
    assert balanced(head).endswith("word~~__**")
    assert head + rest == "**__~~" + "word " * 30


def test_text_of_many_bytes_is_cut_sooner() -> None:
    head, _ = cut("音楽" * 2_000, LIMIT)

    assert LIMIT / 2 < len(head) < LIMIT


def test_text_too_long_for_one_message_goes_on_in_the_next() -> None:
    text = "It is **loud and " + "very " * 30 + "long** and then ends."

    parts = written(text, 100)

    assert len(parts) == 2
    assert parts[0].endswith("very**")
    assert parts[1].startswith("**very")
    assert squeezed("".join(parts)) == squeezed(text)


def test_full_message_is_left_alone_while_the_next_one_grows() -> None:
    text = " ".join(f"{'This is a word ' * (number % 7)}end." for number in range(40))
    seen: dict[int, list[str]] = {}
    for end in range(0, len(text), 5):
        for number, part in enumerate(being_written(text[:end], 700)):
            seen.setdefault(number, []).append(part.removesuffix(CURSOR))

    assert len(seen) == len(written(text, 700)) == 3
    for versions in seen.values():
        assert [a for a, b in pairwise(versions) if not b.startswith(a)] == []


# --- Growing


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Kind of Bl", ["Kind of" + CURSOR], id="half a word"),
        pytest.param("Kind", [], id="less than a word"),
        pytest.param(" \n ", [], id="blank"),
        pytest.param("** ", [], id="only a mark"),
        pytest.param("a **b c", ["a **b**" + CURSOR], id="open mark"),
        pytest.param("音楽は音", ["音楽は" + CURSOR], id="a script without blanks"),
        pytest.param("by 👩‍", ["by" + CURSOR], id="half a family"),
        pytest.param("by 🇫🇷🇩", ["by" + CURSOR], id="half a flag"),
    ],
)
def test_growing_text_shows_whole_words_and_a_cursor(text: str, shown: list[str]) -> None:
    assert being_written(text, LIMIT) == shown


@pytest.mark.parametrize("mark", ["*", "_", "~", "||", "**"])
def test_mark_that_a_model_repeats_for_ever_is_not_shown(mark: str) -> None:
    [shown] = being_written("So it **goes" + mark * 2_000, 3_200)

    assert shown.removesuffix(CURSOR) == "So it **goes**"
