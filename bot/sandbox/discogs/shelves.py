"""The endpoints about people: profiles, collections and wantlists."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.catalogue.collections import ALL_FOLDER, FOLDER_NAMES
from bot.sandbox.discogs.gate import PRIVATE, Caller, Gate
from bot.sandbox.discogs.names import DiscogsNames, fields, value
from bot.sandbox.discogs.paging import listed, page_response
from bot.sandbox.discogs.people import People, Person
from bot.sandbox.server import RefusedError

NO_USER: Final = "User does not exist or may have been deleted."
NO_FOLDER: Final = "Folder not found."


class ShelfEndpoints:
    """Answers for some people."""

    def __init__(self, *, people: People, gate: Gate, names: Callable[[], DiscogsNames]) -> None:
        """Answer for these people.

        Args:
            people: The users; may change while running.
            gate: Knows who asks.
            names: Returns the builder of objects; the address is only known while running.
        """
        self._people = people
        self._gate = gate
        self._names = names

    def routes(self) -> dict[str, Handler]:
        """Return the handlers by path."""
        user = r"/users/{user:[^/]+}"
        return {
            "/oauth/identity": self._identity,
            user: self._profile,
            f"{user}/collection/folders": self._folders,
            rf"{user}/collection/folders/{{folder:\d+}}": self._folder,
            rf"{user}/collection/folders/{{folder:\d+}}/releases": self._copies,
            rf"{user}/collection/releases/{{id:\d+}}": self._copies_of_release,
            f"{user}/collection/fields": self._fields,
            f"{user}/collection/value": self._value,
            f"{user}/wants": self._wants,
        }

    async def _identity(self, request: web.Request) -> web.StreamResponse:
        self._gate.require(request, Caller.USER)
        person = self._people.by_id(self._gate.user_id(request))
        if person is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, {"message": NO_USER})
        body = {
            "id": person.user_id,
            "username": person.username,
            "resource_url": f"{self._names().api_url}/users/{person.username}",
            "consumer_name": "Sandbox",
        }
        return web.json_response(body)

    async def _profile(self, request: web.Request) -> web.StreamResponse:
        person, is_owner = self._person(request)
        return web.json_response(self._names().profile(person, is_owner=is_owner))

    async def _folders(self, request: web.Request) -> web.StreamResponse:
        person, is_owner = self._visible_person(request)
        return web.json_response({"folders": self._names().folders(person, is_owner=is_owner)})

    async def _folder(self, request: web.Request) -> web.StreamResponse:
        person, is_owner = self._visible_person(request)
        folder_id = self._folder_id(request, is_owner=is_owner)
        folders = self._names().folders(person, is_owner=is_owner)
        return web.json_response(next(each for each in folders if each["id"] == folder_id))

    async def _copies(self, request: web.Request) -> web.StreamResponse:
        person, is_owner = self._visible_person(request)
        folder_id = self._folder_id(request, is_owner=is_owner)
        sort = request.query.get("sort", "added")
        # The newest come first unless the request names an order.
        descending = request.query.get("sort_order", "asc" if "sort" in request.query else "desc")
        names = self._names()
        return page_response(
            request,
            "releases",
            total=person.collection.count(folder_id),
            some=lambda offset, limit: person.collection.page(
                folder_id, sort=sort, descending=descending == "desc", offset=offset, limit=limit
            ),
            build=lambda item: names.copy(item, is_owner=is_owner),
        )

    async def _copies_of_release(self, request: web.Request) -> web.StreamResponse:
        person, is_owner = self._visible_person(request)
        names = self._names()
        # A release that is not owned, or does not exist, is an empty list and no error.
        copies = person.collection.copies_of(int(request.match_info["id"]))
        return page_response(
            request,
            "releases",
            total=len(copies),
            some=listed(copies),
            build=lambda item: names.copy(item, is_owner=is_owner),
        )

    async def _fields(self, request: web.Request) -> web.StreamResponse:
        _, is_owner = self._visible_person(request)
        shown = [each for each in fields() if is_owner or each["public"]]
        return web.json_response({"fields": shown})

    async def _value(self, request: web.Request) -> web.StreamResponse:
        person, is_owner = self._visible_person(request)
        if not is_owner:
            raise _private()
        return web.json_response(value(person))

    async def _wants(self, request: web.Request) -> web.StreamResponse:
        person, is_owner = self._visible_person(request)
        names = self._names()
        return page_response(
            request,
            "wants",
            total=len(person.wants),
            some=listed(person.wants),
            build=lambda item: names.wish(person, item, is_owner=is_owner),
        )

    def _person(self, request: web.Request) -> tuple[Person, bool]:
        """Return the user in the path, and whether it is the caller."""
        person = self._people.get(request.match_info["user"])
        if person is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, {"message": NO_USER})
        return person, self._gate.user_id(request) == person.user_id

    def _visible_person(self, request: web.Request) -> tuple[Person, bool]:
        """Return the user in the path unless the shelves are somebody else's secret."""
        person, is_owner = self._person(request)
        if person.is_private and not is_owner:
            raise _private()
        return person, is_owner

    def _folder_id(self, request: web.Request, *, is_owner: bool) -> int:
        """Return the folder in the path; strangers may open folder 0 only."""
        folder_id = int(request.match_info["folder"])
        if folder_id != ALL_FOLDER and not is_owner:
            raise _private()
        if folder_id != ALL_FOLDER and folder_id not in FOLDER_NAMES:
            raise RefusedError(HTTPStatus.NOT_FOUND, {"message": NO_FOLDER})
        return folder_id


def _private() -> RefusedError:
    return RefusedError(HTTPStatus.FORBIDDEN, {"message": PRIVATE})
