"""Joins what searches and the cards of Spotify are made of."""

from dataclasses import dataclass

from bot.collecting import Collecting
from bot.ui.music_message import MusicMessages
from bot.ui.stream import ProgressiveMessages
from bot.upstreams import Upstreams
from services.catalogue.music_lookup import MusicLookup
from services.catalogue.music_suggestions import MusicSuggestions
from services.catalogue.own_records import OwnRecords
from services.catalogue.recent_items import RecentItems
from services.catalogue.service import CatalogueService
from services.resilience.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicCards:
    """Searches, and everything about albums, artists and tracks of Spotify."""

    catalogue: CatalogueService
    messages: MusicMessages
    suggestions: MusicSuggestions


def make_music(
    upstreams: Upstreams, collecting: Collecting, *, messages: ProgressiveMessages, clock: Clock
) -> MusicCards:
    """Join the parts."""
    catalogue = CatalogueService(spotify=upstreams.spotify, discogs=upstreams.discogs)
    recent = RecentItems(clock=clock)
    lookup = MusicLookup(
        spotify=upstreams.spotify,
        links=upstreams.short_links,
        matches=catalogue,
        copies=collecting.service,
        own=OwnRecords(copies=collecting.service, wishes=collecting.wantlist),
        recent=recent,
    )
    return MusicCards(
        catalogue=catalogue,
        messages=MusicMessages(lookup=lookup, links=collecting.links, messages=messages),
        suggestions=MusicSuggestions(copies=collecting.service, recent=recent),
    )
