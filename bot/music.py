"""Joins what searches and the cards of Spotify are made of."""

from dataclasses import dataclass

from bot.collecting import Collecting, Tools
from bot.ui.music_message import MusicMessages
from bot.ui.stream import ProgressiveMessages
from services.catalogue.music_lookup import MusicLookup
from services.catalogue.music_suggestions import MusicSuggestions
from services.catalogue.own_records import OwnRecords, OwnShelves
from services.catalogue.recent_items import RecentItems
from services.catalogue.service import CatalogueService


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicCards:
    """Searches, and everything about albums, artists and tracks of Spotify."""

    catalogue: CatalogueService
    messages: MusicMessages
    suggestions: MusicSuggestions


def make_music(
    tools: Tools, collecting: Collecting, *, messages: ProgressiveMessages
) -> MusicCards:
    """Join the parts."""
    database, upstreams, clock = tools.database, tools.upstreams, tools.clock
    catalogue = CatalogueService(spotify=upstreams.spotify, discogs=upstreams.discogs)
    recent = RecentItems(clock=clock)
    lookup = MusicLookup(
        spotify=upstreams.spotify,
        links=upstreams.short_links,
        matches=catalogue,
        copies=collecting.service,
        own=OwnRecords(OwnShelves(database, clock=clock)),
        recent=recent,
    )
    return MusicCards(
        catalogue=catalogue,
        messages=MusicMessages(lookup=lookup, links=collecting.links, messages=messages),
        suggestions=MusicSuggestions(copies=collecting.service, recent=recent),
    )
