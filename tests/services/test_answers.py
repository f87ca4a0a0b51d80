from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime

import pytest

from services.answers import Answer, Source
from services.errors import ServiceDown


@pytest.mark.parametrize(
    ("source", "is_fallback"),
    [
        (Source.LIVE, False),
        (Source.CACHED, False),
        (Source.STALE, True),
        (Source.MINIMAL, True),
        (Source.TEMPLATE, True),
        (Source.MANUAL, True),
        (Source.EMPTY, True),
    ],
)
def test_whatever_is_neither_live_nor_freshly_cached_is_a_fallback(
    source: Source, *, is_fallback: bool
) -> None:
    assert source.is_fallback is is_fallback


def test_every_source_is_covered_by_the_table_above() -> None:
    assert [source.value for source in Source] == [
        "live",
        "cached",
        "stale",
        "minimal",
        "template",
        "manual",
        "empty",
    ]


def test_another_value_keeps_the_provenance() -> None:
    error = ServiceDown("discogs", "search")
    now = datetime(2026, 11, 23, tzinfo=UTC)
    kept = Answer(
        value=1, source=Source.STALE, as_of=now, retry_at=now, error=error, tried=("a", "b")
    )

    assert kept.with_value("one") == replace(kept, value="one")  # type: ignore[arg-type]  # the type changes


def test_names_of_tried_fallbacks_go_in_front_of_the_trail() -> None:
    answer = Answer(value=1, source=Source.MINIMAL, tried=("third",))

    assert answer.with_tried("first", "second").tried == ("first", "second", "third")


def test_adding_to_the_trail_leaves_the_first_answer_alone() -> None:
    answer = Answer(value=1, source=Source.MINIMAL)
    answer.with_tried("first")

    assert answer.tried == ()


def test_an_answer_cannot_be_relabelled() -> None:
    answer = Answer(value=1, source=Source.STALE)

    with pytest.raises(FrozenInstanceError):
        answer.source = Source.LIVE  # type: ignore[misc]  # the point of the test
