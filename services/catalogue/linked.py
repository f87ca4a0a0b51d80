"""``LinkedMusic``: what the links of a message lead to, one request for each."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from services.answers import Answer
from services.catalogue.links import MusicLink
from services.discogs.links import DiscogsPage
from services.discogs.models import Artist, DiscogsKind, Label, Master, Release
from services.errors import ExternalServiceException
from services.music import MAX_QUERY_LENGTH, InvalidQuery, clean_text
from services.spotify.links import ShortLink, SpotifyLink, Unsupported, parse_link
from services.spotify.models import SpotifyItem, SpotifyKind

Thing: TypeAlias = SpotifyItem | Release | Master | Artist | Label
"""What a link can lead to."""


class SpotifyItems(Protocol):
    """``SpotifyService``, as far as it is needed here."""

    async def get_item(self, kind: SpotifyKind, spotify_id: str, /) -> Answer[SpotifyItem]:
        """Return one item; raises ExternalServiceException."""


class DiscogsPages(Protocol):
    """``DiscogsService``, as far as it is needed here; all raise ExternalServiceException."""

    async def get_release(self, release_id: int, /) -> Answer[Release]:
        """Return one release."""

    async def get_master(self, master_id: int, /) -> Answer[Master]:
        """Return one work."""

    async def get_artist(self, artist_id: int, /) -> Answer[Artist]:
        """Return one artist."""

    async def get_label(self, label_id: int, /) -> Answer[Label]:
        """Return one label."""


class Resolver(Protocol):
    """``ShortLinks``, as far as it is needed here."""

    async def resolve(self, link: ShortLink, /) -> SpotifyLink | Unsupported | None:
        """Return where a short link leads, or None; raises ServiceDisabled."""

    async def read(self, text: str, /) -> SpotifyLink | Unsupported | None:
        """Return the link that a text is, or None; raises ServiceDisabled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A link, and what is known of it so far.

    Attributes:
        link: As in the message; a short one becomes the one that it stands for, once that is known.
        found: What it leads to, or why that cannot be said; None while it is waited for, and where
            there is nothing to ask for: a kind without a card, a short link that leads nowhere.
        is_waiting: It is being looked up.
    """

    link: MusicLink
    found: Answer[Thing] | ExternalServiceException | None = None
    is_waiting: bool = False

    @property
    def upstream(self) -> str:
        """Whose link it is."""
        return "discogs" if isinstance(self.link, DiscogsPage) else "spotify"


class LinkedMusic:
    """Looks links up; each fails by itself."""

    def __init__(
        self, *, spotify: SpotifyItems, discogs: DiscogsPages, short_links: Resolver
    ) -> None:
        """Ask these; each refuses by itself when it is disabled."""
        self._spotify = spotify
        self._discogs = discogs
        self._short_links = short_links

    async def look_up(self, links: Sequence[MusicLink]) -> AsyncGenerator[tuple[Linked, ...], None]:
        """Yield what is known each time something more is; nothing is waited for in the last one.

        Failures are part of it, never exceptions. Two links to the same become one. Closing the
        iterator cancels what is still under way.
        """
        known = [Linked(link=link, is_waiting=True) for link in links]
        tasks = {
            number: asyncio.create_task(self._linked(link), name="linked music")
            for number, link in enumerate(links)
        }
        try:
            while tasks:
                await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
                for number in [each for each, task in tasks.items() if task.done()]:
                    known[number] = tasks.pop(number).result()
                yield _each_once(known)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def words_of(self, text: str) -> str | None:
        """Return the words to look for on Discogs when ``text`` is a link of Spotify's; else None.

        Of a track its album is looked for.

        Raises:
            InvalidQuery: The link leads to nothing that Discogs could have a release of.
            ExternalServiceException: Spotify cannot say what it leads to.
        """
        link = await self._short_links.read(text)
        if link is None and not isinstance(parse_link(text), ShortLink):
            return None
        if not isinstance(link, SpotifyLink) or link.kind is SpotifyKind.PLAYLIST:
            raise InvalidQuery("no_record", len(text))
        answer = await self._spotify.get_item(link.kind, link.spotify_id)
        item = answer.value
        name = item.album or item.name if item.kind is SpotifyKind.TRACK else item.name
        if not name and isinstance(answer.error, ExternalServiceException):
            raise answer.error
        return clean_text(" ".join((*item.artists[:1], name)))[:MAX_QUERY_LENGTH].strip()

    async def _linked(self, link: MusicLink) -> Linked:
        try:
            if isinstance(link, ShortLink):
                link = await self._short_links.resolve(link) or link
            return Linked(link=link, found=await self._found(link))
        except ExternalServiceException as error:
            return Linked(link=link, found=error)

    async def _found(self, link: MusicLink) -> Answer[Thing] | None:
        if isinstance(link, SpotifyLink):
            return await self._spotify.get_item(*link.target)
        if isinstance(link, DiscogsPage):
            return await self._of_discogs(link)
        return None

    async def _of_discogs(self, page: DiscogsPage) -> Answer[Thing]:
        match page.kind:
            case DiscogsKind.RELEASE:
                return await self._discogs.get_release(page.discogs_id)
            case DiscogsKind.MASTER:
                return await self._discogs.get_master(page.discogs_id)
            case DiscogsKind.ARTIST:
                return await self._discogs.get_artist(page.discogs_id)
            case DiscogsKind.LABEL:
                return await self._discogs.get_label(page.discogs_id)


def abandoned(known: Iterable[Linked], error: ExternalServiceException) -> tuple[Linked, ...]:
    """Return what is known, with ``error`` for what is still waited for."""
    return tuple(
        replace(each, found=error, is_waiting=False) if each.is_waiting else each for each in known
    )


def _each_once(known: Iterable[Linked]) -> tuple[Linked, ...]:
    first: dict[object, Linked] = {}
    for each in known:
        target = each.link.target if isinstance(each.link, SpotifyLink) else each.link
        first.setdefault(target, each)
    return tuple(first.values())
