import pytest
from fakes.upstreams import found_hits, found_items, make_hit, make_item

from services.catalogue.models import SearchKind, SearchResults
from services.errors import RefusedLocally, UpstreamServerError

DOWN = UpstreamServerError("spotify", "search", 503)


def _results(**fields: object) -> SearchResults:
    settings: dict[str, object] = {"query": "x", "kind": SearchKind.EVERYTHING}
    return SearchResults(**(settings | fields))  # type: ignore[arg-type]  # a builder


def test_items_and_hits_are_those_of_the_answers() -> None:
    item, hit = make_item("a"), make_hit("b")

    results = _results(spotify=found_items(item), discogs=found_hits(hit))

    assert (results.spotify_items, results.discogs_hits) == ((item,), (hit,))


@pytest.mark.parametrize("answer", [None, DOWN])
def test_without_an_answer_there_are_none(answer: UpstreamServerError | None) -> None:
    results = _results(spotify=answer, discogs=answer)

    assert (results.spotify_items, results.discogs_hits) == ((), ())


def test_abandoned_results_wait_for_nobody() -> None:
    abandoned = _results(waiting=("spotify", "discogs")).abandoned()

    assert abandoned.waiting == ()
    assert isinstance(abandoned.spotify, RefusedLocally)
    assert isinstance(abandoned.discogs, RefusedLocally)


def test_abandoned_results_keep_what_has_come() -> None:
    answer = found_items(make_item("a"))

    abandoned = _results(spotify=answer, waiting=("discogs",)).abandoned()

    assert abandoned.spotify is answer
    assert isinstance(abandoned.discogs, RefusedLocally)
    assert abandoned.discogs.service == "discogs"


def test_abandoning_finished_results_changes_nothing() -> None:
    results = _results(spotify=DOWN, discogs=found_hits())

    assert results.abandoned() == results
