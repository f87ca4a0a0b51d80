"""Things that links lead to, from memory."""

from dataclasses import dataclass, field
from typing import TypeVar

from services.answers import Answer, Source
from services.catalogue.linked import LinkedMusic, Thing
from services.discogs.models import Artist, DiscogsKind, Label, Master, Release
from services.errors import ExternalServiceException, NotFound
from services.resilience.clock import SystemClock
from services.spotify.links import ShortLink, SpotifyLink, Unsupported, parse_link
from services.spotify.models import SpotifyItem, SpotifyKind

T = TypeVar("T")

_TIME = SystemClock()


@dataclass
class Things:
    """Plays both upstreams and the hosts of short links.

    Attributes:
        things: By kind and id (``album:…``, ``release:1``); errors are raised, what is missing is
            not found.
        leads: Where short links lead.
        takes: Seconds that each kind and id takes.
        asked: The kinds and ids that were asked for.
    """

    things: dict[str, Thing | ExternalServiceException] = field(default_factory=dict)
    leads: dict[str, SpotifyLink | Unsupported] = field(default_factory=dict)
    takes: dict[str, float] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def music(self) -> LinkedMusic:
        return LinkedMusic(spotify=self, discogs=self, short_links=self)

    async def get_item(self, kind: SpotifyKind, spotify_id: str) -> Answer[SpotifyItem]:
        return await self._answer(f"{kind}:{spotify_id}", SpotifyItem)

    async def get_release(self, release_id: int) -> Answer[Release]:
        return await self._answer(f"{DiscogsKind.RELEASE}:{release_id}", Release)

    async def get_master(self, master_id: int) -> Answer[Master]:
        return await self._answer(f"{DiscogsKind.MASTER}:{master_id}", Master)

    async def get_artist(self, artist_id: int) -> Answer[Artist]:
        return await self._answer(f"{DiscogsKind.ARTIST}:{artist_id}", Artist)

    async def get_label(self, label_id: int) -> Answer[Label]:
        return await self._answer(f"{DiscogsKind.LABEL}:{label_id}", Label)

    async def resolve(self, link: ShortLink) -> SpotifyLink | Unsupported | None:
        return self.leads.get(link.url)

    async def read(self, text: str) -> SpotifyLink | Unsupported | None:
        link = parse_link(text)
        return await self.resolve(link) if isinstance(link, ShortLink) else link

    async def _answer(self, key: str, kind: type[T]) -> Answer[T]:
        self.asked.append(key)
        await _TIME.sleep(self.takes.get(key, 0.0))
        thing = self.things.get(key, NotFound("spotify", "get", 404))
        if isinstance(thing, Exception):
            raise thing
        assert isinstance(thing, kind)
        return Answer(value=thing, source=Source.LIVE)
