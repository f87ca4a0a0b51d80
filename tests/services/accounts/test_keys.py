import traceback

import pytest
from fakes.accounts import make_key

from services.accounts.keys import EXPECTED_KEYS, GivenKeys, KeysUnusable, parse_keys
from services.secret import Secret

ONE, TWO = make_key(1), make_key(2)


def test_parse_keys_keeps_their_order_and_leaves_out_what_is_blank() -> None:
    keys = parse_keys([f" {TWO.reveal()} ", "", "  ", ONE.reveal()])

    assert keys == (TWO, ONE)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A" * 42 + "=", id="a character too few"),
        pytest.param("A" * 44 + "=", id="a character too many"),
        pytest.param("A" * 44, id="no padding"),
        pytest.param("A" * 42 + "+=", id="plain base64"),
        pytest.param("A" * 21 + " " + "A" * 21 + "=", id="a space inside"),
    ],
)
def test_parse_keys_refuses_what_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match=r"^keys of 44 characters") as caught:
        parse_keys([ONE.reveal(), text])

    assert str(caught.value) == EXPECTED_KEYS


@pytest.mark.parametrize("texts", [[], [""], ["", "\n"]])
def test_parse_keys_wants_one_key_at_least(texts: list[str]) -> None:
    with pytest.raises(ValueError, match="keys of 44 characters"):
        parse_keys(texts)


def test_given_keys_are_those_of_the_setting_newest_first() -> None:
    keys = GivenKeys(Secret(f"{TWO.reveal()},{ONE.reveal()}"))

    assert keys.current() == (TWO, ONE)
    assert keys.current() is keys.current()


def test_given_keys_that_are_none_are_refused_by_the_settings_name_and_not_shown() -> None:
    with pytest.raises(KeysUnusable) as caught:
        GivenKeys(Secret("canary"))

    shown = "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )
    assert str(caught.value) == f"SECRET_KEYS: expected {EXPECTED_KEYS}"
    assert "'canary'" not in shown
