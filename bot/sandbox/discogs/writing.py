"""What owners change on their shelves: copies, ratings, folders, notes and wishes."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.catalogue import CollectionItem, Pressing
from bot.sandbox.catalogue.collections import FOLDER_NAMES
from bot.sandbox.discogs.details import Json
from bot.sandbox.discogs.gate import MUST_AUTHENTICATE, Gate
from bot.sandbox.discogs.names import DiscogsNames, fields
from bot.sandbox.discogs.people import People, Person
from bot.sandbox.discogs.shelves import NO_FOLDER, NO_USER
from bot.sandbox.server import RefusedError

_FORBIDDEN: Final = "You don't have permission to access this resource."
_NO_RELEASE: Final = "That release does not exist or may have been deleted."
_NO_COPY: Final = "Item not found."
_NO_WISH: Final = "Release not found in wantlist."
_BEST: Final = 5
_REMARKS_FIELD: Final = 3


class WriteEndpoints:
    """Lets people change what is theirs."""

    def __init__(self, *, people: People, gate: Gate, names: Callable[[], DiscogsNames]) -> None:
        """Serve these people; the arguments are those of `ShelfEndpoints`."""
        self._people = people
        self._gate = gate
        self._names = names

    def routes(self) -> dict[tuple[str, str], Handler]:
        """Return the handlers by method and path."""
        user = r"/users/{user:[^/]+}"
        release = rf"{user}/collection/folders/{{folder:\d+}}/releases/{{release:\d+}}"
        copy = rf"{release}/instances/{{instance:\d+}}"
        wish = rf"{user}/wants/{{release:\d+}}"
        return {
            ("POST", release): self._add_copy,
            ("POST", copy): self._change_copy,
            ("DELETE", copy): self._remove_copy,
            ("POST", rf"{copy}/fields/{{field:\d+}}"): self._note_copy,
            ("PUT", wish): self._put_wish,
            ("POST", wish): self._put_wish,
            ("DELETE", wish): self._remove_wish,
        }

    async def _add_copy(self, request: web.Request) -> web.StreamResponse:
        person = self._owner(request)
        folder_id = _folder(int(request.match_info["folder"]))
        release_id = int(request.match_info["release"])
        try:
            item = person.collection.add(release_id, folder_id=folder_id)
        except KeyError:
            raise _refused(HTTPStatus.NOT_FOUND, _NO_RELEASE) from None
        body = {
            "instance_id": item.instance_id,
            "resource_url": f"{self._names().api_url}{request.path}/instances/{item.instance_id}",
        }
        return web.json_response(body, status=HTTPStatus.CREATED)

    async def _change_copy(self, request: web.Request) -> web.StreamResponse:
        person, item = self._copy(request)
        body = await _body(request)
        rating, folder_id = body.get("rating"), body.get("folder_id")
        if rating is not None:
            rating = _rating(rating)
        if folder_id is not None:
            folder_id = _folder(folder_id)
        person.collection.change(item.instance_id, rating=rating, folder_id=folder_id)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _remove_copy(self, request: web.Request) -> web.StreamResponse:
        person, item = self._copy(request)
        person.collection.remove(item.instance_id)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _note_copy(self, request: web.Request) -> web.StreamResponse:
        person, item = self._copy(request)
        field_id = int(request.match_info["field"])
        known = next((each for each in fields() if each["id"] == field_id), None)
        if known is None:
            raise _refused(HTTPStatus.NOT_FOUND, "Field not found.")
        text = request.query.get("value", "")
        if text and "options" in known and text not in known["options"]:
            raise _refused(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid value for this field.")
        notes = item.notes | {field_id: text}
        kept = {each: value for each, value in notes.items() if value}
        person.collection.change(item.instance_id, notes=kept)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _put_wish(self, request: web.Request) -> web.StreamResponse:
        person = self._owner(request)
        release_id = int(request.match_info["release"])
        pressing = self._names().catalogue.pressing(release_id)
        if pressing is None:
            raise _refused(HTTPStatus.NOT_FOUND, _NO_RELEASE)
        given = {**request.query, **await _body(request)}
        wish = _wish(pressing, _wished(person, release_id), given)
        others = [each for each in person.wants if each.pressing.edition.release_id != release_id]
        person.wants[:] = [wish, *others]
        answer = self._names().wish(person, wish, is_owner=True)
        return web.json_response(answer, status=HTTPStatus.CREATED)

    async def _remove_wish(self, request: web.Request) -> web.StreamResponse:
        person = self._owner(request)
        wish = _wished(person, int(request.match_info["release"]))
        if wish is None:
            raise _refused(HTTPStatus.NOT_FOUND, _NO_WISH)
        person.wants.remove(wish)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _owner(self, request: web.Request) -> Person:
        """Return the user in the path, who must be the one who asks."""
        person = self._people.get(request.match_info["user"])
        if person is None:
            raise _refused(HTTPStatus.NOT_FOUND, NO_USER)
        user_id = self._gate.user_id(request)
        if user_id is None:
            raise _refused(HTTPStatus.UNAUTHORIZED, MUST_AUTHENTICATE)
        if user_id != person.user_id:
            raise _refused(HTTPStatus.FORBIDDEN, _FORBIDDEN)
        return person

    def _copy(self, request: web.Request) -> tuple[Person, CollectionItem]:
        """Return the copy in the path; release and folder must be its own."""
        person = self._owner(request)
        wanted = {name: int(request.match_info[name]) for name in ("folder", "release")}
        item = person.collection.find(int(request.match_info["instance"]))
        if item is None or wanted != {
            "folder": item.folder_id,
            "release": item.pressing.edition.release_id,
        }:
            raise _refused(HTTPStatus.NOT_FOUND, _NO_COPY)
        return person, item


def _wished(person: Person, release_id: int) -> CollectionItem | None:
    wishes = (each for each in person.wants if each.pressing.edition.release_id == release_id)
    return next(wishes, None)


def _wish(pressing: Pressing, old: CollectionItem | None, given: Json) -> CollectionItem:
    """Return a wish with what is given; the rest stays as it was."""
    rating = int(given.get("rating", old.rating if old else 0))
    notes = str(given.get("notes", old.notes.get(_REMARKS_FIELD, "") if old else ""))
    return CollectionItem(
        pressing=pressing,
        instance_id=0,
        folder_id=0,
        rating=_rating(rating),
        added_at=old.added_at if old else datetime.now(UTC).replace(microsecond=0),
        notes={_REMARKS_FIELD: notes} if notes else {},
    )


async def _body(request: web.Request) -> Json:
    """Return the JSON object in the body, or an empty one for no body.

    Raises:
        RefusedError: It is something else.
    """
    text = await request.text()
    try:
        body = json.loads(text) if text else {}
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise _refused(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid JSON.")
    return body


def _rating(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value <= _BEST:
        raise _refused(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid rating.")
    return value


def _folder(value: object) -> int:
    """Return a folder that copies can be put into; 0 is none."""
    if value == 0:
        raise _refused(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid folder.")
    if not isinstance(value, int) or value not in FOLDER_NAMES:
        raise _refused(HTTPStatus.NOT_FOUND, NO_FOLDER)
    return value


def _refused(status: int, message: str) -> RefusedError:
    return RefusedError(status, {"message": message})
