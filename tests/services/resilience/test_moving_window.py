"""The window alone: what it gives, when, and what it learns. Nobody waits here."""

from datetime import timedelta

import pytest
from fakes.clock import VirtualClock
from fakes.virtual_time import START, in_virtual_time

from services.resilience.priority import Priority
from services.resilience.rate_limiter import Allowance, Correction, MovingWindow, Permit, Rate

PERSON, WORK = Priority.INTERACTIVE, Priority.BACKGROUND


def _window(
    clock: VirtualClock, permits: int, window: float, *, spacing: float = 0.0, reserve: int = 0
) -> MovingWindow:
    rate = Rate(permits=permits, window=window, spacing=spacing, reserve=reserve)
    return MovingWindow(rate, clock=clock)


async def _permit(window: MovingWindow, priority: Priority = PERSON) -> Permit:
    answer = await window.take(priority)
    assert isinstance(answer, Permit)
    return answer


async def _times(
    window: MovingWindow, clock: VirtualClock, count: int, priority: Priority = PERSON
) -> list[float]:
    """Take permits one after the other, each as soon as it is free."""
    times = list[float]()
    while len(times) < count:
        answer = await window.take(priority)
        if isinstance(answer, Permit):
            times.append(clock.elapsed)
        else:
            await clock.sleep(answer - clock.monotonic())
    return times


def _next(window: MovingWindow, count: int = 1, priority: Priority = PERSON) -> list[float]:
    """Return when the next permits come, in seconds from the start."""
    return [instant - START for instant in window.forecast([priority] * count)]


# Permits


@in_virtual_time
async def test_permit_tells_its_number_instant_share_and_how_many_are_used(
    clock: VirtualClock,
) -> None:
    window = _window(clock, 3, 10)
    await _permit(window)
    await clock.sleep(4)

    permit = await _permit(window, WORK)

    assert permit == Permit(number=2, sent_at=START + 4, used=2, priority=WORK)


@in_virtual_time
async def test_window_is_open_at_its_old_end(clock: VirtualClock) -> None:
    window = _window(clock, 1, 10)
    await _permit(window)
    await clock.sleep(10)

    assert (await _permit(window)).used == 1


@in_virtual_time
async def test_window_that_is_full_says_when_a_permit_will_be_free(clock: VirtualClock) -> None:
    window = _window(clock, 2, 10)
    await _permit(window)
    await clock.sleep(1)
    await _permit(window)

    assert await window.take(PERSON) == START + 10


@in_virtual_time
async def test_spacing_holds_when_the_window_has_room(clock: VirtualClock) -> None:
    window = _window(clock, 60, 61, spacing=0.5)
    await _permit(window)

    assert await window.take(PERSON) == START + 0.5


@in_virtual_time
async def test_window_is_deaf_to_steps_of_the_wall_clock(clock: VirtualClock) -> None:
    window = _window(clock, 1, 10)
    await _permit(window)

    for hours in (1, -2):
        clock.step_wall(timedelta(hours=hours))
        assert await window.take(PERSON) == START + 10


# Background work


@in_virtual_time
async def test_background_leaves_the_reserve_free(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10, reserve=2)
    for _ in range(3):
        await _permit(window)

    assert (await window.take(WORK), type(await window.take(PERSON))) == (START + 10, Permit)


@in_virtual_time
async def test_background_waits_until_the_reserve_is_whole_again(clock: VirtualClock) -> None:
    window = _window(clock, 4, 10, reserve=1)
    for _ in range(4):
        await _permit(window)
        await clock.sleep(1)

    assert await window.take(WORK) == START + 11


@in_virtual_time
async def test_background_may_use_one_permit_when_the_reserve_is_everything(
    clock: VirtualClock,
) -> None:
    window = _window(clock, 2, 10, reserve=7)

    assert await _times(window, clock, 2, WORK) == [0, 10]


@in_virtual_time
async def test_background_is_paced_evenly_over_the_window(clock: VirtualClock) -> None:
    window = _window(clock, 6, 10, reserve=1)
    await clock.sleep(100)

    # The second comes at once: work that is late by one step may catch up.
    assert await _times(window, clock, 7, WORK) == [100, 100, 102, 104, 106, 110, 110]


