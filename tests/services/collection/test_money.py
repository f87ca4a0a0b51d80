"""Amounts as Discogs writes them."""

from decimal import Decimal

import pytest

from services.collection.money import Money, parse_money


@pytest.mark.parametrize(
    ("text", "amount", "before", "after"),
    [
        pytest.param("£1,234.50", "1234.50", "£", "", id="pounds"),
        pytest.param("£5", "5", "£", "", id="whole pounds"),
        pytest.param("1.234,50 €", "1234.50", "", " €", id="euros as in German"),
        pytest.param("1\u202f234,5\u00a0€", "1234.5", "", "\u00a0€", id="euros as in French"),
        pytest.param("CHF 1'234'567.05", "1234567.05", "CHF ", "", id="francs"),
        pytest.param("¥12,345", "12345", "¥", "", id="yen have no parts"),
        pytest.param("$1,234", "1234", "$", "", id="three digits are thousands"),
        pytest.param("€0.00", "0", "€", "", id="nothing"),
        pytest.param(" R$10.00 ", "10", "R$", "", id="reais"),
    ],
)
def test_amount_is_read(text: str, amount: str, before: str, after: str) -> None:
    assert parse_money(text) == Money(amount=Decimal(amount), before=before, after=after)


@pytest.mark.parametrize(
    "text", ["", "£", "priceless", "-£5.00", "£1.234.50", "£" + "9" * 30, "1 £ 2"]
)
def test_what_is_not_plainly_an_amount_is_none(text: str) -> None:
    assert parse_money(text) is None


def test_only_the_same_currency_is_compared() -> None:
    pounds, more, euros = parse_money("£1"), parse_money("£ 2.50"), parse_money("€1")

    assert pounds is not None
    assert more is not None
    assert euros is not None
    assert pounds.is_comparable(more)
    assert not pounds.is_comparable(euros)
