"""Spotify's sender as tests build it: the real one, knowing nothing yet of what is allowed."""

from services.http import HttpClient
from services.resilience.clock import Clock
from services.resilience.policy import Policy
from services.spotify.auth import ClientCredentials
from services.spotify.capabilities import Capabilities
from services.spotify.sending import SpotifySender


def spotify_sender(
    http: HttpClient,
    policy: Policy,
    auth: ClientCredentials | None,
    *,
    clock: Clock,
    api_url: str = "https://api.spotify.test/v1",
    capabilities: Capabilities | None = None,
) -> SpotifySender:
    """Return a sender that asks ``api_url``."""
    return SpotifySender(
        http=http,
        policy=policy,
        auth=auth,
        api_url=api_url,
        capabilities=capabilities or Capabilities(clock=clock),
    )
