"""Joins what looking up a release is made of."""

from dataclasses import dataclass

from bot.collecting import Collecting
from services.accounts.currencies import Currencies
from services.catalogue.lookups import RecentLookups
from services.catalogue.releases import ReleaseLookup, WordsOf
from services.catalogue.suggestions import Suggestions
from services.discogs.service import DiscogsService
from services.resilience.clock import Clock
from services.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Releasing:
    """Everything about single releases."""

    lookup: ReleaseLookup
    suggestions: Suggestions


def make_releasing(
    database: Database,
    discogs: DiscogsService,
    collecting: Collecting,
    *,
    words_of: WordsOf,
    clock: Clock,
) -> Releasing:
    """Join the parts; ``words_of`` reads links of Spotify's."""
    lookups = RecentLookups(database, clock=clock)
    currencies = Currencies(accounts=collecting.links, open_shelf=discogs.shelf, clock=clock)
    return Releasing(
        lookup=ReleaseLookup(
            discogs=discogs,
            currencies=currencies,
            lookups=lookups,
            master_years=collecting.statistics,
            words_of=words_of,
        ),
        suggestions=Suggestions(copies=collecting.service, lookups=lookups),
    )