@in_virtual_time
async def test_background_that_was_held_up_catches_up_by_one_step(clock: VirtualClock) -> None:
    window = _window(clock, 11, 10, reserve=1)
    await _times(window, clock, 3, WORK)
    await clock.sleep(4)

    assert await _times(window, clock, 3, WORK) == [5, 5, 6]


@in_virtual_time
async def test_interactive_is_not_paced(clock: VirtualClock) -> None:
    window = _window(clock, 6, 10, reserve=1)

    assert await _times(window, clock, 7) == [0, 0, 0, 0, 0, 0, 10]


# Giving back


@in_virtual_time
async def test_permit_given_back_is_free_again(clock: VirtualClock) -> None:
    window = _window(clock, 1, 10)

    window.give_back(await _permit(window))

    assert (await _permit(window)).used == 1


@in_virtual_time
async def test_permit_given_back_takes_its_spacing_along(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10, spacing=2)
    await _permit(window)
    await clock.sleep(3)

    window.give_back(await _permit(window))

    assert _next(window) == [3]


@in_virtual_time
async def test_permit_given_back_keeps_the_spacing_to_the_one_before(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10, spacing=2)
    await _permit(window)
    await clock.sleep(2)
    window.give_back(await _permit(window))
    await clock.sleep(1)
    await _permit(window)

    assert _next(window) == [5]


@in_virtual_time
async def test_older_permit_given_back_leaves_the_spacing_of_the_newest(
    clock: VirtualClock,
) -> None:
    window = _window(clock, 5, 10, spacing=2)
    older = await _permit(window)
    await clock.sleep(2)
    await _permit(window)

    window.give_back(older)

    assert _next(window) == [4]


@in_virtual_time
async def test_permit_given_back_while_frozen_does_not_thaw(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)
    await _permit(window)
    permit = await _permit(window)
    window.freeze(7, at_least=0)

    window.give_back(permit)

    assert _next(window) == [7]


@in_virtual_time
async def test_background_permit_given_back_takes_its_step_along(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)
    await _times(window, clock, 2, WORK)
    await clock.sleep(2)

    window.give_back(await _permit(window, WORK))

    assert _next(window, 2, WORK) == [2, 4]


@in_virtual_time
async def test_permit_given_back_after_it_left_the_window_changes_nothing(
    clock: VirtualClock,
) -> None:
    window = _window(clock, 1, 10)
    permit = await _permit(window)
    await clock.sleep(10)
    await _permit(window)

    window.give_back(permit)

    assert _next(window) == [20]


# The forecast


@in_virtual_time
async def test_forecast_is_what_will_happen(clock: VirtualClock) -> None:
    window = _window(clock, 6, 10, spacing=0.5, reserve=2)
    await _permit(window)
    await clock.sleep(3)

    forecast = _next(window, 9, WORK)

    assert forecast == await _times(window, clock, 9, WORK)


@in_virtual_time
async def test_forecast_counts_whoever_goes_before(clock: VirtualClock) -> None:
    window = _window(clock, 3, 10, reserve=1)

    instants = window.forecast([PERSON, PERSON, WORK, PERSON, PERSON])

    assert [instant - START for instant in instants] == [0, 0, 10, 10, 10]


@in_virtual_time
async def test_forecast_changes_nothing(clock: VirtualClock) -> None:
    window = _window(clock, 2, 10, spacing=1)
    window.correct(Allowance(limit=2, used=1), await _permit(window))

    window.forecast([PERSON, WORK] * 5)

    assert (await window.take(PERSON), _next(window, 3)) == (START + 1, [1, 10, 11])


# What the upstream says


@in_virtual_time
async def test_lower_limit_is_adopted(clock: VirtualClock) -> None:
    window = _window(clock, 60, 61)

    correction = window.correct(Allowance(limit=2), await _permit(window))

    assert (correction, _next(window, 2)) == (Correction("limit", 2), [0, 61])


@in_virtual_time
async def test_limit_is_raised_again_but_not_above_our_own(clock: VirtualClock) -> None:
    window = _window(clock, 3, 10)
    window.correct(Allowance(limit=1), await _permit(window))

    correction = window.correct(Allowance(limit=240), Permit(2, START, 1, PERSON))

    assert (correction, _next(window, 3)) == (Correction("limit", 3), [0, 0, 10])


