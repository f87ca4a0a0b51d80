"""Releases as choices, within what Discord takes."""

import logging
from collections.abc import Awaitable

import pytest

from bot.ui.choices import release_choices
from services.catalogue.models import Suggestion

BLUE = Suggestion(release_id=7, title="Blue Train", artist="John Coltrane", facts=("CD", "1997"))
RED = Suggestion(release_id=8, title="Blue Train", artist="John Coltrane", facts=("Vinyl",))
ENDLESS = Suggestion(release_id=9, title="x" * 150, artist="")


async def found(*suggestions: Suggestion) -> tuple[Suggestion, ...]:
    return suggestions


async def test_choice_names_the_pressing_and_stands_for_its_id() -> None:
    [choice] = await release_choices(found(BLUE))

    assert (choice.name, choice.value) == ("John Coltrane – Blue Train · CD · 1997", "7")


async def test_who_looks_for_words_is_offered_each_title_once() -> None:
    choices = await release_choices(found(BLUE, RED, ENDLESS), by_name=True)

    assert [choice.value for choice in choices] == ["Blue Train John Coltrane"]


async def test_names_are_cut_and_25_are_offered() -> None:
    many = (Suggestion(release_id=number, title="x" * 150, artist="") for number in range(1, 40))

    choices = await release_choices(found(*many))

    assert len(choices) == 25
    assert {len(choice.name) for choice in choices} == {100}


async def test_failure_offers_nothing_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def failing() -> tuple[Suggestion, ...]:
        raise RuntimeError

    asking: Awaitable[tuple[Suggestion, ...]] = failing()
    with caplog.at_level(logging.ERROR):
        assert await release_choices(asking) == []

    assert "no suggestions" in caplog.text
