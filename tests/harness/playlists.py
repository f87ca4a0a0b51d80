"""Spotify's stand-in as our services see it, in a person's name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fakes.policies import easy_policy
from fakes.spotify import spotify_sender

from bot.sandbox.spotify import SpotifyStandIn
from bot.sandbox.spotify.people import SpotifyPerson, default_people
from harness.spotify_openapi import SpotifyContract
from services.http import HttpClient, open_session
from services.resilience.clock import SystemClock
from services.secret import Secret
from services.spotify.accounts import SCOPES, SpotifyAccount
from services.spotify.auth import ClientCredentials
from services.spotify.playlists import SpotifyPlaylists
from services.spotify.sending import SpotifySender
from services.spotify.service import SpotifyService


class FixedCredential:
    """A token that is never renewed."""

    def __init__(self, token: str) -> None:
        self._token = Secret(token)

    async def token(self) -> Secret:
        return self._token

    async def obtain(self) -> int:
        return 1

    async def renew(self, generation: int) -> bool:
        del generation
        return False


@dataclass(frozen=True)
class SpotifyWorld:
    """The stand-in, what asks it, and the people who have accounts there.

    Attributes:
        stand_in: Spotify.
        sender: Asks it.
        people: By their ids.
    """

    stand_in: SpotifyStandIn
    sender: SpotifySender
    people: dict[str, SpotifyPerson]

    @property
    def playlists(self) -> SpotifyPlaylists:
        return SpotifyPlaylists(self.sender)

    @property
    def catalogue(self) -> SpotifyService:
        return SpotifyService(self.sender, market="FR")

    def account(
        self, person: SpotifyPerson, user_id: int = 7, scopes: frozenset[str] = frozenset(SCOPES)
    ) -> SpotifyAccount:
        """Return somebody's account, as if they had linked it."""
        token = self.stand_in.accounts.issue_user(person, scopes)
        return SpotifyAccount(
            user_id=user_id,
            account_id=person.account_id,
            name=person.display_name or "",
            scopes=scopes,
            credential=FixedCredential(token),
        )


@asynccontextmanager
async def spotify_world() -> AsyncIterator[SpotifyWorld]:
    """Run the stand-in, and hold what it was sent against Spotify's own document."""
    clock = SystemClock()
    async with SpotifyStandIn() as stand_in, open_session(user_agent="AIME-tests/1.0") as session:
        http = HttpClient(session, clock=clock)
        auth = ClientCredentials(
            client_id=stand_in.client_id,
            client_secret=Secret(stand_in.client_secret),
            accounts_url=stand_in.accounts_url,
            http=http,
            clock=clock,
        )
        policy = easy_policy("spotify", clock)
        sender = spotify_sender(http, policy, auth, clock=clock, api_url=stand_in.api_url)
        yield SpotifyWorld(stand_in, sender, default_people())
        SpotifyContract.load().check(stand_in.requests)
