import logging

import pytest

from services.resilience.events import CacheRead, Event, Events


def test_events_are_handed_to_every_hook_in_order() -> None:
    seen: list[tuple[str, Event]] = []
    events = Events(lambda event: seen.append(("first", event)))
    events.subscribe(lambda event: seen.append(("second", event)))
    event = CacheRead(upstream="discogs", operation="search", outcome="hit")

    events.emit(event)

    assert seen == [("first", event), ("second", event)]


def test_events_are_false_until_somebody_listens() -> None:
    events = Events()

    was_watched = bool(events)
    events.subscribe(lambda _event: None)

    assert (was_watched, bool(events)) == (False, True)


def test_events_survive_a_hook_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[Event] = []

    def broken(_event: Event) -> None:
        raise RuntimeError("broken hook")

    events = Events(broken, seen.append)

    with caplog.at_level(logging.ERROR):
        events.emit(CacheRead(upstream="spotify", outcome="miss"))

    assert len(seen) == 1
    assert [record.getMessage() for record in caplog.records] == ["a hook failed on CacheRead"]
