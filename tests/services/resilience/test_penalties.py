import asyncio
import logging
from datetime import datetime

import pytest
from fakes.breakers import feed, make_breaker
from fakes.clock import VirtualClock, wall
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.errors import RateLimitExceeded
from services.resilience.circuit_breaker import UpstreamCircuitBreaker
from services.resilience.penalties import Penalties


class _Store:
    """Keeps instants in a dict.

    Attributes:
        kept: What a restart would find.
        saves: Every save, in order.
        broken: What loading and saving raise, or None.
        gate: Saving waits for it.
    """

    def __init__(self, **kept: datetime) -> None:
        self.kept: dict[str, datetime] = kept
        self.saves: list[tuple[str, datetime | None]] = []
        self.broken: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self, upstream: str) -> datetime | None:
        self._check()
        return self.kept.get(upstream)

    async def save(self, upstream: str, until: datetime | None) -> None:
        await self.gate.wait()
        self._check()
        self.saves.append((upstream, until))
        self.kept.pop(upstream, None)
        if until is not None:
            self.kept[upstream] = until

    def _check(self) -> None:
        if self.broken is not None:
            raise self.broken


async def _penalise(breaker: UpstreamCircuitBreaker, seconds: float) -> None:
    await feed(breaker, RateLimitExceeded("discogs", "search", retry_after=seconds))


@in_virtual_time
async def test_a_penalty_survives_a_restart(clock: VirtualClock) -> None:
    store, before = _Store(), make_breaker(clock)
    penalties = Penalties({"discogs": before}, store)
    await _penalise(before, 3_600)
    await penalties.flush()
    await clock.sleep(600)

    after = make_breaker(clock)
    await Penalties({"discogs": after}, store).restore()

    assert (after.state, after.open_remaining) == ("open", 3_000)


@in_virtual_time
async def test_only_the_upstream_that_was_penalised_is_left_alone(clock: VirtualClock) -> None:
    breakers = {"discogs": make_breaker(clock), "spotify": make_breaker(clock)}

    await Penalties(breakers, _Store(spotify=wall(60))).restore()

    assert {name: breaker.state for name, breaker in breakers.items()} == {
        "discogs": "closed",
        "spotify": "open",
    }


@in_virtual_time
async def test_a_running_task_saves_each_change_at_once(clock: VirtualClock) -> None:
    store, breaker = _Store(), make_breaker(clock)
    task = asyncio.create_task(Penalties({"discogs": breaker}, store).run())
    await _penalise(breaker, 60)
    await settle()
    saved_at = clock.elapsed
    await clock.sleep(60)
    await feed(breaker, "found")
    await settle()

    assert (saved_at, store.saves) == (0, [("discogs", wall(60)), ("discogs", None)])
    assert store.kept == {}
    task.cancel()
    await outcomes(task)


@in_virtual_time
async def test_what_is_saved_is_saved_once(clock: VirtualClock) -> None:
    store, breaker = _Store(), make_breaker(clock)
    penalties = Penalties({"discogs": breaker}, store)
    await _penalise(breaker, 60)

    await penalties.flush()
    await penalties.flush()

    assert store.saves == [("discogs", wall(60))]


@in_virtual_time
async def test_a_change_while_another_is_written_is_saved_after_it(clock: VirtualClock) -> None:
    store, breaker = _Store(), make_breaker(clock)
    task = asyncio.create_task(Penalties({"discogs": breaker}, store).run())
    store.gate.clear()
    await _penalise(breaker, 60)
    await settle()
    breaker.close()
    store.gate.set()
    await settle()

    assert store.saves == [("discogs", wall(60)), ("discogs", None)]
    task.cancel()
    await outcomes(task)


@in_virtual_time
async def test_a_save_that_was_cut_short_is_repeated_by_the_last_flush(clock: VirtualClock) -> None:
    store, breaker = _Store(), make_breaker(clock)
    penalties = Penalties({"discogs": breaker}, store)
    task = asyncio.create_task(penalties.run())
    store.gate.clear()
    await _penalise(breaker, 60)
    await settle()
    task.cancel()
    await outcomes(task)
    store.gate.set()

    await penalties.flush()

    assert store.saves == [("discogs", wall(60))]


@in_virtual_time
async def test_a_store_that_cannot_be_read_does_not_stop_the_start(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    store, breaker = _Store(discogs=wall(60)), make_breaker(clock)
    store.broken = OSError("disk")

    await Penalties({"discogs": breaker}, store).restore()

    assert breaker.state == "closed"
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.ERROR, "discogs: cannot read whether it is to be left alone")
    ]


@in_virtual_time
async def test_a_penalty_that_cannot_be_read_keeps_no_other_from_being_restored(
    clock: VirtualClock,
) -> None:
    class _Torn(_Store):
        async def load(self, upstream: str) -> datetime | None:
            if upstream == "discogs":
                raise OSError("disk")
            return await super().load(upstream)

    unread, penalised = make_breaker(clock), make_breaker(clock)

    await Penalties({"discogs": unread, "spotify": penalised}, _Torn(spotify=wall(60))).restore()

    assert (unread.state, penalised.open_remaining) == ("closed", 60)


@in_virtual_time
async def test_a_penalty_that_ended_is_forgotten_once_by_two_flushes(clock: VirtualClock) -> None:
    store, breaker = _Store(discogs=wall(60)), make_breaker(clock)
    penalties = Penalties({"discogs": breaker}, store)
    await penalties.restore()
    breaker.close()
    store.gate.clear()
    flushes = asyncio.gather(penalties.flush(), penalties.flush())
    await settle()
    store.gate.set()
    await flushes

    await penalties.flush()

    assert (store.saves, store.kept) == ([("discogs", None)] * 2, {})


@in_virtual_time
async def test_a_store_that_cannot_be_written_does_not_end_the_task(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    store, breaker = _Store(), make_breaker(clock)
    store.broken = OSError("disk")
    task = asyncio.create_task(Penalties({"discogs": breaker}, store).run())
    await _penalise(breaker, 60)
    await settle()
    store.broken = None
    breaker.close()
    await settle()

    assert store.saves == [("discogs", None)]
    assert [record.getMessage() for record in caplog.records] == [
        "discogs: cannot keep until when it is to be left alone"
    ]
    task.cancel()
    await outcomes(task)


@in_virtual_time
async def test_an_upstream_that_was_never_penalised_is_left_in_service(
    clock: VirtualClock,
) -> None:
    breaker = make_breaker(clock)

    await Penalties({"discogs": breaker}, _Store()).restore()

    assert (breaker.state, breaker.trips) == ("closed", 0)
