"""The REST API over HTTP: records each request, checks token and rate limit, calls its handler."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import BodyPartReader, web
from aiohttp.typedefs import Handler as HttpHandler
from aiohttp.typedefs import Middleware

from bot.sandbox.discord.call import Call, Reply, Route
from bot.sandbox.discord.errors import ApiError, no_such_route, unauthorized
from bot.sandbox.discord.files import Upload
from bot.sandbox.discord.ratelimits import RateLimiter, RateLimitError, limited_headers
from bot.sandbox.discord.snowflakes import Json
from bot.sandbox.faults import Fault, FaultSwitch, client_is_there, fault_middleware

API_PREFIX = "/api/v10"
_JSON = "application/json"
_LARGEST_BODY = 128 * 1024 * 1024
_USUAL_WAIT_SECONDS = 1.0


@dataclass(slots=True, kw_only=True)
class RecordedRequest:
    """One REST request of the bot.

    Attributes:
        method: HTTP method.
        route: Template with the OpenAPI's parameter names; empty for an address that is unknown.
        path: Path below `/api/v10`.
        query: The query's parameters.
        json: The JSON body, or `payload_json` of a multipart one.
        files: The uploaded files.
        at: Monotonic time of arrival, in seconds.
        status: The status answered; None while, or when, nothing was.
    """

    method: str
    route: str
    path: str
    query: Mapping[str, str]
    at: float
    json: object = None
    files: Sequence[Upload] = field(default_factory=tuple)
    status: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether the address exists here."""
        return bool(self.route)


_CALL = web.RequestKey("call", Call)


class RestServer:
    """Serves routes below `/api/v10` and remembers every request."""

    def __init__(
        self,
        routes: Sequence[Route],
        *,
        bot_token: str,
        limiter: RateLimiter,
        faults: FaultSwitch,
    ) -> None:
        """Serve these routes.

        Args:
            routes: The addresses.
            bot_token: The only bot token accepted.
            limiter: Counts the requests.
            faults: Strike requests to the API, not to gateway and CDN.
        """
        self._routes = routes
        self._bot_token = bot_token
        self._limiter = limiter
        self._fault = fault_middleware(faults, error_body=_fault_body)
        self.requests: list[RecordedRequest] = []

    def application(self) -> web.Application:
        """Return the web application; gateway and CDN are still to be added."""
        app = web.Application(
            middlewares=[self._record(), self._strike()], client_max_size=_LARGEST_BODY
        )
        for route in self._routes:
            app.router.add_route(
                route.method, API_PREFIX + route.template, self._serve(route), name=None
            )
        return app

    def _record(self) -> Middleware:
        @web.middleware
        async def record(request: web.Request, handler: HttpHandler) -> web.StreamResponse:
            if not request.path.startswith("/api/"):
                return await handler(request)
            seen = _recorded(request)
            self.requests.append(seen)
            response = await _answer(request, handler, seen)
            if response.prepared or client_is_there(request):
                seen.status = response.status
            return response

        return record

    def _strike(self) -> Middleware:
        @web.middleware
        async def strike(request: web.Request, handler: HttpHandler) -> web.StreamResponse:
            if not request.path.startswith("/api/"):
                return await handler(request)
            return await self._fault(request, handler)

        return strike

    def _serve(self, route: Route) -> HttpHandler:
        async def serve(request: web.Request) -> web.StreamResponse:
            headers: dict[str, str] = {}
            try:
                params = dict(request.match_info)
                headers = self._limiter.take(route.method, route.template, params)
                if route.needs_token:
                    self._check_token(request)
                return _response(route.handler(request[_CALL]), headers)
            except RateLimitError as exc:
                return _response(Reply(exc.body, exc.status), exc.headers)
            except ApiError as exc:
                return _response(Reply(exc.body, exc.status), headers)

        return serve

    def _check_token(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {self._bot_token}":
            raise unauthorized()


async def _answer(
    request: web.Request, handler: HttpHandler, seen: RecordedRequest
) -> web.StreamResponse:
    try:
        call = await _read(request)
    except (ValueError, TypeError):
        body = {"message": "The request body contains invalid JSON.", "code": 50109}
        return _response(Reply(body, HTTPStatus.BAD_REQUEST), {})
    seen.json, seen.files = call.body, call.uploads
    request[_CALL] = call
    try:
        response = await handler(request)
    except web.HTTPNotFound:
        return _response(Reply(no_such_route().body, HTTPStatus.NOT_FOUND), {})
    except web.HTTPMethodNotAllowed as exc:
        return _response(Reply({"message": "405: Method Not Allowed", "code": 0}, exc.status), {})
    except Exception:
        # aiohttp answers 500 and logs the traceback; a bug of the stand-in must not look tidy.
        seen.status = HTTPStatus.INTERNAL_SERVER_ERROR
        raise
    return _polished(response)


def _recorded(request: web.Request) -> RecordedRequest:
    resource = request.match_info.route.resource
    template = resource.canonical.removeprefix(API_PREFIX) if resource is not None else ""
    return RecordedRequest(
        method=request.method,
        route=template,
        path=request.path.removeprefix(API_PREFIX),
        query=dict(request.query),
        at=time.monotonic(),
    )


async def _read(request: web.Request) -> Call:
    params, query = dict(request.match_info), dict(request.query)
    if request.content_type.startswith("multipart/"):
        body, uploads = await _read_multipart(request)
        return Call(params=params, query=query, body=body, uploads=uploads)
    raw = await request.read()
    body = json.loads(raw) if raw else None
    return Call(params=params, query=query, body=body)


async def _read_multipart(request: web.Request) -> tuple[object, list[Upload]]:
    body: object = None
    uploads: list[Upload] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read(decode=True))
        name = part.name or ""
        if name == "payload_json":
            body = json.loads(data)
        elif name.startswith("files[") and name.endswith("]"):
            index = int(name.removeprefix("files[").removesuffix("]"))
            uploads.append(Upload(index=index, filename=part.filename or "unknown", data=data))
    return body, uploads


def _response(reply: Reply, headers: Mapping[str, str]) -> web.Response:
    if reply.body is None:
        return web.Response(status=reply.status, headers=headers)
    # Exactly "application/json": discord.py parses no other content type.
    text = json.dumps(reply.body, ensure_ascii=False, separators=(",", ":"))
    return web.Response(
        body=text.encode(), status=reply.status, headers=headers, content_type=_JSON
    )


def _polished(response: web.StreamResponse) -> web.StreamResponse:
    """Give a fault's answer the headers that Discord's own has."""
    if response.prepared:
        return response
    if response.content_type == _JSON:
        response.headers["Content-Type"] = _JSON
    if response.status == HTTPStatus.TOO_MANY_REQUESTS and "Via" not in response.headers:
        wait = float(response.headers.get("Retry-After", _USUAL_WAIT_SECONDS))
        response.headers.update(limited_headers(wait, scope="shared"))
    return response


def _fault_body(fault: Fault) -> Json:
    wait = float(fault.retry_after or _USUAL_WAIT_SECONDS)
    message = "You are being rate limited."
    if fault.status != HTTPStatus.TOO_MANY_REQUESTS and fault.kind != "rate_limit":
        return {"message": f"{fault.status}: {HTTPStatus(fault.status).phrase}", "code": 0}
    return {"message": message, "retry_after": wait, "global": False}
