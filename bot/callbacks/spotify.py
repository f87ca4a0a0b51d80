"""The page that Spotify sends people back to after they have allowed the bot.

As Discogs' page, and for its reason, it first says whose Discord account it would be: a page that
somebody else has started must not link anything by itself. What Spotify gave to the browser, the
code, goes back in the form; it is good only together with a verifier that never leaves the bot.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Protocol

from aiohttp import web

from bot.callbacks._pages import confirm_form, expired, failure, page, reader_texts, trouble
from bot.i18n import Catalogue, Texts
from services.accounts.models import SpotifyLink
from services.accounts.permissions import NothingUnderWay
from services.errors import ExternalServiceException, InvalidRequest
from services.storage.errors import DatabaseUnavailable

_LOGGER = logging.getLogger(__name__)

_COMMAND: Final = "/account link-spotify"
_MOST_CHARACTERS: Final = 1_000
_DENIED: Final = "access_denied"


class Links(Protocol):
    """What the page needs of ``SpotifyLinks``, which says what is raised."""

    async def who_asked(self, state: str, /) -> str:
        """Return how Discord names the person."""

    async def finish_callback(self, state: str, code: str, /) -> tuple[int, SpotifyLink]:
        """Link; returns whose link it is, too."""

    async def deny(self, state: str, /) -> None:
        """Forget what the person has refused."""


class SpotifyCallback:
    """Answers Spotify's redirect."""

    def __init__(self, *, path: str, links: Links, languages: Catalogue) -> None:
        """Link with ``links``; ``path`` is that of the redirect address."""
        self._path = path
        self._links = links
        self._languages = languages

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to the web server."""
        return [
            web.get(self._path, self._arrive, allow_head=False),
            web.post(self._path, self._confirm),
        ]

    async def _arrive(self, request: web.Request) -> web.Response:
        """Ask whether it is the right person."""
        texts = reader_texts(request, self._languages)
        state, code = _given(request.query)
        try:
            if "error" in request.query:
                return await self._refused(state, request.query["error"], texts)
            person = await self._links.who_asked(state)
        except NothingUnderWay:
            return expired(_COMMAND, texts)
        except DatabaseUnavailable:
            return trouble(texts)
        question = texts.gettext(
            "Link your Spotify account to {person} on Discord? If that isn't you, close this "
            "page: they could then see and fill your playlists.",
            person=f"“{person}”",
        )
        form = confirm_form({"state": state, "code": code}, texts)
        return page(texts.gettext("Is this you?"), question, texts, form=form)

    async def _refused(self, state: str, error: str, texts: Texts) -> web.Response:
        with suppress(NothingUnderWay):  # then there is nothing to forget
            await self._links.deny(state)
        if error == _DENIED:
            said = texts.gettext("You said no on Spotify, and nothing was linked.")
            return page(texts.gettext("All right"), said, texts)
        _LOGGER.info("Spotify sent somebody back with an error")  # a stranger's word: not logged
        said = texts.gettext(
            "Spotify stopped halfway, and nothing was linked. {command} in Discord starts anew.",
            command=_COMMAND,
        )
        return page(texts.gettext("That didn't work"), said, texts)

    async def _confirm(self, request: web.Request) -> web.Response:
        """Link."""
        texts = reader_texts(request, self._languages)
        state, code = _given(await request.post())
        try:
            _, link = await self._links.finish_callback(state, code)
        except (NothingUnderWay, InvalidRequest):  # a code that Spotify does not take is used up
            return expired(_COMMAND, texts)
        except ExternalServiceException as error:
            return failure(error, texts)
        except DatabaseUnavailable:
            return trouble(texts)
        said = texts.gettext(
            "Spotify's {name} is linked. You can go back to Discord.", name=link.name
        )
        return page(texts.gettext("Done"), said, texts)


def _given(fields: Mapping[str, object]) -> list[str]:
    values = [fields.get(name) for name in ("state", "code")]
    return [value[:_MOST_CHARACTERS] if isinstance(value, str) else "" for value in values]
