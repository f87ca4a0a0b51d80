"""The page that Discogs sends people back to after they have allowed the bot.

Anybody could send somebody else an authorize link of their own, and so try to have a stranger's
Discogs account linked to *their* Discord account. So the page first says whose Discord account it
would be, and only a press on its button links it. The page and our logs hold no secret: what
Discogs gave to the browser, the verifier, goes back in the form, and is good only together with
secrets that never leave the bot.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from aiohttp import web

from bot.callbacks._pages import confirm_form, expired, failure, page, reader_texts, trouble
from bot.i18n import Catalogue
from services.accounts.models import DiscogsLink
from services.accounts.permissions import NothingUnderWay
from services.errors import ExternalServiceException
from services.storage.errors import DatabaseUnavailable

DISCOGS_CALLBACK: Final = "/callback/discogs"
"""Below ``WEB_PUBLIC_URL``."""

_MOST_CHARACTERS: Final = 200
_COMMAND: Final = "/account link-discogs"


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
        texts = reader_texts(request, self._languages)
        if "denied" in request.query:
            said = texts.gettext("You said no on Discogs, and nothing was linked.")
            return page(texts.gettext("All right"), said, texts)
        token, verifier = _given(request.query)
        try:
            person = await self._links.who_asked(token)
        except NothingUnderWay:
            return expired(_COMMAND, texts)
        except DatabaseUnavailable:
            return trouble(texts)
        form = confirm_form({"oauth_token": token, "oauth_verifier": verifier}, texts)
        question = texts.gettext(
            "Link your Discogs account to {person} on Discord? If that isn't you, close this page: "
            "they could then see your collection.",
            person=f"“{person}”",
        )
        return page(texts.gettext("Is this you?"), question, texts, form=form)

    async def _confirm(self, request: web.Request) -> web.Response:
        """Link."""
        texts = reader_texts(request, self._languages)
        typed = await request.post()
        token, verifier = _given(typed)
        try:
            user_id, link = await self._links.finish_callback(token, verifier)
            await self._syncs.start(user_id)
        except NothingUnderWay:
            return expired(_COMMAND, texts)
        except ExternalServiceException as error:
            return failure(error, texts)
        except DatabaseUnavailable:
            return trouble(texts)
        said = texts.gettext(
            "{name} is linked. I'm reading the collection now; you can go back to Discord.",
            name=link.username,
        )
        return page(texts.gettext("Done"), said, texts)


def _given(fields: Mapping[str, object]) -> list[str]:
    values = [fields.get(name) for name in ("oauth_token", "oauth_verifier")]
    return [value[:_MOST_CHARACTERS] if isinstance(value, str) else "" for value in values]
