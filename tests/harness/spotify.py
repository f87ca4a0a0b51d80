"""Spotify's stand-in over a real socket, and linked accounts of it on a real database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlsplit

from fakes.accounts import ChangingKeys, ImpatientClock
from fakes.policies import easy_policy

from bot.sandbox.spotify import SpotifyStandIn
from bot.sandbox.spotify.people import LISTENER
from harness.sandbox_clients import SteppedClock
from services.accounts.cipher import TokenCipher
from services.accounts.grants import Grants, OnUnlink
from services.accounts.models import SpotifyLink
from services.accounts.spotify import SpotifyLinks
from services.accounts.spotify_expiry import ExpiryWarnings
from services.http import HttpClient, Request, open_session
from services.jobs.queue import JobQueue
from services.resilience.config import Call
from services.resilience.policy import Policy
from services.secret import Secret
from services.spotify.accounts import SpotifyAccount
from services.spotify.oauth import SpotifyOAuth
from services.storage.database import Database, Transaction

REDIRECT: Final = "http://127.0.0.1:8080/callback/spotify"


@dataclass
class Told:
    """Direct messages: a Publisher that remembers.

    Attributes:
        messages: To whom, what, in which locale, under which key.
        error: What the next message meets instead.
    """

    messages: list[tuple[int, object, str, str]] = field(default_factory=list)
    error: Exception | None = None

    async def post(self, channel_id: int, content: object, *, locale: str, key: str) -> int:
        raise NotImplementedError

    async def tell(self, user_id: int, content: object, *, locale: str, key: str) -> int:
        if self.error is not None:
            raise self.error
        self.messages.append((user_id, content, locale, key))
        return len(self.messages)


@dataclass(kw_only=True)
class LinkedSpotify:
    """One process of a bot that people link their accounts with.

    Attributes:
        stand_in: Plays Spotify; its time is ``time``.
        wall: The bot's clock.
        keys: What tokens are encrypted by.
        queue: Where its jobs wait.
        warnings: Does them.
        told: What people are told.
        unlinked: For whom the hook, ``unlink``, was called.
    """

    stand_in: SpotifyStandIn
    time: SteppedClock
    wall: ImpatientClock
    http: HttpClient
    policy: Policy
    oauth: SpotifyOAuth
    links: SpotifyLinks
    grants: Grants
    keys: ChangingKeys
    cipher: TokenCipher
    queue: JobQueue
    warnings: ExpiryWarnings
    told: Told
    unlinked: list[int]
    unlink: OnUnlink

    async def begin(self, user_id: int, locale: str = "en-US") -> str:
        return await self.links.begin(user_id, person="Alice (@alice)", locale=locale)

    def agree(self, authorize_url: str, person: str = LISTENER) -> str:
        """Let somebody of Spotify agree to a page; return where it sends them."""
        people = self.stand_in.accounts.people
        return self.stand_in.accounts.consents.agree(query_of(authorize_url), people[person])

    def cancel(self, authorize_url: str) -> str:
        """Let somebody refuse; return where the page sends them."""
        return self.stand_in.accounts.consents.cancel(query_of(authorize_url))

    async def link(
        self, user_id: int, person: str = LISTENER, locale: str = "en-US"
    ) -> SpotifyLink:
        """Link an account by pasting the address."""
        url = await self.begin(user_id, locale)
        return await self.links.finish(user_id, self.agree(url, person))

    async def me(self, account: SpotifyAccount) -> bytes:
        """Ask in somebody's name, as every call does."""

        async def send() -> bytes:
            token = await account.credential.token()
            request = Request(
                service="spotify",
                operation="get_me",
                method="GET",
                url=f"{self.stand_in.api_url}/me",
                headers={"Authorization": f"Bearer {token.reveal()}"},
            )
            return (await self.http.send(request)).body

        call = Call(operation="get_me", send=send, credential=account.credential)
        return (await self.policy.call(call)).value


def query_of(url: str) -> dict[str, str]:
    """Return the query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@asynccontextmanager
async def open_spotify(database: Database) -> AsyncIterator[LinkedSpotify]:
    """Start a stand-in, and link accounts of it in ``database``."""
    time = SteppedClock()
    async with (
        SpotifyStandIn(monotonic=time) as stand_in,
        linked_to(stand_in, time, database) as it,
    ):
        yield it


@asynccontextmanager
async def linked_to(
    stand_in: SpotifyStandIn, time: SteppedClock, database: Database
) -> AsyncIterator[LinkedSpotify]:
    """Make one process of a bot; another on the same database is another one."""
    wall, keys, told, unlinked = ImpatientClock(), ChangingKeys(1), Told(), list[int]()
    cipher, policy = TokenCipher(keys), easy_policy("spotify", wall)
    queue = JobQueue(database, clock=wall)
    warnings = ExpiryWarnings(database, queue=queue, publisher=told, clock=wall)
    grants = Grants(database, cipher=cipher, clock=wall)

    async def unlink(transaction: Transaction, user_id: int) -> None:
        del transaction
        unlinked.append(user_id)

    async with open_session(user_agent="AIME-tests/1.0") as session:
        http = HttpClient(session, clock=wall)
        oauth = SpotifyOAuth(
            http=http,
            policy=policy,
            client_id=stand_in.client_id,
            client_secret=Secret(stand_in.client_secret),
            accounts_url=stand_in.accounts_url,
            api_url=stand_in.api_url,
            redirect_url=REDIRECT,
            clock=wall,
        )
        links = SpotifyLinks(
            database,
            grants=grants,
            cipher=cipher,
            oauth=oauth,
            warnings=warnings,
            on_unlink=unlink,
            clock=wall,
        )
        yield LinkedSpotify(
            stand_in=stand_in,
            time=time,
            wall=wall,
            http=http,
            policy=policy,
            oauth=oauth,
            links=links,
            grants=grants,
            keys=keys,
            cipher=cipher,
            queue=queue,
            warnings=warnings,
            told=told,
            unlinked=unlinked,
            unlink=unlink,
        )
        await links.close(1.0)
