"""A Spotify that marks everything it says, so that nobody can pass its words off as others'."""

import json
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.discogs import DiscogsStandIn
from bot.sandbox.spotify import SpotifyStandIn

CANARY: Final = "qzxcanary"
# What a client must be able to use as it is; everything else is words.
_TECHNICAL: Final = frozenset(
    {"id", "type", "uri", "href", "album_type", "release_date", "release_date_precision", "url"}
)


class CanarySpotify(SpotifyStandIn):
    """Ends every text that it serves with the canary."""

    def _middlewares(self) -> list[Middleware]:
        return [_mark, *super()._middlewares()]


@web.middleware
async def _mark(request: web.Request, handler: Handler) -> web.StreamResponse:
    answer = await handler(request)
    if not isinstance(answer, web.Response) or not request.path.startswith("/v1/"):
        return answer
    if answer.content_type != "application/json" or answer.text is None:
        return answer
    return web.json_response(_marked(json.loads(answer.text)), status=answer.status)


def _marked(value: Any, key: str = "") -> Any:  # noqa: ANN401  # any JSON
    if isinstance(value, str):
        return value if key in _TECHNICAL else f"{value} {CANARY}"
    if isinstance(value, dict):
        return {name: _marked(each, name) for name, each in value.items()}
    if isinstance(value, Sequence):
        return [_marked(each, key) for each in value]
    return value


class TolerantDiscogs(DiscogsStandIn):
    """Finds records also by what the canary was added to, and lets much be asked at once."""

    def __init__(self) -> None:
        super().__init__(authenticated_limit=1_000)

    def _middlewares(self) -> list[Middleware]:
        return [*super()._middlewares(), _forgive]


@web.middleware
async def _forgive(request: web.Request, handler: Handler) -> web.StreamResponse:
    words = request.query.get("q", "")
    if CANARY in words:
        url = request.rel_url.update_query(q=words.replace(CANARY, ""))
        request = request.clone(rel_url=url)
    return await handler(request)
