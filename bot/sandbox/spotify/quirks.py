"""What the real Web API does that no document mentions: a refusal in plain text, sparse answers."""

import json
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.sandbox.faults import FAULT_KEY

PREMIUM_LAPSED: Final = "premium_lapsed"
SPARSE: Final = "sparse"
_PREMIUM_TEXT: Final = (
    "Active premium subscription required for the owner of the app. When the subscription"
    " is renewed, it can take a few hours until requests work again."
)
_KINDS: Final = frozenset({"album", "artist", "track", "playlist"})
_KEPT: Final = frozenset({"id", "type", "name", "album", "tracks", "items"})


def quirk_of(request: web.Request) -> str | None:
    """Return the name of the quirk that is in force for a request, or None."""
    fault = request.get(FAULT_KEY)
    return None if fault is None else fault.reason


def premium_lapsed() -> web.Response:
    """Return what every call is answered once the owner of the app stops paying."""
    return web.Response(text=_PREMIUM_TEXT, status=HTTPStatus.FORBIDDEN)


def made_sparse(answer: web.StreamResponse) -> web.StreamResponse:
    """Return a JSON answer without anything optional, and with nulls in its lists."""
    if not isinstance(answer, web.Response) or answer.content_type != "application/json":
        return answer
    return web.json_response(_sparse(json.loads(answer.text or "null")), status=answer.status)


def _sparse(node: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(node, list):
        return [None, *(_sparse(each) for each in node), None]
    if not isinstance(node, dict):
        return node
    is_item = node.get("type") in _KINDS
    return {key: _sparse(value) for key, value in node.items() if not is_item or key in _KEPT}
