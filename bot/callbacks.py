"""The page that Discogs sends people back to after they have allowed the bot.

Anybody could send somebody else an authorize link of their own, and so try to have a stranger's
Discogs account linked to *their* Discord account. So the page first says whose Discord account it
would be, and only a press on its button links it. The page and our logs hold no secret: what
Discogs gave to the browser, the verifier, goes back in the form, and is good only together with
secrets that never leave the bot.
"""

import html
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Protocol

from aiohttp import web

from bot.errors import sentence_with_advice
from bot.i18n import Catalogue, Texts
from services.accounts.models import DiscogsLink
from services.accounts.permissions import NothingUnderWay
from services.errors import ExternalServiceException
from services.storage.errors import DatabaseUnavailable

_LOGGER = logging.getLogger(__name__)

DISCOGS_CALLBACK: Final = "/callback/discogs"
"""Below ``WEB_PUBLIC_URL``."""

_MOST_CHARACTERS: Final = 200
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE: Final = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AIME</title>
<style>
  body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem;
         margin: 15vh auto; padding: 0 1rem }}
  button {{ font: inherit; padding: .5rem 1.2rem; border: 0; border-radius: .4rem;
           background: #5865f2; color: #fff; cursor: pointer }}
  :root {{ color-scheme: light dark }}
</style>
<h1>{title}</h1>
<p>{text}</p>
{form}
</html>
"""
_FORM: Final = """<form method="post">
<input type="hidden" name="oauth_token" value="{token}">
<input type="hidden" name="oauth_verifier" value="{verifier}">
<button>{button}</button>
</form>"""


class Links(Protocol):
    """What the page needs of ``DiscogsLinks``, which says what is raised."""

    async def who_asked(self, oauth_token: str, /) -> str:
        """Return how Discord names the person."""

    async def finish_callback(self, oauth_token: str, verifier: str, /) -> tuple[int, DiscogsLink]:
        """Link; returns whose link it is, too."""


class Syncs(Protocol):
    """What reads a collection."""

    async def start(self, user_id: int, /) -> bool:
        """Have it read."""


class DiscogsCallback:
    """Answers Discogs' redirect."""

    def __init__(self, *, links: Links, syncs: Syncs, languages: Catalogue) -> None:
        """Link with ``links``, and have the collection read by ``syncs``."""
        self._links = links
        self._syncs = syncs
        self._languages = languages

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to the web server."""
        return [
            web.get(DISCOGS_CALLBACK, self._arrive, allow_head=False),
            web.post(DISCOGS_CALLBACK, self._confirm),
        ]

    async def _arrive(self, request: web.Request) -> web.Response:
        """Ask whether it is the right person."""
        texts = self._texts(request)
        if "denied" in request.query:
            said = texts.gettext("You said no on Discogs, and nothing was linked.")
            return _page(texts.gettext("All right"), said, texts)
        token, verifier = _given(request.query)
        try:
            person = await self._links.who_asked(token)
        except NothingUnderWay:
            return _expired(texts)
        except DatabaseUnavailable:
            return _trouble(texts)
        form = _FORM.format(
            token=html.escape(token),
            verifier=html.escape(verifier),
            button=html.escape(texts.gettext("Yes, that's me")),
        )
        question = texts.gettext(
            "Link your Discogs account to {person} on Discord? If that isn't you, close this page: "
            "they could then see your collection.",
            person=f"“{person}”",
        )
        return _page(texts.gettext("Is this you?"), question, texts, form=form)

    async def _confirm(self, request: web.Request) -> web.Response:
        """Link."""
        texts = self._texts(request)
        typed = await request.post()
        token, verifier = _given(typed)
        try:
            user_id, link = await self._links.finish_callback(token, verifier)
            await self._syncs.start(user_id)
        except NothingUnderWay:
            return _expired(texts)
        except ExternalServiceException as error:
            _LOGGER.info("a callback ended with an error: %s", error)
            said = sentence_with_advice(error, None, texts).replace("`", "")
            return _page(
                texts.gettext("That didn't work"), said, texts, status=HTTPStatus.BAD_GATEWAY
            )
        except DatabaseUnavailable:
            return _trouble(texts)
        said = texts.gettext(
            "{name} is linked. I'm reading the collection now; you can go back to Discord.",
            name=link.username,
        )
        return _page(texts.gettext("Done"), said, texts)

    def _texts(self, request: web.Request) -> Texts:
        wanted = request.headers.get("Accept-Language", "")
        return self._languages.texts(wanted.split(",")[0].split(";")[0].strip())


def _given(fields: Mapping[str, object]) -> list[str]:
    values = [fields.get(name) for name in ("oauth_token", "oauth_verifier")]
    return [value[:_MOST_CHARACTERS] if isinstance(value, str) else "" for value in values]


def _expired(texts: Texts) -> web.Response:
    said = texts.gettext(
        "This link has expired or was used already. /account link-discogs in Discord starts anew."
    )
    return _page(texts.gettext("That didn't work"), said, texts, status=HTTPStatus.GONE)


def _trouble(texts: Texts) -> web.Response:
    said = texts.gettext("Something is wrong on my side. Try again in a minute.")
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return _page(texts.gettext("That didn't work"), said, texts, status=status)


def _page(
    title: str, text: str, texts: Texts, *, form: str = "", status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    body = _PAGE.format(
        language=texts.language, title=html.escape(title), text=html.escape(text), form=form
    )
    return web.Response(text=body, content_type="text/html", status=status, headers=_HEADERS)
