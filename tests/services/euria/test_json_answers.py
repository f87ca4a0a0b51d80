import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.euria.json_answers import read_json_answer

PICKS = {"picks": [{"id": 5, "why": "It [really] {swings}."}]}
WRITTEN = json.dumps(PICKS)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(WRITTEN, id="alone"),
        pytest.param(f"```json\n{WRITTEN}\n```", id="in a fence"),
        pytest.param(f"Here are your picks:\n{WRITTEN}\nEnjoy!", id="between sentences"),
        pytest.param(f"As said in [1] and {{}}: {WRITTEN}", id="after smaller brackets"),
        pytest.param(f"{WRITTEN} See [1, 2].", id="before smaller brackets"),
        pytest.param(f"{{oops {WRITTEN}", id="after an open bracket"),
    ],
)
def test_json_is_found_in_what_a_model_writes_around_it(text: str) -> None:
    assert read_json_answer(text) == PICKS


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("I can't help with that.", id="a refusal"),
        pytest.param(WRITTEN[:-3], id="cut"),
        pytest.param("[" * 100_000, id="nested without end"),
        pytest.param("5", id="a number"),
    ],
)
def test_an_answer_without_json_has_none(text: str) -> None:
    found = read_json_answer(text)

    assert not isinstance(found, dict) or "picks" not in found


def test_an_empty_answer_is_an_answer() -> None:
    assert (read_json_answer("{}"), read_json_answer("[]")) == ({}, [])


@settings(max_examples=50)
@given(st.dictionaries(st.text(max_size=5), st.text(max_size=9), min_size=1, max_size=4))
def test_any_object_is_found_in_its_fence(value: dict[str, str]) -> None:
    text = json.dumps(value, ensure_ascii=False)

    assert read_json_answer(f"```json\n{text}\n```") == value
