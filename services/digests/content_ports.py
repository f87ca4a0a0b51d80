"""What writing a digest needs of collections, of Discogs and of who has joined."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from services.accounts.preferences import Preference
from services.answers import Answer
from services.collection.highlight_models import Highlight, Highlights, Occasion, PlayPick, Wishes
from services.collection.values import ValueHistory
from services.digests.models import Schedule
from services.discogs.models import MarketStats, Master
from services.storage.collection_highlights import Span


class Members(Protocol):
    """Who has joined a digest; see ``DigestMembers``."""

    async def of(self, digest_id: int, /) -> tuple[int, ...]:
        """Return their user ids."""


class Presence(Protocol):
    """Who is in a server; see ``ServerPresence``."""

    async def absent(
        self, guild_id: int, user_ids: Sequence[int], /, *, seconds: float
    ) -> frozenset[int]:
        """Return who of them surely is not there (any more), found out within ``seconds``."""


class Schedules(Protocol):
    """Which digests there are; see ``DigestSchedules``."""

    async def get(self, guild_id: int, digest_id: int, /) -> Schedule | None:
        """Return a server's digest, or None."""


class Shelves(Protocol):
    """What is stored of people's records; see ``CollectionHighlights``."""

    async def read_at(self, user_id: int, /) -> datetime | None:
        """Return when the collection was last known to be what Discogs has, or None."""

    async def of(self, user_id: int, occasion: Occasion, /) -> Highlights | None:
        """Return what is worth telling; None: the collection was never read whole."""

    async def pick(
        self, user_id: int, now: datetime, /, *, without: Collection[int] = ()
    ) -> PlayPick | None:
        """Return a record to play."""

    async def wishes(self, user_id: int, limit: int, /) -> Wishes | None:
        """Return the newest wishes."""

    async def count_added(self, user_id: int, span: Span, /) -> int:
        """Return how many records were added within ``span``."""

    async def added(
        self, user_id: int, span: Span, /, *, offset: int, limit: int
    ) -> tuple[Highlight, ...]:
        """Return some of them, the newest first."""


class Freshening(Protocol):
    """What keeps stored lists what Discogs has: ``CollectionSync`` and ``WantlistSync``."""

    async def freshen(self, user_id: int, /, within: float) -> bool:
        """Look for news for at most ``within`` seconds; True when it is current now."""


class ValuesKept(Protocol):
    """What collections were worth; see ``CollectionValues``."""

    async def kept(self, user_id: int, /) -> ValueHistory | None:
        """Return what Discogs said before, without asking."""


class Permissions(Protocol):
    """What people let others see; see ``Preferences``."""

    async def get(self, user_id: int, /) -> Preference:
        """Return what the person has decided."""


class Market(Protocol):
    """What is asked for releases; see ``DiscogsDatabase``."""

    async def get_market_stats(self, release_id: int, currency: str, /) -> Answer[MarketStats]:
        """Return what a release costs now."""


class Works(Protocol):
    """When music came out; see ``DiscogsDatabase``."""

    async def get_master(self, master_id: int, /) -> Answer[Master]:
        """Return a work."""
