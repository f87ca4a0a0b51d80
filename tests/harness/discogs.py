"""Discogs' stand-in over a real socket, and our clients of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fakes.chance import seeded
from fakes.policies import easy_policy

from bot.sandbox.discogs import DiscogsStandIn
from services.discogs.accounts import Authorization, DiscogsAccount
from services.discogs.oauth import DiscogsOAuth
from services.discogs.service import DiscogsService
from services.discogs.shelf import DiscogsShelf
from services.http import HttpClient, open_session
from services.resilience.clock import SystemClock
from services.resilience.policy import Policy
from services.secret import Secret


@dataclass
class Discogs:
    """The stand-in, and what a bot that asks it is made of.

    Attributes:
        stand_in: Plays Discogs.
        http: Sends requests.
        policy: Sets no limits.
        service: Has the stand-in's personal token.
        oauth: Acts as the stand-in's application.
    """

    stand_in: DiscogsStandIn
    http: HttpClient
    policy: Policy
    service: DiscogsService
    oauth: DiscogsOAuth

    def authorization(self, username: str) -> Authorization:
        """Return what speaks for somebody who has allowed it."""
        token, secret = self.stand_in.oauth.grant(self.stand_in.people[username].user_id)
        return self.oauth.authorization(Secret(token), Secret(secret))

    def own(self, username: str) -> DiscogsShelf:
        """Return somebody's shelf as its owner sees it."""
        return self.service.shelf(
            DiscogsAccount(user_id=1, username=username, authorization=self.authorization(username))
        )

    def public(self, username: str) -> DiscogsShelf:
        """Return somebody's shelf as strangers see it."""
        return self.service.shelf(DiscogsAccount(user_id=1, username=username))

    def asked(self) -> list[tuple[str, str]]:
        """Return method and path of every request."""
        return [(request.method, request.path) for request in self.stand_in.requests]


@asynccontextmanager
async def open_discogs(
    *, has_token: bool = True, is_app: bool = False, attempts: int = 1
) -> AsyncIterator[Discogs]:
    """Start a stand-in, and make clients of it; one attempt for each call, unless told so."""
    clock = SystemClock()
    policy = easy_policy("discogs", clock, attempts=attempts)
    async with DiscogsStandIn() as stand_in, open_session(user_agent="AIME-tests/1.0") as session:
        http = HttpClient(session, clock=clock)
        application = f"Discogs key={stand_in.consumer_key}, secret={stand_in.consumer_secret}"
        service = DiscogsService(
            http=http,
            policy=policy,
            authorization=Secret(f"Discogs token={stand_in.token}") if has_token else None,
            application=Secret(application) if is_app else None,
            api_url=stand_in.api_url,
        )
        oauth = DiscogsOAuth(
            http=http,
            policy=policy,
            consumer_key=stand_in.consumer_key,
            consumer_secret=Secret(stand_in.consumer_secret),
            api_url=stand_in.api_url,
            authorize_url=stand_in.authorize_url,
            clock=clock,
            chance=seeded(1),
        )
        yield Discogs(stand_in, http, policy, service, oauth)
