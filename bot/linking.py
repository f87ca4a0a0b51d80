"""Joins what reading links is made of."""

from collections.abc import Mapping

from bot.policies import short_link_policy
from bot.settings import Settings
from services.http import HttpClient
from services.resilience.clock import Clock, system_random
from services.spotify.short_links import SHORT_LINK_HOSTS, ShortLinks


def make_short_links(
    settings: Settings, http: HttpClient, *, clock: Clock, hosts: Mapping[str, str] | None
) -> ShortLinks:
    """Return what resolves short links.

    Args:
        settings: Whether Spotify is switched off.
        http: Sends the requests.
        clock: Where time comes from.
        hosts: Instead of Spotify's own, in the demo and in tests; no setting can change them.
    """
    return ShortLinks(
        http=http,
        policy=short_link_policy(clock=clock, chance=system_random()),
        hosts=SHORT_LINK_HOSTS if hosts is None else hosts,
        is_enabled=settings.spotify_enabled,
    )
