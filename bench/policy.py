"""What a policy costs when all is well, beside the usual packages with the same features."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable

from aiocache import SimpleMemoryCache

from bench.report import Row, microseconds, print_section
from bench.timing import Timings, measure
from bench.usual_stack import alike, four_packages, kept
from services.resilience.cache import Cache
from services.resilience.clock import SystemClock
from services.resilience.config import Call, PolicyConfig
from services.resilience.policy import Policy
from services.resilience.rate_limiter import Rate

_CALLS = 1_000
FRESH_SECONDS = 3_600.0
"""How long the kept answers of these benchmarks are good; longer than any run."""


def make_policy() -> Policy:
    """Return a policy with every part, whose allowance is never used up."""
    config = PolicyConfig(
        upstream="bench",
        deadline=20.0,
        attempt_timeout=10.0,
        concurrency=4,
        rate=Rate(permits=100, window=0.0),
        stale_name="cache_from_previous_session",
    )
    return Policy(config, clock=SystemClock(), chance=random.Random(0))  # noqa: S311  # jitter


def bench_calls() -> None:
    """Compare ``Policy.call`` of a no-op with the usual stack around the same no-op."""
    with asyncio.Runner() as runner:
        _bench_calls(runner)
        _bench_hits(runner)


def _bench_calls(runner: asyncio.Runner) -> None:
    policy, numbers = make_policy(), itertools.count()
    plain = Call(operation="get", send=_answer)
    few, same = four_packages(_answer), alike(_answer)
    kept_few, kept_same = kept(few), kept(same)
    timings = _measure(
        runner,
        {
            "await": _answer,
            "policy": lambda: policy.call(plain),
            "alike": same,
            "few": few,
            "miss": lambda: policy.call(_keyed(str(next(numbers)))),
            "miss alike": lambda: kept_same(str(next(numbers))),
            "miss few": lambda: kept_few(str(next(numbers))),
        },
    )
    print_section(
        "A call that succeeds and is not kept, over a no-op",
        "aiolimiter, tenacity, circuitbreaker, a semaphore and asyncio.timeout twice",
        [
            _row(timings, "the usual stack", "alike"),
            _row(
                timings,
                "Policy.call",
                "policy",
                "alike",
                "deadline, retry, breaker, bulkhead, limiter, attempt timeout; at most 0.5",
            ),
            _row(
                timings,
                "the packages alone",
                "few",
                "alike",
                "neither deadline nor bulkhead nor attempt timeout",
            ),
            _row(timings, "bare await", "await", "alike"),
        ],
    )
    print_section(
        "A call with a key that is asked for the first time, over a no-op",
        "the same under aiocache's decorator (5 s timeout of each operation, as it comes)",
        [
            _row(timings, "the usual stack", "miss alike"),
            _row(
                timings,
                "Policy.call, miss",
                "miss",
                "miss alike",
                "besides: single-flight in a task and under a deadline of its own, bounds, jitter",
            ),
            _row(timings, "the packages alone", "miss few", "miss alike"),
        ],
    )


def _bench_hits(runner: asyncio.Runner) -> None:
    policy, cache = make_policy(), Cache(capacity=100, clock=SystemClock())
    backend, stack = SimpleMemoryCache(timeout=None), kept(alike(_answer))

    async def fill() -> None:
        await backend.set("key", "value")
        await cache.set("key", "value")
        await policy.call(_keyed("key"))
        await stack("key")

    runner.run(fill())
    call = _keyed("key")
    timings = _measure(
        runner,
        {
            "aiocache": lambda: backend.get("key"),
            "cache": lambda: cache.get("key", max_age=FRESH_SECONDS),
            "hit": lambda: policy.call(call),
            "stack": lambda: stack("key"),
        },
    )
    print_section(
        "An answer from the cache",
        "aiocache's SimpleMemoryCache.get of a key that is there, without its timeout",
        [
            _row(timings, "aiocache get", "aiocache"),
            _row(
                timings,
                "Cache.get",
                "cache",
                "aiocache",
                "the same backend with our age check and bounds by entries and bytes",
            ),
            _row(
                timings,
                "Policy.call, hit",
                "hit",
                "aiocache",
                "what an answer costs that nobody has to be asked for; at most 3",
            ),
            _row(timings, "the usual stack, hit", "stack", "aiocache"),
        ],
    )


def _measure(runner: asyncio.Runner, calls: dict[str, Callable[[], Awaitable[object]]]) -> Timings:
    def block(call: Callable[[], Awaitable[object]]) -> Callable[[], None]:
        return lambda: runner.run(_repeat(call))

    blocks = {name: block(call) for name, call in calls.items()}
    return measure(blocks, operations=_CALLS)


def _row(
    timings: Timings, what: str, name: str, baseline: str | None = None, meaning: str = ""
) -> Row:
    ratio = None if baseline is None else timings.ratio(name, baseline)
    return Row(what, ratio, microseconds(timings.of(name).median), meaning)


def _keyed(key: str) -> Call[str]:
    return Call(operation="get", send=_answer, key=key, fresh=FRESH_SECONDS)


async def _answer() -> str:
    return "value"


async def _repeat(call: Callable[[], Awaitable[object]], times: int = _CALLS) -> None:
    for _ in range(times):
        await call()
