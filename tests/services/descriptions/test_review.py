"""What can be told of a text without knowing better than the model."""

import pytest

from services.descriptions.models import AlbumFacts, Form, Grounding, UserWords, Wish
from services.descriptions.review import (
    RefusalGate,
    can_stand,
    haiku_lines,
    is_broken,
    unconfirmed_numbers,
)

FACTS = AlbumFacts(
    release_id=1,
    title="Kind of Blue",
    first_year=1959,
    pressing_year=2015,
    tracks=("So What", "Route 66") + ("x",) * 10,
)
GROUNDING = Grounding(wish=Wish(words=UserWords("number 23")), facts=FACTS)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        pytest.param("It came out in 1959 and again in 2015.", (), id="years of the facts"),
        pytest.param("Recorded in 1958, sold 4,000,000 times.", ("1958", "4,000,000"), id="others"),
        pytest.param("Route 66, and number 23.", (), id="tracks and the person's words"),
        pytest.param("It has 12 tracks and 5 players.", (), id="how many tracks; single digits"),
        pytest.param("A sound of the 1950s, the '50s, the 50s.", (), id="decade in English"),
        pytest.param("Le son des années 1950, des années 50.", (), id="decade in French"),
        pytest.param("The 1970s loved it.", ("1970",), id="another decade"),
        pytest.param("A 20th century classic du 20e siècle.", (), id="century"),
        pytest.param("In 1958 and 1958 again.", ("1958",), id="named once"),
        pytest.param("Un million : 1 000 000.", ("1 000 000",), id="thousands in French"),
    ],
)
def test_unconfirmed_numbers_are_those_that_nobody_gave(
    text: str, numbers: tuple[str, ...]
) -> None:
    assert unconfirmed_numbers(text, GROUNDING) == numbers


def test_without_facts_every_number_is_unconfirmed() -> None:
    bare = Grounding(wish=Wish(words=UserWords("Blue Train")))

    assert unconfirmed_numbers("Recorded in 1957.", bare) == ("1957",)


def through(*parts: str) -> tuple[list[str], bool]:
    gate = RefusalGate()
    shown = [gate.feed(part) for part in parts]
    return [*shown, gate.close()], gate.is_refusal


def test_text_passes_the_gate_with_its_first_letters() -> None:
    assert through("Kind", " of Blue") == (["Kind", " of Blue", ""], False)


def test_text_that_begins_like_a_refusal_is_only_late() -> None:
    shown, is_refusal = through("I", "'m", " sorry for those", " who miss it.")

    assert (shown, is_refusal) == (["", "", "I'm sorry for those", " who miss it.", ""], False)


@pytest.mark.parametrize(
    "text",
    ["I'm sorry, but I can't.", "As an AI language model, I", "Je suis désolé, mais je ne peux"],
)
def test_refusal_is_never_shown(text: str) -> None:
    shown, is_refusal = through(*text)

    assert (set(shown), is_refusal) == ({""}, True)


def test_text_that_ends_inside_the_gate_is_shown() -> None:
    assert through("I'm") == (["", "I'm"], False)


@pytest.mark.parametrize(
    ("text", "form", "broken"),
    [
        pytest.param("A warm, slow record.", Form.SHORT, False, id="text"),
        pytest.param("… — 123 !", Form.SHORT, True, id="hardly a letter"),
        pytest.param("It is a very good record. " * 5, Form.SHORT, True, id="over and over"),
        pytest.param("one line\ntwo lines\nthree lines", Form.HAIKU, False, id="haiku"),
        pytest.param("one line / two lines / three", Form.HAIKU, False, id="haiku on one line"),
        pytest.param("Here is a haiku for you.", Form.HAIKU, True, id="no haiku"),
    ],
)
def test_broken_text_is_told_from_a_text(text: str, form: Form, *, broken: bool) -> None:
    assert is_broken(text, form) is broken


def test_haiku_is_read_without_its_marks() -> None:
    assert haiku_lines("*a b*\n\n> c d\ne f  \n") == ["a b", "c d", "e f"]


@pytest.mark.parametrize(
    ("text", "form", "stands"),
    [
        pytest.param("x" * 79 + ". And th", Form.SHORT, True, id="sentence of 80"),
        pytest.param("x" * 78 + ". And th", Form.SHORT, False, id="sentence of 79"),
        pytest.param("word " * 40, Form.LONG, False, id="no sentence"),
        pytest.param("x" * 90 + ".", Form.HAIKU, False, id="haiku"),
    ],
)
def test_text_that_broke_off_stands_after_a_sentence(
    text: str, form: Form, *, stands: bool
) -> None:
    assert can_stand(text, form) is stands
