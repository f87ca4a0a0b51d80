"""A web application on a loopback port."""

from aiohttp import web

_LOOPBACK = "127.0.0.1"
_SHUTDOWN_SECONDS = 0.1


class LoopbackServer:
    """Listens on 127.0.0.1 only."""

    def __init__(self, port: int) -> None:
        """Prepare; a port of 0 lets the system choose at the first start."""
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def is_running(self) -> bool:
        """Whether it listens."""
        return self._runner is not None

    @property
    def address(self) -> str:
        """Host and port.

        Raises:
            RuntimeError: It is not running.
        """
        if self._runner is None:
            message = "the server is not running"
            raise RuntimeError(message)
        return f"{_LOOPBACK}:{self._port}"

    async def start(self, app: web.Application) -> None:
        """Serve an application.

        Raises:
            OSError: The port is taken.
        """
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, _LOOPBACK, self._port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._port = runner.addresses[0][1]
        self._runner = runner

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
