"""Joins what playlists are made of: Spotify, the records of people, and the jobs between."""

from dataclasses import dataclass

from bot.collecting import Collecting, Tools
from bot.ui.playlist_message import PlaylistMessages
from bot.ui.stream import ProgressiveMessages
from services.catalogue.spotify_match import SpotifyMatcher
from services.playlists.choosing import Choosing
from services.playlists.ports import Accounts, Room
from services.playlists.run_store import FILL
from services.playlists.runs import PlaylistRuns
from services.playlists.service import PlaylistService
from services.resilience.clock import system_random
from services.resilience.daily_quota import DailyQuota
from services.resilience.priority import Priority
from services.spotify.playlists import SpotifyPlaylists
from services.spotify.short_links import ShortLinks

_PLENTY = Room(daily=1_000_000, left=1_000_000)  # of a bot without a limit of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """Everything about playlists."""

    service: PlaylistService
    runs: PlaylistRuns
    messages: PlaylistMessages
    links: ShortLinks


def make_playlists(
    tools: Tools, collecting: Collecting, accounts: Accounts, messages: ProgressiveMessages
) -> Playing:
    """Join the parts, and register who fills playlists.

    They are filled by the worker of syncs: each takes minutes, and must not hold up what takes
    seconds.
    """
    upstreams, clock, chance = tools.upstreams, tools.clock, system_random()
    shelf = SpotifyPlaylists(upstreams.spotify_sender)
    runs = PlaylistRuns(
        database=tools.database,
        queue=tools.syncs.queue,
        accounts=accounts,
        shelf=shelf,
        matcher=SpotifyMatcher(upstreams.spotify),
        catalogue=upstreams.spotify,
        choosing=Choosing(copies=collecting.service, wants=collecting.wantlist),
        budget=lambda: _room(upstreams.spotify_quota),
        clock=clock,
        chance=chance,
    )
    tools.syncs.handlers.register(FILL, runs.run)
    service = PlaylistService(
        accounts=accounts, shelf=shelf, catalogue=upstreams.spotify, clock=clock, chance=chance
    )
    return Playing(
        service=service,
        runs=runs,
        messages=PlaylistMessages(messages=messages, runs=runs, clock=clock),
        links=upstreams.short_links,
    )


def _room(quota: DailyQuota | None) -> Room:
    if quota is None:
        return _PLENTY
    left, seconds = quota.room(Priority.BACKGROUND)
    return Room(daily=quota.requests, left=left, retry_after=seconds)
