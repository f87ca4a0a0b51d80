"""Spotify's app as the settings describe it: in whose name is asked, and what it may ask.

Also who asks people for their accounts, and where they are sent back to.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from bot.settings import Settings
from services.http import HttpClient
from services.resilience.clock import Clock
from services.resilience.policy import Policy
from services.secret import Secret
from services.spotify.auth import ClientCredentials
from services.spotify.capabilities import Capabilities
from services.spotify.oauth import SpotifyOAuth
from services.spotify.sending import SETTINGS, SpotifySender
from services.storage.database import Database
from services.storage.resilience import DatabaseCacheStore


@asynccontextmanager
async def open_capabilities(database: Database, clock: Clock) -> AsyncIterator[Capabilities]:
    """Begin with what earlier processes learnt of Spotify; store what this one did."""
    store = DatabaseCacheStore(database, clock=clock)
    capabilities = Capabilities(clock=clock, store=store)
    await capabilities.load()
    try:
        yield capabilities
    finally:
        await capabilities.aclose()


def make_spotify_sender(
    settings: Settings,
    http: HttpClient,
    policy: Policy,
    capabilities: Capabilities,
    clock: Clock,
) -> SpotifySender:
    """Return what sends to Spotify; without its keys every call names what is missing."""
    auth = None
    keys = _keys(settings)
    if keys is not None:
        client_id, client_secret = keys
        auth = ClientCredentials(
            client_id=client_id,
            client_secret=client_secret,
            accounts_url=settings.spotify_accounts_url,
            http=http,
            clock=clock,
        )
    return SpotifySender(
        http=http,
        policy=policy,
        auth=auth,
        api_url=settings.spotify_api_url,
        capabilities=capabilities,
        missing_settings=missing_settings(settings),
    )


def make_spotify_oauth(
    settings: Settings, http: HttpClient, policy: Policy, clock: Clock
) -> SpotifyOAuth | None:
    """Return what people link their accounts with; None without Spotify's keys."""
    keys = _keys(settings)
    if keys is None:
        return None
    client_id, client_secret = keys
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


def missing_settings(settings: Settings) -> tuple[str, ...]:
    """Return the names of the settings that Spotify still needs."""
    if not settings.spotify_enabled:
        return ("SPOTIFY_ENABLED",)
    return tuple(name for name in SETTINGS if not getattr(settings, name.lower()))


def _keys(settings: Settings) -> tuple[str, Secret] | None:
    """Return the app's id and secret; None when one is missing, or Spotify is switched off."""
    client_id, client_secret = settings.spotify_client_id, settings.spotify_client_secret
    if not settings.spotify_enabled or not client_id or client_secret is None:
        return None
    return client_id, client_secret
