"""Who may talk to the chat page's server: a page that it served itself, on this machine.

Any web site can send requests to 127.0.0.1 from a browser, and a name of its own can point there
(DNS rebinding). The first is recognised by the `Origin` that browsers put on every POST and
websocket, the second by the `Host` they were told to ask for.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

_LOOPBACK_HOST: Final = re.compile(r"(?:127\.0\.0\.1|localhost)(?::\d{1,5})?")
_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})


@web.middleware
async def only_own_page(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site's page, or a name that points here, could send."""
    if not _LOOPBACK_HOST.fullmatch(request.headers.get("Host", "")):
        return _refused("This server answers on its loopback address only.")
    changes_something = request.method not in _SAFE_METHODS or "Upgrade" in request.headers
    if changes_something and request.headers.get("Origin") != f"http://{request.host}":
        return _refused("Only the chat page itself may do that.")
    return await handler(request)


def security_headers(picture_origins: Sequence[str]) -> dict[str, str]:
    """Return the headers of every answer.

    Args:
        picture_origins: Other servers on this machine that pictures may come from.
    """
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": " ".join(["'self'", *picture_origins]),
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def _refused(reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=HTTPStatus.FORBIDDEN)
