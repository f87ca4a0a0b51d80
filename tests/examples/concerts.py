"""The worked example of ``docs/adding-a-service.md``: an upstream that knows of concerts."""

import random
from dataclasses import dataclass
from typing import Final

import msgspec

from bot import setting_types as types
from bot.policies import Stores
from bot.settings import Settings, _setting
from services.answers import Answer
from services.http import HttpClient, Request, parse_body
from services.music import clean_query, query_key
from services.resilience.cache_key import cache_key
from services.resilience.clock import Clock
from services.resilience.codec import Codec
from services.resilience.config import Call, PolicyConfig
from services.resilience.events import Events
from services.resilience.policy import Policy
from services.resilience.rate_limiter import Rate
from services.secret import Secret


# fmt: off
@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsWithConcerts(Settings):
    # --- settings
    concerts_token: Secret | None = _setting(types.secret, None, "API token; without it no concerts")
    concerts_api_url: str = _setting(types.url, "https://api.concerts.example", "Base of the concerts' API")
    concerts_attempt_timeout_seconds: float = _setting(types.seconds(0.05, 120), 10.0, "Limit of one attempt")
    concerts_deadline_seconds: float = _setting(types.seconds(0.05, 600), 20.0, "Limit of the whole operation, retries included")
    concerts_breaker_failures: int = _setting(types.whole(1, 1000), 5, "Failures in a row that open the circuit breaker")
    concerts_breaker_open_seconds: float = _setting(types.seconds(0.05, 3600), 60.0, "How long the circuit breaker first stays open")
    # --- end
# fmt: on


# --- policy
def concerts_policy(
    settings: SettingsWithConcerts,
    *,
    clock: Clock,
    chance: random.Random,
    stores: Stores,
    events: Events | None = None,
) -> Policy:
    """Two requests a second; yesterday's concerts are better than none."""
    config = PolicyConfig(
        upstream="concerts",
        deadline=settings.concerts_deadline_seconds,
        attempt_timeout=settings.concerts_attempt_timeout_seconds,
        concurrency=2,
        rate=Rate(permits=10, window=5.0),
        breaker_failures=settings.concerts_breaker_failures,
        breaker_open=settings.concerts_breaker_open_seconds,
        stale_name="last_known_concerts",
    )
    return Policy(config, clock=clock, chance=chance, store=stores.cache, events=events)


# --- service
class Concert(msgspec.Struct, frozen=True):
    """Where and when somebody plays."""

    city: str
    date: str


_CODEC: Final = Codec(tuple[Concert, ...], version=1)
_DECODER: Final = msgspec.json.Decoder(tuple[Concert, ...])


class ConcertsService:
    """Finds concerts; every call goes through the policy."""

    def __init__(self, *, http: HttpClient, policy: Policy, token: Secret, api_url: str) -> None:
        """Ask ``api_url``."""
        self._http, self._policy = http, policy
        self._token, self._api_url = token, api_url

    async def find(self, artist: str) -> Answer[tuple[Concert, ...]]:
        """Return the concerts of an artist; raises ExternalServiceException."""
        artist = clean_query(artist)
        request = Request(
            service="concerts",
            operation="find",
            method="GET",
            url=f"{self._api_url}/concerts",
            params={"artist": artist},
            headers={"Authorization": f"Bearer {self._token.reveal()}"},
        )

        async def send() -> tuple[Concert, ...]:
            return parse_body(request, await self._http.send(request), _DECODER.decode)

        key = cache_key("concerts", "find", {"artist": query_key(artist)}, version=_CODEC.version)
        call = Call(operation="find", send=send, key=key, codec=_CODEC, fresh=3_600, stale=86_400)
        return await self._policy.call(call)


# --- end
