"""What a policy adds to a call that succeeds, and to one that is answered from the cache."""

import asyncio
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import aiohttp
from aiocache import SimpleMemoryCache

from bench.report import Row, microseconds, print_section
from bench.timing import measure
from services.http import HttpClient, Request, open_session
from services.resilience.cache import Cache
from services.resilience.clock import SystemClock
from services.resilience.config import Call, PolicyConfig
from services.resilience.policy import Policy
from services.resilience.rate_limiter import Rate

_CALLS = 2_000
_REQUESTS = 60
_HOST = "127.0.0.1"
# A web server that answers every request with the same 1 KB, in a process of its own.
_SERVER = """
import asyncio, sys
from aiohttp import web

async def answer(_):
    return web.Response(body=b"x" * 1024)

async def main():
    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


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


def bench_calls(runner: asyncio.Runner) -> None:
    """Compare ``Policy.call`` with a bare await, and a cache hit with aiocache alone."""
    policy, cache = make_policy(), Cache(capacity=100, clock=SystemClock())
    call = Call(operation="get", send=_answer)
    kept = Call(operation="get", send=_answer, key="key", fresh=3_600.0)
    backend = SimpleMemoryCache(timeout=None)

    async def fill() -> None:
        await backend.set("key", "value")
        await cache.set("key", "value")
        await policy.call(kept)

    runner.run(fill())
    timings = measure(
        {
            "await": lambda: runner.run(_repeat(_answer)),
            "policy": lambda: runner.run(_repeat(lambda: policy.call(call))),
            "aiocache": lambda: runner.run(_repeat(lambda: backend.get("key"))),
            "cache": lambda: runner.run(_repeat(lambda: cache.get("key", max_age=3_600.0))),
            "hit": lambda: runner.run(_repeat(lambda: policy.call(kept))),
        },
        operations=_CALLS,
    )
    print_section(
        "(a) A call that succeeds, not cached",
        "awaiting the same coroutine function without a policy",
        [
            Row("bare await", None, microseconds(timings.of("await").median)),
            Row(
                "Policy.call",
                timings.ratio("policy", "await"),
                microseconds(timings.of("policy").median),
                "deadline, retry, breaker, bulkhead, rate limiter and attempt timeout together; "
                "the ratio is large because the baseline is nothing",
            ),
        ],
    )
    print_section(
        "(b) An answer from the cache",
        "aiocache's SimpleMemoryCache.get of a key that is there, without its timeout",
        [
            Row("aiocache get", None, microseconds(timings.of("aiocache").median)),
            Row(
                "Cache.get",
                timings.ratio("cache", "aiocache"),
                microseconds(timings.of("cache").median),
                "the same backend with our age check and bounds by entries and bytes",
            ),
            Row(
                "Policy.call, hit",
                timings.ratio("hit", "aiocache"),
                microseconds(timings.of("hit").median),
                "what an answer costs that nobody has to be asked for; at most 3 times the bare "
                "get",
            ),
        ],
    )


def bench_requests(runner: asyncio.Runner) -> None:
    """Compare a GET over a loopback socket with the same through our client and a policy."""
    policy = make_policy()
    with _server() as port:
        url = f"http://{_HOST}:{port}/"
        session = runner.run(_open())
        http = HttpClient(session, clock=SystemClock())
        request = Request(service="bench", operation="get", method="GET", url=url)

        async def get() -> bytes:
            async with session.get(url) as response:
                return await response.read()

        bare = Call(operation="get", send=get)
        whole = Call(operation="get", send=lambda: http.send(request))
        timings = measure(
            {
                "get": lambda: runner.run(_repeat(get, _REQUESTS)),
                "policy": lambda: runner.run(_repeat(lambda: policy.call(bare), _REQUESTS)),
                "whole": lambda: runner.run(_repeat(lambda: policy.call(whole), _REQUESTS)),
            },
            operations=_REQUESTS,
        )
        runner.run(session.close())
    added = timings.added("policy", "get")
    print_section(
        "(a) A request over a loopback socket (CPU of this process; the server is another)",
        "aiohttp session.get and read",
        [
            Row("aiohttp", None, microseconds(timings.of("get").median)),
            Row(
                "the same in Policy.call",
                timings.ratio("policy", "get"),
                microseconds(timings.of("policy").median),
                f"the policy adds {microseconds(added.median)} "
                f"({microseconds(added.low)}..{microseconds(added.high)}); "
                "aiocache, aiolimiter, tenacity and circuitbreaker: 1.80..1.93, measured elsewhere",
            ),
            Row(
                "HttpClient.send in Policy.call",
                timings.ratio("whole", "get"),
                microseconds(timings.of("whole").median),
                "with the size cap, the error translation and our Response",
            ),
        ],
    )


async def _answer() -> str:
    return "value"


async def _repeat(call: Callable[[], Awaitable[object]], times: int = _CALLS) -> None:
    for _ in range(times):
        await call()


async def _open() -> aiohttp.ClientSession:
    return open_session(user_agent="bench/1")


@contextmanager
def _server() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE) as process:  # noqa: S603  # our own text
        assert process.stdout is not None  # noqa: S101  # a pipe was asked for
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()
