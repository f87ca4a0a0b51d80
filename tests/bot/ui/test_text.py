"""Text from strangers, read back by a small model of Discord's Markdown that shares no code."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.ui.text import (
    ELLIPSIS,
    escape,
    escape_paragraphs,
    fit,
    link,
    plain,
    shorten,
    timestamp,
    unescape,
)
from services.music import clean_text

# A busy machine is no failure.
CALM = settings(deadline=None)

# --- The reader: what Discord would make of a text

_LITERAL = "\ue000"
_ESCAPED_CHARACTER = re.compile(r"\\([^0-9A-Za-z\s])")
_CONSTRUCTS = {
    "heading or small print": r"(?m)^\s*(?:#{1,3}|-#)\s",
    "quote": r"(?m)^\s*>{1,3}\s",
    "list": r"(?m)^\s*(?:[-*+]|\d+[.)])\s",
    "bold": r"\*\*.+?\*\*",
    "italics": r"\*[^*\s][^*]*\*|\b_[^_]+_\b",
    "underline": r"__.+?__",
    "strike-through": r"~~.+?~~",
    "spoiler": r"\|\|.+?\|\|",
    "code": r"(?s)`.+?`",
    "masked link": r"\[.*?\]\(.*?\)",
    "bare link": r"(?i)\b(?:https?|discord)://\S",
    "link in angle brackets": r"<\w+:[^>\s]+>|<[^>\s]+@[^>\s]+>",
    "mention": r"<(?:@[!&]?|#)\d+>|<id:\w+>|</[^>]+:\d+>",
    "ping of everybody": r"@(?:everyone|here)",
    "timestamp or emoji": r"<t:-?\d+(?::\w)?>|<a?:\w+:\d+>",
}
_UNSEEN = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u0000-\u0008\ufeff]")


def constructs_in(text: str) -> set[str]:
    """Return what Discord would do to ``text`` besides showing its characters."""
    active = _ESCAPED_CHARACTER.sub(_LITERAL, text)
    return {name for name, pattern in _CONSTRUCTS.items() if re.search(pattern, active)}


def seen(text: str) -> str:
    """Return the characters a person sees."""
    return _ESCAPED_CHARACTER.sub(r"\1", text).replace("\u200b", "")


_FRAGMENTS = st.sampled_from(
    (
        "**", "*", "***", "_", "__", "~~", "|", "||", "`", "```", "\\", "\\\\", "[", "]", "(",
        ")", "<", ">", "@", ":", "!", "@everyone", "@here", "<@123>", "<@!1>", "<@&12>",
        "<#3>", "<id:home>", "</search:1>", "<t:0:R>", "<:a:1>", "<a:b:2>", "https://",
        "http://evil.example", "HTTPS://X", "discord://-/x", "[a](https://b)", "<https://c>",
        "#", "##", "-#", ">", ">>>", "-", "+", "1.", "2)", "a", "b", "Z", "é", "音", "0", "17",
    )
)  # fmt: skip
_BLANKS = st.sampled_from([" ", "  ", "\n", "\r\n", "\t", "\u2028", "\u3000"])
_INVISIBLE = st.sampled_from(list("\u202e\u2066\u2069\u200b\u200f\u00ad\ufeff\u2060\u0000\u001b"))
HOSTILE = st.lists(
    st.one_of(_FRAGMENTS, _FRAGMENTS, _BLANKS, _INVISIBLE, st.text(max_size=4)), max_size=16
).map("".join)


@pytest.mark.parametrize(
    ("text", "construct"),
    [
        pytest.param("**a**", "bold", id="bold"),
        pytest.param("_a_", "italics", id="italics"),
        pytest.param("x `a` y", "code", id="code"),
        pytest.param("[a](b)", "masked link", id="masked link"),
        pytest.param("see HTTPS://x.y", "bare link", id="bare link"),
        pytest.param("<@&1>", "mention", id="role"),
        pytest.param("hi @here", "ping of everybody", id="here"),
        pytest.param("# a", "heading or small print", id="heading"),
        pytest.param("a\n1. b", "list", id="list"),
        pytest.param("<t:1:R>", "timestamp or emoji", id="timestamp"),
    ],
)
def test_reader_recognises_what_discord_would(text: str, construct: str) -> None:
    assert construct in constructs_in(text)


# --- escape


@CALM
@given(HOSTILE)
@example("@\u200beveryone")
@example("h\u00adttps://evil.example")
@example("\\")
@example("\\**a**")
@example("1. a")
def test_escape_leaves_nothing_but_characters(text: str) -> None:
    assert constructs_in(escape(text)) == set()


@CALM
@given(HOSTILE)
def test_escape_shows_the_text_as_it_stands(text: str) -> None:
    assert seen(escape(text)) == clean_text(text)


@CALM
@given(HOSTILE)
def test_unescape_undoes_escape(text: str) -> None:
    assert unescape(escape(text)) == clean_text(text)


@CALM
@given(HOSTILE)
def test_escape_drops_what_turns_or_hides_text(text: str) -> None:
    escaped = escape(text)

    assert not _UNSEEN.search(escaped)
    assert "\n" not in escaped


@CALM
@given(HOSTILE)
def test_escape_at_most_doubles_the_length(text: str) -> None:
    # The cards' own limits count on it.
    assert len(escape(text)) <= 2 * len(text)


@CALM
@given(st.lists(HOSTILE, max_size=4).map("\n".join))
def test_escape_paragraphs_leaves_nothing_but_paragraphs(text: str) -> None:
    escaped = escape_paragraphs(text)

    assert constructs_in(escaped) == set()
    assert "\n\n\n" not in escaped
    assert escaped == escaped.strip()


@CALM
@given(HOSTILE.filter(lambda text: clean_text(text) != ""))
def test_link_cannot_be_left_early(label: str) -> None:
    inside, _, rest = link(label, "https://a.example/x").rpartition("](")

    assert rest == "https://a.example/x)"
    assert constructs_in(inside.removeprefix("[")) == set()


@CALM
@given(HOSTILE)
def test_link_keeps_a_hostile_address_within_its_brackets(address: str) -> None:
    rendered = link("a", f"https://a.example/{address}")

    assert re.fullmatch(r"\[a\]\(https://[^\s()<>]*\)", rendered)


def test_link_without_a_label_is_the_address() -> None:
    assert link("", "https://a.example/(x)") == "https://a.example/%28x%29"


@pytest.mark.parametrize("label", [" ", "\u200b", "\u202e\n"])
def test_link_with_an_invisible_label_is_the_address(label: str) -> None:
    # Discord shows ``[](https://…)`` as it stands.
    assert link(label, "https://a.example") == "https://a.example"


# --- plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a **bold** word", "a bold word", id="bold"),
        pytest.param("an *italic* word", "an italic word", id="italics"),
        pytest.param("a __underlined__ word", "a underlined word", id="underline"),
        pytest.param("some `code`", "some code", id="code"),
        pytest.param("## Heading\ntext", "Heading\ntext", id="heading"),
        pytest.param("an **unfinished", "an unfinished", id="mark still open"),
        pytest.param("**a", "a", id="open at the start"),
        pytest.param("2 * 3 * 4", "2 * 3 * 4", id="multiplication"),
        pytest.param("a\n\nb", "a\n\nb", id="paragraphs"),
        pytest.param("snake_case", "snake_case", id="single underscore"),
    ],
)
def test_plain_takes_emphasis_and_headings_away(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize("name", ["N*E*R*D", "M*A*S*H", "5*3*2"])
def test_plain_leaves_asterisks_inside_a_name_alone(name: str) -> None:
    assert plain(f"Then {name} came.") == f"Then {name} came."


@CALM
@given(HOSTILE)
def test_plain_never_adds_anything(text: str) -> None:
    assert len(plain(text)) <= len(text)


# --- shorten and fit

_CLUSTERS = st.sampled_from(
    [
        "a",
        "b",
        " ",
        ".",
        "*",
        "e\u0301",
        "n\u0323\u0303",
        "👩\u200d👩\u200d👧",
        "👍🏽",
        "❤\ufe0f",
        "🎺",
    ]
)
_CLUSTERED = st.lists(_CLUSTERS, min_size=1, max_size=40)


def beginnings(clusters: list[str]) -> set[str]:
    """Return every text that ends between two clusters, without blanks at its end."""
    return {"".join(clusters[:count]).rstrip() for count in range(len(clusters) + 1)}


@CALM
@given(HOSTILE, st.integers(1, 60))
def test_shorten_never_exceeds_the_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit


@CALM
@given(HOSTILE)
def test_shorten_leaves_alone_what_fits(text: str) -> None:
    assert shorten(text, max(1, len(text))) == text


@CALM
@given(_CLUSTERED, st.integers(2, 40))
def test_shorten_keeps_emoji_and_accents_whole(clusters: list[str], limit: int) -> None:
    text = "".join(clusters)
    cut = shorten(text, limit)

    assert cut == text or cut.removesuffix(ELLIPSIS) in beginnings(clusters)


@pytest.mark.parametrize(
    "cluster",
    [
        pytest.param("ก\u0e35", id="thai vowel"),
        pytest.param("न\u093f", id="hindi vowel"),
        pytest.param("1\ufe0f\u20e3", id="keycap"),
        pytest.param("🇫🇷", id="flag"),
    ],
)
@pytest.mark.parametrize("limit", [8, 9, 10])
def test_shorten_keeps_other_scripts_and_emoji_whole(cluster: str, limit: int) -> None:
    # Marks whose combining class is 0 combine all the same (Unicode's category M).
    cut = shorten(cluster * 10, limit)

    assert cut.removesuffix(ELLIPSIS) in beginnings([cluster] * 10)


def test_shorten_cuts_at_a_word() -> None:
    assert shorten("the quick brown fox", 12) == "the quick…"


@CALM
@given(HOSTILE, st.integers(2, 60))
def test_fit_never_exceeds_the_limit_once_escaped(text: str, limit: int) -> None:
    assert len(escape_paragraphs(fit(text, limit))) <= limit


@CALM
@given(_CLUSTERED, st.integers(2, 40))
def test_fit_keeps_emoji_and_accents_whole(clusters: list[str], limit: int) -> None:
    text = "".join(clusters)
    cut = fit(text, limit)
    head = cut.removesuffix(ELLIPSIS).rstrip()

    assert cut == text or head in beginnings(clusters)


def test_fit_ends_with_a_sentence_where_there_is_one() -> None:
    text = "The first sentence is here. The second one is longer than what is left."

    assert fit(text, 45) == "The first sentence is here. …"


def test_fit_counts_what_escaping_adds() -> None:
    assert fit("*" * 10, 20) == "*" * 10
    assert fit("*" * 10, 19) == "*" * 7 + ELLIPSIS


def test_fit_says_that_something_was_left_out_even_when_nothing_fits() -> None:
    assert fit("e" + "\u0301" * 1_000, 400).strip() == ELLIPSIS


# --- timestamp


def test_timestamp_is_rendered_by_discord() -> None:
    moment = datetime(2026, 11, 23, tzinfo=UTC)

    assert timestamp(moment) == "<t:1795392000:R>"
    assert timestamp(moment, "f") == "<t:1795392000:f>"
