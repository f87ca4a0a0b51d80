"""The endpoints about records: search, releases, masters, artists, labels and prices."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.catalogue import Catalogue, Pressing
from bot.sandbox.discogs.details import Json, for_sale, known_currency, lowest_price
from bot.sandbox.discogs.finding import DiscogsSearch, Found, result
from bot.sandbox.discogs.gate import Caller, Gate
from bot.sandbox.discogs.names import DiscogsNames
from bot.sandbox.discogs.paging import listed, page_response
from bot.sandbox.discogs.people import People
from bot.sandbox.server import RefusedError

_GONE: Final = {
    "release": "That release does not exist or may have been deleted.",
    "master": "That master release does not exist or may have been deleted.",
    "artist": "Artist not found.",
    "label": "Label not found.",
}
_VERSION_SORTS: Final = frozenset({"released", "title", "format", "label", "catno", "country"})
_ARTIST_SORTS: Final = frozenset({"year", "title", "format"})

T = TypeVar("T")


class DatabaseEndpoints:
    """Answers for one catalogue."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        gate: Gate,
        names: Callable[[], DiscogsNames],
        people: People,
    ) -> None:
        """Answer for this catalogue.

        Args:
            catalogue: The records.
            gate: Knows who asks.
            names: Returns the builder of objects; the address is only known while running.
            people: The users.
        """
        self._catalogue = catalogue
        self._gate = gate
        self._names = names
        self._people = people
        self._search = DiscogsSearch(catalogue)

    def routes(self) -> dict[str, Handler]:
        """Return the handlers by path."""
        return {
            "/database/search": self._answer_search,
            r"/releases/{id:\d+}": self._release,
            r"/masters/{id:\d+}": self._master,
            r"/masters/{id:\d+}/versions": self._versions,
            r"/artists/{id:\d+}": self._artist,
            r"/artists/{id:\d+}/releases": self._artist_releases,
            r"/labels/{id:\d+}": self._label,
            r"/labels/{id:\d+}/releases": self._label_releases,
            r"/marketplace/stats/{id:\d+}": self._stats,
        }

    async def _answer_search(self, request: web.Request) -> web.StreamResponse:
        self._gate.require(request, Caller.APP, Caller.USER)
        records = self._names().records
        asker = self._people.by_id(self._gate.user_id(request))
        found = self._search.find(request.query)

        def build(each: Found) -> Json:
            body = result(each, records)
            if asker is not None and isinstance(each, Pressing):
                body["user_data"] = asker.user_data(each.edition.release_id)
            return body

        return page_response(request, "results", total=len(found), some=listed(found), build=build)

    async def _release(self, request: web.Request) -> web.StreamResponse:
        pressing = self._pressing(request)
        # Without credentials the currency asked for has no effect.
        asked = request.query.get("curr_abbr", "USD")
        currency = "USD" if self._gate.caller(request) is Caller.NOBODY else known_currency(asked)
        return web.json_response(self._names().records.release(pressing, currency))

    async def _master(self, request: web.Request) -> web.StreamResponse:
        album = _there("master", self._catalogue.masters.get(_id_of(request)))
        return web.json_response(self._names().records.master(album))

    async def _versions(self, request: web.Request) -> web.StreamResponse:
        album = _there("master", self._catalogue.masters.get(_id_of(request)))
        query = request.query
        records = self._names().records
        versions = [
            version
            for edition in album.editions
            if _asked(query.get("format"), edition.medium)
            and _asked(query.get("label"), edition.label)
            and _asked(query.get("country"), edition.country)
            and _asked(query.get("released"), str(edition.year))
            for version in [records.version(Pressing(album=album, edition=edition))]
        ]
        return _sorted_page(request, "versions", versions, _VERSION_SORTS)

    async def _artist(self, request: web.Request) -> web.StreamResponse:
        credit = _there("artist", self._catalogue.discogs_artists.get(_id_of(request)))
        return web.json_response(self._names().artist(credit))

    async def _artist_releases(self, request: web.Request) -> web.StreamResponse:
        artist_id = _id_of(request)
        _there("artist", self._catalogue.discogs_artists.get(artist_id))
        releases = self._names().artist_releases(artist_id)
        return _sorted_page(request, "releases", releases, _ARTIST_SORTS)

    async def _label(self, request: web.Request) -> web.StreamResponse:
        label_id = _id_of(request)
        name = _there("label", self._catalogue.labels.get(label_id))
        return web.json_response(self._names().label(label_id, name))

    async def _label_releases(self, request: web.Request) -> web.StreamResponse:
        label_id = _id_of(request)
        _there("label", self._catalogue.labels.get(label_id))
        names = self._names()
        pressings = names.pressings_on(label_id)
        return page_response(
            request,
            "releases",
            total=len(pressings),
            some=listed(pressings),
            build=names.label_release,
        )

    async def _stats(self, request: web.Request) -> web.StreamResponse:
        edition = self._pressing(request).edition
        currency = known_currency(request.query.get("curr_abbr", "USD"))
        price = lowest_price(edition, currency)
        body = {
            "num_for_sale": for_sale(edition) or None,
            "lowest_price": None if price is None else {"value": price, "currency": currency},
            "blocked_from_sale": False,
        }
        return web.json_response(body)

    def _pressing(self, request: web.Request) -> Pressing:
        return _there("release", self._catalogue.pressing(_id_of(request)))


def _id_of(request: web.Request) -> int:
    return int(request.match_info["id"])


def _there(kind: str, found: T | None) -> T:
    """Return what was found, or refuse in the words Discogs has for this kind."""
    if found is None:
        raise RefusedError(HTTPStatus.NOT_FOUND, {"message": _GONE[kind]})
    return found


def _asked(wanted: str | None, actual: str) -> bool:
    return wanted is None or wanted.casefold() == actual.casefold()


def _sorted_page(
    request: web.Request, name: str, objects: list[Json], sorts: frozenset[str]
) -> web.Response:
    """Answer with a page of objects in the order that the request names."""
    sort = request.query.get("sort", "")
    if sort in sorts:
        descending = request.query.get("sort_order") == "desc"
        objects = sorted(objects, key=lambda each: str(each.get(sort, "")), reverse=descending)
    return page_response(
        request, name, total=len(objects), some=listed(objects), build=lambda each: each
    )
