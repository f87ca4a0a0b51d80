"""Joins what reading links is made of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.policies import short_link_policy
from bot.settings import Settings
from bot.ui.linked_message import LinkedMessages
from bot.ui.stream import ProgressiveMessages
from services.catalogue.linked import LinkedMusic
from services.discogs.service import DiscogsService
from services.http import HttpClient
from services.resilience.clock import Clock, system_random
from services.spotify.service import SpotifyService
from services.spotify.short_links import SHORT_LINK_HOSTS, Hosts, ShortLinks


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """Everything about links in messages."""

    music: LinkedMusic
    messages: LinkedMessages


@asynccontextmanager
async def open_short_links(
    settings: Settings, http: HttpClient, *, clock: Clock, hosts: Hosts | None
) -> AsyncIterator[ShortLinks]:
    """Make what resolves short links, inside the block.

    Args:
        settings: Whether Spotify is switched off.
        http: Sends the requests.
        clock: Where time comes from.
        hosts: Instead of Spotify's own, in the demo and in tests; no setting can change them.
    """
    policy = short_link_policy(clock=clock, chance=system_random())
    try:
        yield ShortLinks(
            http=http,
            policy=policy,
            hosts=SHORT_LINK_HOSTS if hosts is None else hosts,
            is_enabled=settings.spotify_enabled,
        )
    finally:
        await policy.aclose()


def make_linking(
    *,
    spotify: SpotifyService,
    discogs: DiscogsService,
    short_links: ShortLinks,
    messages: ProgressiveMessages,
) -> Linking:
    """Join the parts."""
    music = LinkedMusic(spotify=spotify, discogs=discogs, short_links=short_links)
    return Linking(music=music, messages=LinkedMessages(music=music, messages=messages))
