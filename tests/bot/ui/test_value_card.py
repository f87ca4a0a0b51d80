"""What a collection is worth, as a message."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from discord import ui

from bot.i18n import Catalogue, Texts
from bot.ui.chart import Line
from bot.ui.charts import in_words, value_chart
from bot.ui.text import unescape
from bot.ui.value_card import hidden_card, value_card
from services.answers import Answer, Source
from services.collection.values import Reading, ValueHistory
from services.discogs.shelf_models import CollectionValue
from services.errors import ServiceDown

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
USER = 565_143_876_403_331_072
EN = Catalogue().texts("en")


def history(*medians: str, days: int = 40) -> Answer[ValueHistory]:
    readings = [
        Reading(
            value=CollectionValue(minimum="£1.00", median=median, maximum="£9,999.00"),
            asked_at=NOW - timedelta(days=days * (len(medians) - number)),
        )
        for number, median in enumerate(medians, 1)
    ]
    value = ValueHistory(username="digger", readings=tuple(readings))
    return Answer(value=value, source=Source.LIVE, as_of=NOW)


def shown(answer: Answer[ValueHistory], texts: Texts = EN, *, is_shown: bool = False) -> str:
    view = value_card(answer, user_id=USER, is_shown=is_shown, texts=texts)
    return "\n".join(
        item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay)
    )


def test_card_says_the_value_in_discogs_words_and_whose_it_is() -> None:
    text = shown(history("£1,234.50"))

    assert "What digger's collection is worth" in text
    assert "**£1,234.50** · between £1.00 and £9,999.00" in text
    assert "I note it once a day from now on" in text
    assert "🔒 Only you see this." in text
    assert "[Data provided by Discogs](https://www.discogs.com/user/digger/collection)" in text


@pytest.mark.parametrize(
    ("medians", "said"),
    [
        pytest.param(["£100.00", "£103.50"], ["+£3.50 (+3.5%) since <t:"], id="more"),
        pytest.param(
            ["100,00 €", "80,00 €"],
            ["\N{MINUS SIGN}20.00 € (\N{MINUS SIGN}20%) since <t:"],
            id="less",
        ),
        pytest.param(["£100.00", "£100.00"], ["±£0.00 (±0%) since <t:"], id="the same"),
        pytest.param(["£0.00", "£5.00"], ["+£5.00 since <t:"], id="from nothing"),
        pytest.param(
            ["£100.00", "£90.00", "£99.00"],
            ["+£9.00 (+10%) since <t:", "\N{MINUS SIGN}£1.00 (\N{MINUS SIGN}1%) since <t:"],
            id="a month ago, and the first day",
        ),
    ],
)
def test_card_says_how_the_value_has_changed(medians: Sequence[str], said: Sequence[str]) -> None:
    text = unescape(shown(history(*medians)))

    assert [line.split("<t:")[0] + "<t:" for line in text.splitlines() if " since " in line] == said


def test_other_currency_is_left_out_and_said_so() -> None:
    text = shown(history("£100.00", "€100.00"))

    assert " since " not in text
    assert "another currency before is left out" in text


def test_value_of_an_outage_says_its_age() -> None:
    live = history("£100.00")
    down = ServiceDown("discogs", "get_value", 503)
    stale = Answer(value=live.value, source=Source.STALE, as_of=NOW, error=down)

    assert "⚠️ Discogs isn't answering right now. Showing what Discogs said <t:" in shown(stale)


def test_picture_is_of_the_median_and_told_in_words() -> None:
    chart = value_chart(history("£100.00", "£12,345.00", "£12,360.00", days=9).value, EN)

    assert chart is not None
    line = chart.rows[0][0]
    assert isinstance(line, Line)
    assert list(line.values) == [100, 12_345, 12_360]
    assert in_words(chart) == "Median: £100.00 → £12,360.00"
    assert value_chart(history("£100.00").value, EN) is None
    assert value_chart(history("rich", "richer").value, EN) is None


def test_card_stays_within_discords_limits(
    texts: Texts, problems_of: Callable[[ui.LayoutView], list[str]]
) -> None:
    hostile = "@everyone **x** " * 4
    answer = history(hostile, "£1.00", hostile)
    chart = value_chart(history("£1.00", "£2.00").value, texts)
    assert chart is not None
    card = value_card(
        answer, user_id=2**63, is_shown=True, texts=texts, picture=("value.png", chart)
    )

    assert problems_of(card) == problems_of(hidden_card(texts)) == []
    assert "@everyone" not in shown(answer, texts, is_shown=True)