@in_virtual_time
async def test_background_share_and_pace_follow_the_limit(clock: VirtualClock) -> None:
    window = _window(clock, 60, 60, reserve=5)
    window.correct(Allowance(limit=25), await _permit(window))

    assert _next(window, 4, WORK) == [0, 0, 3, 6]


@in_virtual_time
async def test_what_the_upstream_counts_beyond_ours_is_spread_over_the_window(
    clock: VirtualClock,
) -> None:
    window = _window(clock, 5, 10)

    correction = window.correct(Allowance(limit=5, used=4), await _permit(window))

    # Three of others are seen and one more is assumed: they leave at 2.5, 5, 7.5 and 10.
    assert (correction, _next(window, 5)) == (
        Correction("elsewhere", 4),
        [2.5, 5, 7.5, 10, 10],
    )


@in_virtual_time
async def test_what_was_sent_elsewhere_leaves_on_the_instant(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)
    window.correct(Allowance(limit=5, used=4), await _permit(window))
    await clock.sleep(2.5)

    assert (await _permit(window)).used == 2


@in_virtual_time
async def test_used_is_counted_from_the_limit_and_what_remains(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)

    window.correct(Allowance(limit=5, remaining=1), await _permit(window))

    assert _next(window) == [2.5]


@in_virtual_time
async def test_nothing_remaining_means_a_full_window(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)

    correction = window.correct(Allowance(limit=5, remaining=0), await _permit(window))

    assert correction == Correction("elsewhere", 5)


@in_virtual_time
async def test_use_of_nothing_is_a_count_too(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)
    permit = await _permit(window)
    window.correct(Allowance(used=4), permit)

    correction = window.correct(Allowance(used=0), permit)

    assert correction == Correction("elsewhere", 0)


@in_virtual_time
async def test_everything_remaining_means_that_nobody_else_sends(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)
    permit = await _permit(window)
    window.correct(Allowance(limit=5, remaining=1), permit)

    correction = window.correct(Allowance(limit=5, remaining=5), permit)

    assert correction == Correction("elsewhere", 0)


@in_virtual_time
async def test_used_counts_also_when_the_limit_is_missing(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)

    correction = window.correct(Allowance(used=4), await _permit(window))

    assert correction == Correction("elsewhere", 4)


@in_virtual_time
async def test_greater_of_two_counts_that_disagree_is_believed(clock: VirtualClock) -> None:
    first, second = _window(clock, 5, 10), _window(clock, 5, 10)

    first.correct(Allowance(limit=5, used=4, remaining=4), await _permit(first))
    second.correct(Allowance(limit=5, used=1, remaining=1), await _permit(second))

    assert (_next(first), _next(second)) == ([2.5], [2.5])


@in_virtual_time
async def test_next_to_nothing_left_means_one_permit_per_step_and_not_none(
    clock: VirtualClock,
) -> None:
    window = _window(clock, 60, 60)

    window.correct(Allowance(limit=60, used=60, remaining=0), await _permit(window))

    assert _next(window, 3) == [2, 3, 4]


@in_virtual_time
async def test_newer_count_replaces_an_older_one(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)
    window.correct(Allowance(limit=5, used=4), await _permit(window))
    await clock.sleep(3)

    correction = window.correct(Allowance(limit=5, used=2), await _permit(window))

    assert (correction, _next(window, 4)) == (Correction("elsewhere", 0), [3, 3, 3, 10])


@in_virtual_time
async def test_what_was_sent_elsewhere_is_forgotten_after_one_window(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)
    window.correct(Allowance(limit=5, used=5), await _permit(window))

    await clock.sleep(10)

    assert _next(window, 5) == [10] * 5


@in_virtual_time
async def test_upstream_that_counts_less_than_we_do_changes_nothing(clock: VirtualClock) -> None:
    window = _window(clock, 2, 10)
    await _permit(window)

    correction = window.correct(Allowance(limit=2, used=1), await _permit(window))

    assert (correction, _next(window)) == (None, [10])


@in_virtual_time
async def test_others_may_use_what_our_own_rate_leaves_of_the_limit(clock: VirtualClock) -> None:
    window = _window(clock, 3, 10)
    permit = await _permit(window)

    within = window.correct(Allowance(limit=10, used=8), permit)
    beyond = window.correct(Allowance(limit=10, used=9), permit)

    assert (within, beyond) == (None, Correction("elsewhere", 2))


