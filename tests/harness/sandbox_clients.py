"""Plain HTTP clients of the sandbox's upstreams, shared by the tests of the stand-ins."""

import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.sandbox.discogs import DiscogsStandIn
from bot.sandbox.euria import EuriaStandIn
from bot.sandbox.spotify import SpotifyStandIn


class SteppedClock:
    """A monotonic clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(kw_only=True)
class DiscogsApi:
    """Asks Discogs with the owner's token."""

    stand_in: DiscogsStandIn
    session: aiohttp.ClientSession
    headers: dict[str, str]

    async def get(self, path: str, **query: str) -> tuple[int, Any]:
        url = path if path.startswith("http") else f"{self.stand_in.api_url}{path}"
        async with self.session.get(url, params=query, headers=self.headers) as response:
            return response.status, await response.json()

    async def send(
        self, method: str, path: str, *, json: object = None, **query: str
    ) -> tuple[int, Any]:
        url = f"{self.stand_in.api_url}{path}"
        async with self.session.request(
            method, url, params=query, json=json, headers=self.headers
        ) as response:
            return response.status, await response.json() if await response.read() else None

    def signed(self, token: str, secret: str) -> "DiscogsApi":
        """Return a client that signs with an access token, once."""
        stand_in = self.stand_in
        header = (
            f'OAuth oauth_consumer_key="{stand_in.consumer_key}", oauth_nonce="{token[:9]}", '
            f'oauth_signature="{stand_in.consumer_secret}&{secret}", oauth_token="{token}", '
            'oauth_signature_method="PLAINTEXT", oauth_timestamp="1764000000"'
        )
        return DiscogsApi(
            stand_in=stand_in, session=self.session, headers={"Authorization": header}
        )

    async def first(self, **query: str) -> dict[str, Any]:
        _, body = await self.get("/database/search", **query)
        result: dict[str, Any] = body["results"][0]
        return result

    async def first_whole(self, **query: str) -> dict[str, Any]:
        found = await self.first(**query)
        _, body = await self.get(found["resource_url"])
        whole: dict[str, Any] = body
        return whole

    def without_credentials(self) -> "DiscogsApi":
        return DiscogsApi(stand_in=self.stand_in, session=self.session, headers={})


@dataclass(kw_only=True)
class SpotifyApi:
    """Asks the Web API with the token in its headers."""

    stand_in: SpotifyStandIn
    session: aiohttp.ClientSession
    headers: dict[str, str]

    async def log_in(self) -> dict[str, Any]:
        basic = aiohttp.encode_basic_auth(self.stand_in.client_id, self.stand_in.client_secret)
        async with self.session.post(
            f"{self.stand_in.accounts_url}/api/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": basic},
        ) as response:
            body: dict[str, Any] = await response.json()
        self.headers = {"Authorization": f"Bearer {body['access_token']}"}
        return body

    async def get(self, path: str, **query: str) -> tuple[int, Any]:
        url = path if path.startswith("http") else f"{self.stand_in.api_url}{path}"
        async with self.session.get(url, params=query, headers=self.headers) as response:
            return response.status, await response.json()


@dataclass(kw_only=True)
class Received:
    """One answer of EurIA as it came over the socket."""

    status: int
    content_type: str
    raw: bytes
    chunks: list[bytes]
    error: Exception | None = None

    @property
    def data(self) -> list[str]:
        lines = self.raw.decode().replace("\r\n", "\n").split("\n")
        return [line.removeprefix("data:").lstrip() for line in lines if line.startswith("data:")]

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(each) for each in self.data if each != "[DONE]"]

    @property
    def deltas(self) -> list[dict[str, Any]]:
        return [each["choices"][0]["delta"] for each in self.objects if each.get("choices")]

    @property
    def text(self) -> str:
        return "".join(each.get("content") or "" for each in self.deltas)

    @property
    def finish_reasons(self) -> list[str]:
        reasons = [each["choices"][0]["finish_reason"] for each in self.objects if each["choices"]]
        return [each for each in reasons if each is not None]


@dataclass(kw_only=True)
class EuriaApi:
    """Asks the chat endpoint with a good token."""

    stand_in: EuriaStandIn
    session: aiohttp.ClientSession
    headers: dict[str, str]

    @property
    def url(self) -> str:
        return f"{self.stand_in.api_url}/chat/completions"

    def body(self, prompt: str, **more: object) -> dict[str, Any]:
        messages = [{"role": "user", "content": prompt}]
        return {"model": self.stand_in.model, "messages": messages, "stream": True} | more

    async def ask(self, prompt: str, **more: object) -> Received:
        body = self.body(prompt, **more)
        async with self.session.post(self.url, json=body, headers=self.headers) as response:
            received = Received(
                status=response.status, content_type=response.content_type, raw=b"", chunks=[]
            )
            try:
                async for chunk in response.content.iter_any():
                    received.chunks.append(chunk)
            except aiohttp.ClientError as exc:
                received.error = exc
            received.raw = b"".join(received.chunks)
            return received
