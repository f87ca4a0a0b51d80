"""The bot's own small web server: is it alive, is it ready, how are the upstreams; callbacks."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from services.health import Health, UpstreamHealth


class PortTaken(OSError):  # noqa: N818  # says what is wrong with the port
    """The port of ``WEB_PORT`` cannot be used."""


@asynccontextmanager
async def web_server(
    *,
    host: str,
    port: int,
    is_ready: Callable[[], bool],
    health: Health,
    more: Sequence[web.RouteDef] = (),
) -> AsyncIterator[int]:
    """Serve ``/healthz``, ``/readyz`` and ``/statusz`` inside the block; yields the port.

    Args:
        host: Address to listen on.
        port: 0 picks a free one.
        is_ready: True once commands can be answered.
        health: What ``/statusz`` reports, the same as ``/status``.
        more: Other pages.

    Raises:
        PortTaken: The address cannot be listened on.
    """
    app = web.Application()
    app.add_routes([*_health_routes(is_ready, health), *more])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise PortTaken(error.errno, error.strerror or str(error)) from error
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _health_routes(is_ready: Callable[[], bool], health: Health) -> list[web.RouteDef]:
    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        if is_ready():
            return web.json_response({"status": "ready"})
        return web.json_response({"status": "starting"}, status=503)

    async def statusz(_: web.Request) -> web.Response:
        return web.json_response({"upstreams": [_described(each) for each in health.upstreams()]})

    return [
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/statusz", statusz),
    ]


def _described(upstream: UpstreamHealth) -> dict[str, object]:
    return {
        "name": upstream.name,
        "condition": upstream.condition,
        "retry_at": upstream.retry_at.isoformat() if upstream.retry_at else None,
        "waiting": upstream.waiting,
        "settings": upstream.settings,
    }
