"""``aime doctor``: check the settings and every upstream, and say what to mend."""

import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import urlencode

import discord

from bot.settings import Settings
from services.errors import AuthenticationFailed, ExternalServiceException, NotFound
from services.euria.protocol import read_models
from services.http import UNREADABLE, HttpClient, Request, open_session, read_json
from services.resilience.clock import Clock, SystemClock
from services.secret import Secret
from services.spotify.auth import ClientCredentials
from services.spotify.oauth_protocol import is_loopback

_CHECK_SECONDS: Final = 10.0
_MOST_NAMED: Final = 8
_WHERE_TO_LOOK: Final = "the URL in the settings and the network"
_PORTAL: Final = "https://discord.com/developers/applications"
_AUTHORIZE: Final = "https://discord.com/oauth2/authorize"
# View channels, send messages (also in threads), embed links, attach files, read history.
_PERMISSIONS: Final = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
).value


class Verdict(Enum):
    """How a check ended, as its mark."""

    GOOD = "✓"
    REDUCED = "–"
    BAD = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what was checked, how it ended, and what to do."""

    verdict: Verdict
    subject: str
    text: str


async def doctor(settings: Settings, *, clock: Clock | None = None) -> int:
    """Print the report; returns 1 when something must be mended, else 0."""
    clock = clock or SystemClock()
    is_sound = True
    async with open_session(user_agent=settings.discogs_user_agent) as session:
        checkup = Checkup(settings, HttpClient(session, clock=clock), clock)
        async for finding in checkup.findings():
            is_sound = is_sound and finding.verdict is not Verdict.BAD
            _print(f"{finding.verdict.value} {finding.subject}: {finding.text}")
    if is_sound:
        _print("Everything the bot needs is there: `aime run` starts it.")
    else:
        _print("Mend the lines marked ✗, then run `aime doctor` again.")
    return 0 if is_sound else 1


class Checkup:
    """Asks each upstream one cheap question."""

    def __init__(self, settings: Settings, http: HttpClient, clock: Clock) -> None:
        """Check what ``settings`` names."""
        self._settings = settings
        self._http = http
        self._clock = clock

    async def findings(self) -> AsyncIterator[Finding]:
        """Yield the findings, Discord first."""
        yield Finding(Verdict.GOOD, "settings", "all values are usable")
        for check in (self._discord, self._spotify, self._discogs, self._euria):
            async for finding in check():
                yield finding

    async def _discord(self) -> AsyncIterator[Finding]:
        token = self._settings.discord_token
        if token is None:
            text = f"set DISCORD_TOKEN: {_PORTAL} > your app > Bot > Reset Token"
            yield Finding(Verdict.BAD, "Discord", text)
            return
        url = f"{self._settings.discord_api_url}/v10/applications/@me"
        headers = {"Authorization": f"Bot {token.reveal()}"}
        body, problem = await self._ask("discord", url, headers, "DISCORD_TOKEN")
        if problem is not None:
            yield Finding(Verdict.BAD, "Discord", problem)
            return
        app = read_json(body)
        app_id = app.get("id") if isinstance(app, dict) else None
        yield Finding(Verdict.GOOD, "Discord", "the token works; no privileged intent is needed")
        for label, extra in (
            ("invite to a server", {"permissions": str(_PERMISSIONS), "integration_type": "0"}),
            ("install for yourself", {"integration_type": "1"}),
        ):
            scope = "bot applications.commands" if extra["integration_type"] == "0" else ""
            query = {"client_id": str(app_id), "scope": scope or "applications.commands", **extra}
            yield Finding(Verdict.GOOD, f"  {label}", f"{_AUTHORIZE}?{urlencode(query)}")

    async def _spotify(self) -> AsyncIterator[Finding]:
        settings = self._settings
        if not settings.spotify_enabled:
            yield Finding(Verdict.REDUCED, "Spotify", "switched off (SPOTIFY_ENABLED)")
            return
        if not settings.spotify_client_id or settings.spotify_client_secret is None:
            text = (
                "disabled; set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET from "
                "https://developer.spotify.com/dashboard"
            )
            yield Finding(Verdict.REDUCED, "Spotify", text)
            return
        auth = ClientCredentials(
            client_id=settings.spotify_client_id,
            client_secret=settings.spotify_client_secret,
            accounts_url=settings.spotify_accounts_url,
            http=self._http,
            clock=self._clock,
        )
        token, problem = await self._token(auth)
        if problem is None and token is not None:
            url = f"{settings.spotify_api_url}/search"
            headers = {"Authorization": f"Bearer {token.reveal()}"}
            query = {"q": "aime", "type": "album", "limit": "1", "market": settings.spotify_market}
            _, problem = await self._ask(
                "spotify", url, headers, "SPOTIFY_CLIENT_ID and its owner's Premium", query
            )
        if problem is not None:
            yield Finding(Verdict.BAD, "Spotify", problem)
            return
        text = (
            "search works. A Development-Mode app needs an owner with Premium, serves 5 "
            "allow-listed users, and about 1,000 requests a day for the whole bot"
        )
        yield Finding(Verdict.GOOD, "Spotify", text)
        yield Finding(Verdict.GOOD, "  its accounts", _about_redirects(settings))

    async def _discogs(self) -> AsyncIterator[Finding]:
        settings = self._settings
        if not settings.discogs_enabled:
            yield Finding(Verdict.REDUCED, "Discogs", "switched off (DISCOGS_ENABLED)")
            return
        headers: dict[str, str] = {}
        path = "/releases/249504"
        if settings.discogs_token is not None:
            headers = {"Authorization": f"Discogs token={settings.discogs_token.reveal()}"}
            path = "/oauth/identity"
        url = settings.discogs_api_url + path
        # Without a token any release will do, also one that is gone.
        accepts_404 = settings.discogs_token is None
        _, problem = await self._ask(
            "discogs", url, headers, "DISCOGS_TOKEN", accepts_404=accepts_404
        )
        if problem is not None:
            yield Finding(Verdict.BAD, "Discogs", problem)
        elif settings.discogs_token is None:
            text = (
                "reduced to releases by id, 25 requests a minute; for search set DISCOGS_TOKEN "
                "from https://www.discogs.com/settings/developers"
            )
            yield Finding(Verdict.REDUCED, "Discogs", text)
        else:
            yield Finding(Verdict.GOOD, "Discogs", "the token works")

    async def _euria(self) -> AsyncIterator[Finding]:
        settings = self._settings
        if not settings.euria_enabled:
            yield Finding(Verdict.REDUCED, "EurIA", "switched off (EURIA_ENABLED)")
            return
        if settings.euria_token is None or not settings.euria_base_url:
            text = (
                "disabled; set EURIA_TOKEN and EURIA_PRODUCT_ID from "
                "https://manager.infomaniak.com (AI Tools, token with the AI scope)"
            )
            yield Finding(Verdict.REDUCED, "EurIA", text)
            return
        headers = {"Authorization": f"Bearer {settings.euria_token.reveal()}"}
        url = f"{settings.euria_base_url}/models"
        body, problem = await self._ask("euria", url, headers, "EURIA_TOKEN and EURIA_PRODUCT_ID")
        if problem is not None:
            yield Finding(Verdict.BAD, "EurIA", problem)
            return
        models = _model_ids(body)
        offered = ", ".join(models[:_MOST_NAMED]) or "none"
        if settings.euria_model not in models:
            text = f"EURIA_MODEL is not offered to this product; choose one of: {offered}"
            yield Finding(Verdict.BAD, "EurIA", text)
            return
        text = f"the token works, and EURIA_MODEL is one of those offered: {offered}"
        yield Finding(Verdict.GOOD, "EurIA", text)
        if not settings.euria_model_capabilities.knows(settings.euria_model):
            text = (
                "what EURIA_MODEL can do is not known, so that little is asked of it; "
                "EURIA_MODEL_CAPABILITIES can say more (docs/upstreams/euria.md)"
            )
            yield Finding(Verdict.REDUCED, "  its model", text)

    async def _token(self, auth: ClientCredentials) -> tuple[Secret | None, str | None]:
        try:
            async with self._clock.timeout_at(self._clock.monotonic() + _CHECK_SECONDS):
                return await auth.token(), None
        except ExternalServiceException as error:
            return None, _problem(error, "SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET")
        except TimeoutError:
            return None, f"no answer within {_CHECK_SECONDS:g} s; check the network"

    async def _ask(
        self,
        service: str,
        url: str,
        headers: dict[str, str],
        settings: str,
        params: dict[str, str] | None = None,
        *,
        accepts_404: bool = False,
    ) -> tuple[bytes, str | None]:
        """Return the body, or what is wrong and which settings to look at."""
        request = Request(
            service=service,
            operation="check",
            method="GET",
            url=url,
            headers=headers,
            params=params or {},
        )
        try:
            async with self._clock.timeout_at(self._clock.monotonic() + _CHECK_SECONDS):
                body = (await self._http.send(request)).body
        except NotFound as error:
            return b"", None if accepts_404 else _problem(error, settings)
        except ExternalServiceException as error:
            return b"", _problem(error, settings)
        except TimeoutError:
            return b"", f"no answer within {_CHECK_SECONDS:g} s; check the network"
        if not isinstance(read_json(body), dict):  # such as a hotel's login page
            return b"", f"the answer is no JSON object; check {_WHERE_TO_LOOK}"
        return body, None


def _about_redirects(settings: Settings) -> str:
    """Return what linking accounts needs: nothing that can be checked from here."""
    url = settings.spotify_redirect_url
    come_back = (
        "people come back by themselves if that page is this bot's"
        if not is_loopback(url)
        else "people copy the address from their browser; with a public HTTPS address (set it in "
        "SPOTIFY_REDIRECT_URL) they come back by themselves"
    )
    return (
        f"register the redirect URI {url} in the dashboard, and there under User Management up to "
        f"5 people; {come_back}"
    )


def _problem(error: ExternalServiceException, settings: str) -> str:
    if isinstance(error, AuthenticationFailed):
        return f"refused with status {error.status_code}; check {settings}"
    return f"{error.message}; check {settings}, {_WHERE_TO_LOOK}"


def _model_ids(body: bytes) -> tuple[str, ...]:
    with suppress(*UNREADABLE):
        return read_models(body)
    return ()


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