@pytest.mark.parametrize(
    "allowance",
    [
        pytest.param(Allowance(), id="nothing said"),
        pytest.param(Allowance(limit=0), id="limit 0"),
        pytest.param(Allowance(limit=-5, remaining=3), id="negative limit"),
        pytest.param(Allowance(used=-1), id="negative use"),
        pytest.param(Allowance(remaining=0), id="remaining of nothing"),
        pytest.param(Allowance(limit=3, remaining=4), id="more left than the limit"),
        pytest.param(Allowance(limit=3, remaining=-1), id="less than nothing left"),
    ],
)
@in_virtual_time
async def test_numbers_that_make_no_sense_are_ignored(
    clock: VirtualClock, allowance: Allowance
) -> None:
    window = _window(clock, 3, 10)

    correction = window.correct(allowance, await _permit(window))

    assert (correction, _next(window, 3)) == (None, [0, 0, 10])


@in_virtual_time
async def test_use_far_above_the_limit_counts_as_a_full_window(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)

    correction = window.correct(Allowance(limit=5, used=10**9), await _permit(window))

    assert correction == Correction("elsewhere", 5)


@in_virtual_time
async def test_answer_to_an_older_request_is_ignored(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)
    older, newer = await _permit(window), await _permit(window)
    window.correct(Allowance(limit=4, used=2), newer)

    correction = window.correct(Allowance(limit=2, used=2), older)

    assert (correction, _next(window, 3)) == (None, [0, 0, 10])


@in_virtual_time
async def test_answer_that_says_nothing_does_not_make_older_ones_stale(
    clock: VirtualClock,
) -> None:
    window = _window(clock, 5, 10)
    older, newer = await _permit(window), await _permit(window)
    window.correct(Allowance(), newer)

    assert window.correct(Allowance(limit=4), older) == Correction("limit", 4)


@in_virtual_time
async def test_second_answer_to_the_same_request_counts(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)
    permit = await _permit(window)
    window.correct(Allowance(limit=4), permit)

    assert window.correct(Allowance(limit=3), permit) == Correction("limit", 3)


# 429


@in_virtual_time
async def test_freeze_lasts_as_long_as_the_upstream_asked(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)

    window.freeze(7, at_least=20)

    assert _next(window, 2) == [7, 7]


@in_virtual_time
async def test_freeze_without_a_time_lasts_until_the_oldest_permit_leaves(
    clock: VirtualClock,
) -> None:
    window = _window(clock, 2, 10)
    await _permit(window)
    await clock.sleep(4)
    await _permit(window)

    window.freeze(None, at_least=0)

    assert _next(window, 2) == [10, 14]


@in_virtual_time
async def test_freeze_without_a_time_takes_the_window_for_full(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)
    await _permit(window)

    window.freeze(None, at_least=0)

    # Four permits that are not ours leave at 2.5, 5, 7.5 and 10.
    assert _next(window, 4) == [2.5, 5, 7.5, 10]


@in_virtual_time
async def test_freeze_without_a_time_keeps_what_already_fills_the_window(
    clock: VirtualClock,
) -> None:
    window = _window(clock, 5, 10)
    window.correct(Allowance(limit=5, used=4), await _permit(window))
    await clock.sleep(1)

    window.freeze(None, at_least=0)

    assert _next(window, 2) == [2.5, 5]


@in_virtual_time
async def test_freeze_without_a_time_lasts_at_least_so_long(clock: VirtualClock) -> None:
    window = _window(clock, 5, 10)

    window.freeze(None, at_least=6)

    assert _next(window) == [6]


@in_virtual_time
async def test_freeze_forgets_what_left_the_window_before(clock: VirtualClock) -> None:
    window = _window(clock, 1, 10)
    await _permit(window)
    await clock.sleep(10)

    window.freeze(None, at_least=0)

    assert _next(window) == [20]


@in_virtual_time
async def test_freeze_tells_whether_it_is_a_change(clock: VirtualClock) -> None:
    window = _window(clock, 1, 10)

    first = [window.freeze(5, at_least=0), window.freeze(6, at_least=0)]
    await clock.sleep(6)

    assert [*first, window.freeze(1, at_least=0)] == [True, False, True]
