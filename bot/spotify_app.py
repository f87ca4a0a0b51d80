"""Spotify's app as the settings describe it: who asks people, and where they are sent back to."""

from urllib.parse import urlsplit

from bot.settings import Settings
from services.http import HttpClient
from services.resilience.clock import Clock
from services.resilience.policy import Policy
from services.spotify.oauth import SpotifyOAuth


def make_spotify_oauth(
    settings: Settings, http: HttpClient, policy: Policy, clock: Clock
) -> SpotifyOAuth | None:
    """Return what people link their accounts with; None without Spotify's keys."""
    client_id, client_secret = settings.spotify_client_id, settings.spotify_client_secret
    if not settings.spotify_enabled or not client_id or client_secret is None:
        return None
    return SpotifyOAuth(
        http=http,
        policy=policy,
        client_id=client_id,
        client_secret=client_secret,
        accounts_url=settings.spotify_accounts_url,
        api_url=settings.spotify_api_url,
        redirect_url=settings.spotify_redirect_url,
        clock=clock,
    )


def redirect_path(settings: Settings) -> str:
    """Return the path of the page that Spotify sends people back to."""
    return urlsplit(settings.spotify_redirect_url).path or "/"
