"""What the pages have in common that upstreams send people back to."""

import html
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from bot.errors import sentence_with_advice
from bot.i18n import Catalogue, Texts
from services.errors import ExternalServiceException

_LOGGER = logging.getLogger(__name__)

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
{fields}
<button>{button}</button>
</form>"""


def reader_texts(request: web.Request, languages: Catalogue) -> Texts:
    """Return the texts of the language that the reader's browser asks for."""
    wanted = request.headers.get("Accept-Language", "")
    return languages.texts(wanted.split(",")[0].split(";")[0].strip())


def confirm_form(fields: Mapping[str, str], texts: Texts) -> str:
    """Return the button by which somebody says that it is them; ``fields`` come back with it."""
    hidden = (
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">'
        for name, value in fields.items()
    )
    button = html.escape(texts.gettext("Yes, that's me"))
    return _FORM.format(fields="\n".join(hidden), button=button)


def expired(command: str, texts: Texts) -> web.Response:
    """Answer somebody whose permission is not under way (any more)."""
    said = texts.gettext(
        "This link has expired or was used already. {command} in Discord starts anew.",
        command=command,
    )
    return page(texts.gettext("That didn't work"), said, texts, status=HTTPStatus.GONE)


def failure(error: ExternalServiceException, texts: Texts) -> web.Response:
    """Say what the upstream did instead, and log it."""
    _LOGGER.info("a callback ended with an error: %s", error)
    said = sentence_with_advice(error, None, texts).replace("`", "")
    return page(texts.gettext("That didn't work"), said, texts, status=HTTPStatus.BAD_GATEWAY)


def trouble(texts: Texts) -> web.Response:
    """Say that it is our fault."""
    said = texts.gettext("Something is wrong on my side. Try again in a minute.")
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return page(texts.gettext("That didn't work"), said, texts, status=status)


def page(
    title: str, text: str, texts: Texts, *, form: str = "", status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    """Return a page; ``form`` is HTML, everything else is escaped."""
    body = _PAGE.format(
        language=texts.language, title=html.escape(title), text=html.escape(text), form=form
    )
    return web.Response(text=body, content_type="text/html", status=status, headers=_HEADERS)
