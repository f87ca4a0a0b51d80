"""``ReleaseLookup``: one release with its price and the other pressings, however it was named."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final, Protocol

from services.answers import Answer, Source
from services.catalogue import matching
from services.catalogue.queries import Reading, readings_of
from services.catalogue.release_view import Asker, ReleaseView, Settled
from services.discogs.links import parse_master_id, parse_release_id
from services.discogs.models import (
    DiscogsKind,
    DiscogsResults,
    MarketStats,
    Master,
    Release,
    SearchHit,
    Versions,
)
from services.errors import ExternalServiceException, NotFound
from services.music import clean_query
from services.storage.errors import DatabaseUnavailable

_LOGGER = logging.getLogger(__name__)

_MENU_SIZE: Final = 25


class Discogs(Protocol):
    """``DiscogsService``, which says what is raised."""

    async def search(
        self, query: str, kind: DiscogsKind | None = None, /
    ) -> Answer[DiscogsResults]:
        """Return hits."""

    async def search_barcode(self, barcode: str, /) -> Answer[DiscogsResults]:
        """Return releases with a barcode."""

    async def search_catno(self, catno: str, /) -> Answer[DiscogsResults]:
        """Return releases with a catalogue number."""

    async def get_release(self, release_id: int, /) -> Answer[Release]:
        """Return one release."""

    async def get_master(self, master_id: int, /) -> Answer[Master]:
        """Return one work."""

    async def get_versions(self, master_id: int, /) -> Answer[Versions]:
        """Return the first editions of a work."""

    async def get_market_stats(self, release_id: int, currency: str, /) -> Answer[MarketStats]:
        """Return what a release costs."""


class Currencies(Protocol):
    """In which currency people want prices."""

    async def of(self, user_id: int, /) -> str | None:
        """Return it, or None when it is not known."""


WordsOf = Callable[[str], Awaitable[str | None]]
"""``LinkedMusic.words_of``, which says what is raised."""


class Lookups(Protocol):
    """``RecentLookups``, as far as it is needed here."""

    async def note(self, user_id: int, release: Release, /) -> None:
        """Note that the person looked at a release."""


class MasterYears(Protocol):
    """``CollectionStatistics``, as far as it is needed here."""

    async def note_master_years(self, years: Mapping[int, int], /) -> None:
        """Remember when works first came out."""


class ReleaseLookup:
    """Finds a release, and what belongs to it."""

    def __init__(
        self,
        *,
        discogs: Discogs,
        currencies: Currencies,
        lookups: Lookups,
        master_years: MasterYears,
        words_of: WordsOf | None = None,
    ) -> None:
        """Set whom to ask, and whom to tell.

        Args:
            discogs: Knows the releases.
            currencies: Knows in what people want prices.
            lookups: Is told what people looked at.
            master_years: Is told when works first came out.
            words_of: Reads links of Spotify's; None: they are words like others.
        """
        self._words_of = words_of
        self._discogs = discogs
        self._currencies = currencies
        self._lookups = lookups
        self._master_years = master_years

    async def look_up(self, query: str, asker: Asker) -> AsyncGenerator[ReleaseView, None]:
        """Yield what is known each time something more is; the last one is complete.

        Closing the iterator cancels what is still under way.

        Raises:
            InvalidQuery: ``query`` has fewer than 2 or more than 200 characters, or no words; or it
                is a link to something that is no record.
            NotFound: There is no such release or master.
            ServiceDisabled: Discogs is switched off, or a search is needed and has no token.
            ExternalServiceException: Discogs fails, and nothing was kept.
        """
        words = await self._words_of(query) if self._words_of is not None else None
        view, release_id = await self._found(clean_query(words or query))
        if release_id is None:
            yield replace(view, is_complete=True)
            return
        async with aclosing(self._opened(view, release_id, asker)) as opening:
            async for each in opening:
                yield each

    def open(self, release_id: int, asker: Asker) -> AsyncGenerator[ReleaseView, None]:
        """Yield the same for a release that was picked; raises likewise."""
        return self._opened(ReleaseView(), release_id, asker)

    async def get(self, release_id: int) -> Release:
        """Return a release alone, as it was last seen when Discogs fails.

        Raises:
            ExternalServiceException: As ``DiscogsService.get_release``.
        """
        return (await self._discogs.get_release(release_id)).value

    async def _found(self, query: str) -> tuple[ReleaseView, int | None]:
        """Return how the query is read, and which release it means."""
        view = ReleaseView(query=query)
        readings = readings_of(query)
        for reading in readings:
            view = replace(view, reading=reading)
            if reading in (Reading.RELEASE, Reading.MASTER):
                release_id = await self._named(query, reading, is_certain=len(readings) == 1)
                if release_id is not None:
                    return view, release_id
                continue
            view = replace(view, search=await self._search(query, reading))
            hits = self._hits(view)
            if hits:
                best, others = hits[0], tuple(hits[1 : _MENU_SIZE + 1])
                is_doubtful = (
                    reading is Reading.TEXT and matching.score(query, best) < matching.GOOD_ENOUGH
                )
                return replace(view, others=others, is_doubtful=is_doubtful), best.discogs_id
            if view.search is not None and view.search.source is Source.MANUAL:
                break  # Discogs fails: looking for something else would only hide that
        return view, None

    async def _named(self, query: str, reading: Reading, *, is_certain: bool) -> int | None:
        """Return the release that a number or an address means; None when there is none.

        Raises:
            NotFound: There is none, and it can mean nothing else.
        """
        try:
            if reading is Reading.MASTER:
                master = await self._discogs.get_master(parse_master_id(query) or 0)
                return master.value.main_release_id
            release_id = parse_release_id(query) or 0
            if not is_certain:  # a barcode looks like the number of a release
                await self._discogs.get_release(release_id)
        except NotFound:
            if is_certain:
                raise
            return None
        return release_id

    async def _search(self, query: str, reading: Reading) -> Answer[DiscogsResults]:
        if reading is Reading.BARCODE:
            return await self._discogs.search_barcode(query)
        if reading is Reading.CATNO:
            return await self._discogs.search_catno(query)
        return await self._discogs.search(query, DiscogsKind.RELEASE)

    def _hits(self, view: ReleaseView) -> list[SearchHit]:
        """Return the releases that fit, best first."""
        found = () if view.search is None else view.search.value.hits
        hits = [hit for hit in found if hit.kind is DiscogsKind.RELEASE]
        if view.reading is Reading.CATNO:  # Discogs also finds what only contains it
            return [hit for hit in hits if _squeezed(hit.catno or "") == _squeezed(view.query)]
        if view.reading is Reading.TEXT:
            return [hit for hit in matching.rank(view.query, hits) if isinstance(hit, SearchHit)]
        return hits

    async def _opened(
        self, view: ReleaseView, release_id: int, asker: Asker
    ) -> AsyncGenerator[ReleaseView, None]:
        market = _settled(partial(self._market, release_id, asker))
        tasks = {"market": asyncio.create_task(market, name="release market")}
        try:
            release = await self._discogs.get_release(release_id)
            view = replace(view, release=release)
            yield view
            if (master_id := release.value.master_id) is not None:
                versions = _settled(partial(self._discogs.get_versions, master_id))
                tasks["versions"] = asyncio.create_task(versions, name="release versions")
                master = _settled(partial(self._master, master_id))
                tasks["master"] = asyncio.create_task(master, name="release master")
            await self._note(asker.user_id, release.value)
            while tasks:
                await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
                done = {name: task.result() for name, task in tasks.items() if task.done()}
                tasks = {name: task for name, task in tasks.items() if name not in done}
                view = replace(
                    view,
                    market=done.get("market", view.market),
                    master=done.get("master", view.master),
                    versions=done.get("versions", view.versions),
                    is_complete=not tasks,
                )
                yield view
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _market(self, release_id: int, asker: Asker) -> Answer[MarketStats]:
        currency = None
        with suppress(DatabaseUnavailable):
            currency = await self._currencies.of(asker.user_id)
        return await self._discogs.get_market_stats(release_id, currency or asker.currency)

    async def _master(self, master_id: int) -> Answer[Master]:
        master = await self._discogs.get_master(master_id)
        if master.value.year is not None:
            with suppress(DatabaseUnavailable):  # statistics know one year less
                await self._master_years.note_master_years({master_id: master.value.year})
        return master

    async def _note(self, user_id: int, release: Release) -> None:
        try:
            await self._lookups.note(user_id, release)
        except DatabaseUnavailable as error:  # a suggestion less
            _LOGGER.info("a look-up is not noted (%s)", error)


async def _settled(ask: Callable[[], Awaitable[Answer[Any]]]) -> Settled[Any]:
    try:
        return await ask()
    except ExternalServiceException as error:
        return error


def _squeezed(catno: str) -> str:
    return "".join(filter(str.isalnum, catno)).casefold()
