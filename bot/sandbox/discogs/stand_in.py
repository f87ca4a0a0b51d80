"""The Discogs stand-in: database, collections, OAuth and pictures on one port."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.sandbox.art import cover_png
from bot.sandbox.catalogue import Catalogue, default_catalogue
from bot.sandbox.discogs.database import DatabaseEndpoints
from bot.sandbox.discogs.details import picture_name
from bot.sandbox.discogs.gate import TOO_MANY, Gate
from bot.sandbox.discogs.moving_window import MovingWindow
from bot.sandbox.discogs.names import DiscogsNames
from bot.sandbox.discogs.oauth import AUTHORIZE_PATH, OAuthDesk
from bot.sandbox.discogs.people import OWNER, OWNER_ID, People, Person, default_people
from bot.sandbox.discogs.records import DiscogsRecords
from bot.sandbox.discogs.shelves import ShelfEndpoints
from bot.sandbox.discogs.writing import WriteEndpoints
from bot.sandbox.faults import Fault, FaultKind, fault_middleware, status_of
from bot.sandbox.server import StandIn

_WINDOW_SECONDS: Final = 60.0
_AUTHENTICATED_LIMIT: Final = 60
_ANONYMOUS_LIMIT: Final = 25
_OWNED_COPIES: Final = 180


class DiscogsStandIn(StandIn):
    """Discogs over a loopback socket.

    Attributes:
        token: Personal token of the user `username`.
        username: The token's owner.
        consumer_key: Key of the application.
        consumer_secret: Secret of the application.
        gate: Limits and credentials; its limits may be changed while running.
        window: The moving window; `window.worst` is the most requests seen in one.
        people: The users; what is changed about one of them takes effect at once.
        oauth: Who has allowed the application what.
        catalogue: The records it knows.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        catalogue: Catalogue | None = None,
        owned_copies: int = _OWNED_COPIES,
        window_seconds: float = _WINDOW_SECONDS,
        authenticated_limit: int = _AUTHENTICATED_LIMIT,
        anonymous_limit: int = _ANONYMOUS_LIMIT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare the stand-in.

        Args:
            port: Port on 127.0.0.1; 0 lets the system choose.
            catalogue: Records it knows; the sandbox's own by default.
            owned_copies: Size of the token owner's collection.
            window_seconds: Length of the moving window, in seconds of the clock.
            authenticated_limit: Requests in one window with credentials.
            anonymous_limit: Requests in one window without.
            monotonic: Clock of the window.
        """
        super().__init__(port=port, monotonic=monotonic)
        self.token = "sandbox-discogs-token"  # noqa: S105  # opens nothing but this stand-in
        self.username = OWNER
        self.consumer_key = "sandbox-consumer-key"
        self.consumer_secret = "sandbox-consumer-secret"  # noqa: S105  # as above
        self.window = MovingWindow(seconds=window_seconds, monotonic=monotonic)
        self.catalogue = catalogue or default_catalogue()
        self.people = People(default_people(self.catalogue, owned_copies))
        self.oauth = OAuthDesk(
            consumer_key=self.consumer_key,
            consumer_secret=self.consumer_secret,
            user_ids=self.people.ids,
            monotonic=monotonic,
        )
        self.gate = Gate(
            window=self.window,
            token=self.token,
            owner_id=OWNER_ID,
            oauth=self.oauth,
            authenticated_limit=authenticated_limit,
            anonymous_limit=anonymous_limit,
        )

    @property
    def api_url(self) -> str:
        """Base of the API, without a trailing slash."""
        return self.url

    def worst_window(self) -> int:
        """Return the most requests seen in any moving window, refused ones included."""
        return self.window.worst

    def add_person(self, person: Person) -> None:
        """Add a user, or replace the one of the same name."""
        self.people.add(person)

    @property
    def authorize_url(self) -> str:
        """Page where a user allows the application to act for them."""
        return f"{self.url}{AUTHORIZE_PATH}"

    def _middlewares(self) -> list[Middleware]:
        return [self.gate.middleware(), fault_middleware(self.faults, error_body=_fault_body)]

    def _set_up(self, app: web.Application) -> None:
        app.on_response_prepare.append(self.gate.add_headers)
        endpoints = (
            DatabaseEndpoints(
                catalogue=self.catalogue,
                gate=self.gate,
                names=self._names,
                people=self.people,
            ),
            ShelfEndpoints(people=self.people, gate=self.gate, names=self._names),
        )
        for each in endpoints:
            for path, handler in each.routes().items():
                app.router.add_get(path, handler)
        writes = WriteEndpoints(people=self.people, gate=self.gate, names=self._names)
        for (method, path), handler in (self.oauth.routes() | writes.routes()).items():
            app.router.add_route(method, path, handler)
        app.router.add_get("/img/{name}", _picture)
        app.router.add_route("*", "/{rest:.*}", _nowhere)

    def _names(self) -> DiscogsNames:
        records = DiscogsRecords(api_url=self.api_url, image_url=f"{self.url}/img")
        return DiscogsNames(api_url=self.api_url, records=records, catalogue=self.catalogue)


async def _picture(request: web.Request) -> web.StreamResponse:
    """Serve a picture by its exact signed name; any change to it is refused."""
    name = request.match_info["name"]
    _, size, _, number = [*name.removesuffix(".png").split("-"), "", "", ""][:4]
    if not (size.isdecimal() and number.isdecimal()):
        return web.Response(status=HTTPStatus.NOT_FOUND)
    if name != picture_name(int(number), int(size)):
        return web.Response(status=HTTPStatus.FORBIDDEN)
    return web.Response(body=cover_png(f"release-{number}", int(size)), content_type="image/png")


async def _nowhere(_request: web.Request) -> web.StreamResponse:
    message = "The requested resource was not found."
    return web.json_response({"message": message}, status=HTTPStatus.NOT_FOUND)


def _fault_body(fault: Fault) -> object:
    if fault.kind is FaultKind.RATE_LIMIT:
        return {"message": TOO_MANY}
    return {"message": HTTPStatus(status_of(fault)).phrase}
