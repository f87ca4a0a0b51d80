from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fakes.clock import VirtualClock
from fakes.stores import MemoryStore
from fakes.virtual_time import in_virtual_time

from services.errors import AccessDenied
from services.spotify.capabilities import Capabilities
from services.spotify.denials import Denial, denial_of

DAY = 86_400


@asynccontextmanager
async def _remembering(clock: VirtualClock, store: MemoryStore) -> AsyncIterator[Capabilities]:
    known = Capabilities(clock=clock, store=store)
    await known.load()
    yield known
    await known.aclose()


def _refusal(known: Capabilities, operation: str) -> Denial | None:
    try:
        known.check(operation)
    except AccessDenied as error:
        return denial_of(error)
    return None


@in_virtual_time
async def test_nothing_is_refused_before_spotify_did(clock: VirtualClock) -> None:
    known = Capabilities(clock=clock)

    assert (_refusal(known, "search"), known.limit("search", 10), known.removed) == (None, 10, ())


@in_virtual_time
async def test_an_operation_is_left_out_for_a_day_when_two_things_in_a_row_were_forbidden(
    clock: VirtualClock,
) -> None:
    known = Capabilities(clock=clock)
    refusals = []
    for about in (1, 1, 2):
        known.denied("get_track", Denial.ENDPOINT_REMOVED, about)
        refusals.append(_refusal(known, "get_track"))

    await clock.sleep(DAY - 1)
    refusals.append(_refusal(known, "get_track"))
    assert _refusal(known, "search") is None
    await clock.sleep(1)
    refusals.append(_refusal(known, "get_track"))

    removed = Denial.ENDPOINT_REMOVED
    assert refusals == [None, None, removed, removed, None]


@in_virtual_time
async def test_one_forbidden_thing_says_nothing_of_an_operation_that_answers(
    clock: VirtualClock,
) -> None:
    known = Capabilities(clock=clock)

    known.denied("get_track", Denial.ENDPOINT_REMOVED, 1)
    known.answered("get_track")
    known.denied("get_track", Denial.ENDPOINT_REMOVED, 2)

    assert _refusal(known, "get_track") is None


@in_virtual_time
async def test_a_lapse_of_premium_stops_everything_for_ten_minutes(clock: VirtualClock) -> None:
    known = Capabilities(clock=clock)

    known.denied("search", Denial.PREMIUM_LAPSED, 1)
    await clock.sleep(599)
    during = _refusal(known, "get_album")
    await clock.sleep(1)

    assert (during, _refusal(known, "get_album")) == (Denial.PREMIUM_LAPSED, None)


@in_virtual_time
async def test_an_answer_ends_what_is_remembered(clock: VirtualClock) -> None:
    known = Capabilities(clock=clock)
    known.denied("search", Denial.PREMIUM_LAPSED, 1)
    known.answered("search")  # sent before the lapse was known

    assert not known.is_premium_lapsed


@pytest.mark.parametrize("denial", [Denial.MISSING_SCOPE, Denial.NOT_YOURS, None])
@in_virtual_time
async def test_what_one_person_may_not_do_is_not_remembered(
    clock: VirtualClock, denial: Denial | None
) -> None:
    known = Capabilities(clock=clock)
    for about in (1, 2, 3):
        known.denied("add_tracks", denial, about)

    assert _refusal(known, "add_tracks") is None


@in_virtual_time
async def test_pages_are_halved_down_to_one_row_for_a_day(clock: VirtualClock) -> None:
    known = Capabilities(clock=clock)
    sizes = []
    while known.too_large("search", limit := known.limit("search", 10)):
        sizes.append(limit)
    await clock.sleep(DAY)

    assert sizes == [10, 5, 2]
    assert known.limit("search", 10) == 10


@in_virtual_time
async def test_what_was_learnt_survives_a_restart(clock: VirtualClock) -> None:
    store = MemoryStore()
    async with _remembering(clock, store) as known:
        known.too_large("search", 10)
        for about in (1, 2):
            known.denied("get_track", Denial.ENDPOINT_REMOVED, about)
        known.denied("search", Denial.PREMIUM_LAPSED, 1)

    async with _remembering(clock, store) as known:
        assert (known.limits, known.removed, known.is_premium_lapsed) == (
            {"search": 5},
            ("get_track",),
            True,
        )
