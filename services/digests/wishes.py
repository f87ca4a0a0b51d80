"""``WishPrices``: which wishes got cheaper since the last digest.

Discogs' terms let a price be shown for six hours and kept for no longer than the service needs it.
So the price that is shown is asked for when the digest is written, and the one of the last digest
is only compared with and never shown; it goes with that digest. Six releases a digest are asked
about, the newest wishes of each member in turn.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain, islice, zip_longest
from typing import Final

import msgspec

from services.collection.highlight_models import Highlight
from services.digests.content_models import (
    AskedPrice,
    CheaperWish,
    DigestContent,
    MemberPart,
    language_of,
)
from services.digests.content_ports import Freshening, Market, Shelves
from services.digests.time_left import TimeLeft
from services.errors import ExternalServiceException
from services.resilience.clock import Clock

MOST_PRICES_ASKED: Final = 6
_WORTH_SAYING: Final = 0.95
"""Prices move by cents all the time."""
_FRESHEN_SECONDS: Final = 20.0
_SECONDS: Final = 10.0
_CURRENCIES: Final = {"fr": "EUR"}
_DOLLARS: Final = "USD"


class WishPrices:
    """Asks what is wanted costs; raises ``DatabaseUnavailable``."""

    def __init__(
        self,
        market: Market,
        *,
        shelves: Shelves,
        sync: Freshening,
        clock: Clock,
        stale_seconds: float,
    ) -> None:
        """Have ``sync`` read a wantlist anew that is older than ``stale_seconds``."""
        self._market = market
        self._shelves = shelves
        self._sync = sync
        self._clock = clock
        self._stale = timedelta(seconds=stale_seconds)

    async def look(
        self,
        parts: Iterable[MemberPart],
        previous: DigestContent | None,
        locale: str,
        time_left: TimeLeft,
    ) -> tuple[MemberPart, ...]:
        """Return the parts with what is asked for wishes now, and which of them got cheaper."""
        parts = tuple(parts)
        currency = _CURRENCIES.get(language_of(locale), _DOLLARS)
        wishes = {each.user_id: await self._wishes(each.user_id, time_left) for each in parts}
        asked: dict[int, list[CheaperWish | AskedPrice]] = {each.user_id: [] for each in parts}
        for user_id, record in islice(_in_turn(wishes), MOST_PRICES_ASKED):
            asked[user_id] += await self._ask(record, currency, time_left)
        return tuple(_with_prices(each, asked[each.user_id], previous) for each in parts)

    async def _wishes(self, user_id: int, time_left: TimeLeft) -> Sequence[Highlight]:
        """Return the newest wishes; none where the list may be an old one."""
        wishes = await self._shelves.wishes(user_id, MOST_PRICES_ASKED)
        if wishes is None or not time_left.seconds:
            return ()
        if self._is_stale(wishes.read_at):
            with suppress(ExternalServiceException):
                within = min(_FRESHEN_SECONDS, time_left.seconds)
                await self._sync.freshen(user_id, within=within)
            wishes = await self._shelves.wishes(user_id, MOST_PRICES_ASKED)
        return () if wishes is None or self._is_stale(wishes.read_at) else wishes.records

    async def _ask(
        self, record: Highlight, currency: str, time_left: TimeLeft
    ) -> list[CheaperWish | AskedPrice]:
        """Return the price twice: as it would be shown, and as it is kept."""
        release_id = record.release_id
        if release_id is None or not time_left.seconds:
            return []
        with suppress(ExternalServiceException):
            async with time_left.limit("discogs", "get_market_stats", _SECONDS):
                answer = await self._market.get_market_stats(release_id, currency)
            price, told = answer.value.lowest_price, answer.value.currency or currency
            kept = AskedPrice(release_id=release_id, price=price, currency=told)
            if price is None:
                return [kept]
            asked_at = answer.as_of or self._clock.now()
            return [
                kept,
                CheaperWish(record=record, price=price, currency=told, asked_at=asked_at),
            ]
        return []

    def _is_stale(self, read_at: datetime) -> bool:
        return self._clock.now() - read_at > self._stale


def _in_turn(wishes: Mapping[int, Sequence[Highlight]]) -> Iterable[tuple[int, Highlight]]:
    """Yield each member's newest wish, then each one's next."""
    each_ones = [[(user_id, record) for record in wishes[user_id]] for user_id in sorted(wishes)]
    return filter(None, chain.from_iterable(zip_longest(*each_ones)))


def _with_prices(
    part: MemberPart,
    asked: Iterable[CheaperWish | AskedPrice],
    previous: DigestContent | None,
) -> MemberPart:
    asked = tuple(asked)
    before = _prices_of(part.user_id, previous)
    return msgspec.structs.replace(
        part,
        prices=tuple(each for each in asked if isinstance(each, AskedPrice)),
        cheaper=tuple(
            each for each in asked if isinstance(each, CheaperWish) and _is_cheaper(each, before)
        ),
    )


def _prices_of(user_id: int, previous: DigestContent | None) -> dict[int, AskedPrice]:
    members = () if previous is None else previous.members
    theirs = [each for each in members if each.user_id == user_id]
    return {price.release_id: price for each in theirs for price in each.prices}


def _is_cheaper(wish: CheaperWish, before: Mapping[int, AskedPrice]) -> bool:
    then = before.get(wish.record.release_id or 0)
    if then is None or then.price is None or then.currency != wish.currency:
        return False
    return wish.price <= then.price * _WORTH_SAYING
