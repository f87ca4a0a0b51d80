"""What a policy adds to a request over a loopback socket, beside the usual packages."""

import asyncio
import itertools
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import aiohttp

from bench.policy import FRESH_SECONDS, make_policy
from bench.report import Row, microseconds, print_section
from bench.timing import Timings, measure
from bench.usual_stack import alike, kept
from services.http import HttpClient, Request, open_session
from services.resilience.clock import SystemClock
from services.resilience.config import Call

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


def bench_requests() -> None:
    """Compare a GET with the same through a policy, our client, and the usual stack."""
    with asyncio.Runner() as runner, _server() as port:
        session = runner.run(_open())
        _print(_measure(runner, session, f"http://{_HOST}:{port}/"))
        runner.run(session.close())


def _measure(runner: asyncio.Runner, session: aiohttp.ClientSession, url: str) -> Timings:
    async def get() -> bytes:
        async with session.get(url) as response:
            return await response.read()

    def keyed(key: str) -> Call[bytes]:
        return Call(operation="get", send=get, key=key, fresh=FRESH_SECONDS)

    http = HttpClient(session, clock=SystemClock())
    request = Request(service="bench", operation="get", method="GET", url=url)
    policy, numbers = make_policy(), itertools.count()
    plain, known = Call(operation="get", send=get), keyed("known")
    whole = Call(operation="get", send=lambda: http.send(request))
    stack = alike(get)
    kept_stack = kept(stack)
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "get": get,
        "policy": lambda: policy.call(plain),
        "whole": lambda: policy.call(whole),
        "stack": stack,
        "miss": lambda: policy.call(keyed(str(next(numbers)))),
        "stack miss": lambda: kept_stack(str(next(numbers))),
        "hit": lambda: policy.call(known),
        "stack hit": lambda: kept_stack("known"),
    }

    def block(call: Callable[[], Awaitable[object]]) -> Callable[[], None]:
        return lambda: runner.run(_repeat(call))

    blocks = {name: block(call) for name, call in calls.items()}
    return measure(blocks, operations=_REQUESTS)


def _print(timings: Timings) -> None:
    print_section(
        "A request over a loopback socket (CPU of this process; the server is another)",
        "aiohttp session.get and read",
        [
            Row("aiohttp", None, microseconds(timings.of("get").median)),
            _row(timings, "in Policy.call", "policy", _added(timings, "policy")),
            _row(timings, "in the usual stack", "stack", _added(timings, "stack")),
            _row(timings, "in Policy.call, miss", "miss", _added(timings, "miss")),
            _row(timings, "in the usual stack, miss", "stack miss", _added(timings, "stack miss")),
            _row(timings, "Policy.call, hit", "hit"),
            _row(timings, "the usual stack, hit", "stack hit"),
            _row(
                timings,
                "HttpClient.send in Policy.call",
                "whole",
                "with the size cap, the error translation and our Response",
            ),
        ],
    )


def _row(timings: Timings, what: str, name: str, meaning: str = "") -> Row:
    return Row(what, timings.ratio(name, "get"), microseconds(timings.of(name).median), meaning)


def _added(timings: Timings, name: str) -> str:
    added = timings.added(name, "get")
    low, high = microseconds(added.low), microseconds(added.high)
    return f"adds {microseconds(added.median)} ({low}..{high})"


async def _repeat(call: Callable[[], Awaitable[object]]) -> None:
    for _ in range(_REQUESTS):
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
