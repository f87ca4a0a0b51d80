"""Joins what looking up single releases, and things by their links, is made of."""

from dataclasses import dataclass

from bot.collecting import Collecting
from bot.linking import make_linking
from bot.ui.linked_message import LinkedMessages
from bot.ui.stream import ProgressiveMessages
from bot.upstreams import Upstreams
from services.accounts.currencies import Currencies
from services.catalogue.lookups import RecentLookups
from services.catalogue.releases import ReleaseLookup
from services.catalogue.suggestions import Suggestions
from services.resilience.clock import Clock
from services.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Releasing:
    """Everything about single releases, and about links."""

    lookup: ReleaseLookup
    suggestions: Suggestions
    linked_messages: LinkedMessages


def make_releasing(
    database: Database,
    upstreams: Upstreams,
    collecting: Collecting,
    *,
    messages: ProgressiveMessages,
    clock: Clock,
) -> Releasing:
    """Join the parts."""
    discogs = upstreams.discogs
    linking = make_linking(
        spotify=upstreams.spotify,
        discogs=discogs,
        short_links=upstreams.short_links,
        messages=messages,
    )
    lookups = RecentLookups(database, clock=clock)
    currencies = Currencies(accounts=collecting.links, open_shelf=discogs.shelf, clock=clock)
    return Releasing(
        lookup=ReleaseLookup(
            discogs=discogs,
            currencies=currencies,
            lookups=lookups,
            master_years=collecting.statistics,
            words_of=linking.music.words_of,
        ),
        suggestions=Suggestions(copies=collecting.service, lookups=lookups),
        linked_messages=linking.messages,
    )
