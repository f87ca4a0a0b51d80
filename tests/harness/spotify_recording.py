"""An HTTP client that keeps what it sent to Spotify and what it was answered."""

import json

import aiohttp
from yarl import URL

from harness.spotify_openapi import SpotifyContract
from services.http import HttpClient, Request, Response
from services.resilience.clock import Clock


class RecordingHttp(HttpClient):
    """Keeps what went over the wire.

    Attributes:
        requests: Requests to the Web API.
        answers: Its answers, those below 300 only.
    """

    def __init__(self, session: aiohttp.ClientSession, *, clock: Clock) -> None:
        super().__init__(session, clock=clock)
        self.requests: list[Request] = []
        self.answers: list[tuple[Request, Response]] = []

    async def send(self, request: Request) -> Response:
        if "/v1/" not in request.url:
            return await super().send(request)
        self.requests.append(request)
        response = await super().send(request)
        self.answers.append((request, response))
        return response

    def problems(self) -> list[str]:
        """Return what does not conform to Spotify's document."""
        contract = SpotifyContract.load()
        return [
            *(
                problem
                for each in self.requests
                for problem in contract.problems(each.method, _path(each), each.params, each.json)
            ),
            *(
                problem
                for each, answer in self.answers
                for problem in contract.answer_problems(
                    each.method, _path(each), answer.status, json.loads(answer.body)
                )
            ),
        ]


def _path(request: Request) -> str:
    return URL(request.url).path.removeprefix("/v1")
