"""Adding a release to the asker's collection or wantlist; only they see any of it."""

import asyncio
from weakref import WeakValueDictionary

from bot.errors import sentence
from bot.i18n import Texts
from bot.ui.acquire_cards import add_question, wish_question, wished_card
from bot.ui.buttons import Press
from bot.ui.copy_cards import added_card
from bot.ui.notices import notice
from bot.ui.outcomes import change_failed
from bot.ui.reply import Reply
from cogs.release._ports import Parts
from services.collection.errors import ReadOnlyLink
from services.collection.models import Entry
from services.discogs.models import Release
from services.errors import (
    ExternalServiceException,
    InvalidRequest,
    NotFound,
)

_MAX_NAME = 200


class Acquiring:
    """Asks before anything is written, then writes, then says what is so."""

    def __init__(self, parts: Parts) -> None:
        """Write with ``parts``."""
        self._parts = parts
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    # --- The collection

    async def ask_to_add(self, reply: Reply, press: Press, texts: Texts) -> None:
        """Ask whether to add a copy."""
        await reply.acknowledge()
        if await self._parts.writable_link(press.owner) is None:
            await reply.fail(notice(_read_only(texts)))
            return
        release_id = int(press.rest[0])
        release = await self._parts.lookup.get(release_id)
        owned = await self._parts.copies.holds(press.owner, release_id, None)
        await reply.show(add_question(release, owned.copies, user_id=press.owner, texts=texts))

    async def add(self, reply: Reply, press: Press, texts: Texts) -> None:
        """Add one copy, however often the button is pressed.

        The button knows how many copies there were when it was shown: where there are more by now,
        what it promised has been done already.
        """
        await reply.acknowledge()
        release_id, copies = map(int, press.rest)
        async with self._turns.setdefault(press.owner, asyncio.Lock()):
            owned = await self._parts.copies.holds(press.owner, release_id, None)
            if owned.copies > copies:
                await reply.show(notice(_added_already(owned.copies, texts)))
                return
            await self._add(reply, release_id, texts)

    async def _add(self, reply: Reply, release_id: int, texts: Texts) -> None:
        link = await self._parts.writable_link(reply.user_id)
        if link is None:
            await reply.fail(notice(_read_only(texts)))
            return
        release = await self._parts.lookup.get(release_id)
        try:
            added = await self._parts.copies.add(reply.user_id, _entry(release, texts))
        except (NotFound, InvalidRequest) as error:
            nothing = texts.gettext("Nothing was added.")
            await reply.show(notice(f"⚠️ {_refusal(error, texts)} {nothing}"))
            return
        await reply.show(added_card(added, link.username, may_write=True, texts=texts))

    # --- The wantlist

    async def ask_to_wish(self, reply: Reply, press: Press, texts: Texts) -> None:
        """Ask whether to put a release on the wantlist."""
        await reply.acknowledge()
        if await self._parts.writable_link(press.owner) is None:
            await reply.fail(notice(_read_only(texts)))
            return
        release_id = int(press.rest[0])
        wanted = await self._parts.wishes.holds(press.owner, [release_id], [])
        if release_id in wanted.release_ids:
            text = texts.gettext("It's on your wantlist already.")
            await reply.fail(notice(text))
            return
        release = await self._parts.lookup.get(release_id)
        await reply.show(wish_question(release, user_id=press.owner, texts=texts))

    async def wish(self, reply: Reply, press: Press, texts: Texts) -> None:
        """Put it there; a second press changes nothing."""
        await reply.acknowledge()
        if await self._parts.writable_link(press.owner) is None:
            await reply.fail(notice(_read_only(texts)))
            return
        await self._wish(reply, int(press.rest[0]), texts)

    async def _wish(self, reply: Reply, release_id: int, texts: Texts) -> None:
        release = await self._parts.lookup.get(release_id)
        try:
            wished = await self._parts.wishes.add(reply.user_id, release_id)
        except ReadOnlyLink:  # revoked a moment ago
            await reply.fail(notice(_read_only(texts)))
        except ExternalServiceException as error:
            await reply.fail(notice(f"⚠️ {_wish_failure(error, texts)}"))
        else:
            await reply.show(wished_card(release, texts, was_there=wished.was_there))

    async def decline(self, reply: Reply, _press: Press, texts: Texts) -> None:
        """Say that nothing was done."""
        await reply.acknowledge()
        await reply.show(notice(texts.gettext("Nothing was added.")))


def _entry(release: Release, texts: Texts) -> Entry:
    """Return a release as an entry: what is kept here while Discogs cannot take it."""
    return Entry(
        artist=release.artist[:_MAX_NAME].strip() or texts.gettext("Unknown artist"),
        title=release.title[:_MAX_NAME].strip() or texts.gettext("Untitled"),
        release_id=release.release_id,
        year=release.year,
        format=release.formats[0][:_MAX_NAME] if release.formats else "",
    )


def _added_already(copies: int, texts: Texts) -> str:
    said = texts.gettext("It's in your collection {count}× by now.", count=copies)
    return f"✅ {said} " + texts.gettext("I added nothing more.")


def _read_only(texts: Texts) -> str:
    return texts.gettext(
        "I may only look at your Discogs account, not change anything there. "
        "`/account link-discogs` can change that. Nothing was added."
    )


def _refusal(error: ExternalServiceException, texts: Texts) -> str:
    if isinstance(error, NotFound):
        return sentence(error, texts)
    return texts.gettext("Discogs doesn't take this release.")


def _wish_failure(error: ExternalServiceException, texts: Texts) -> str:
    """Return why the wantlist is not what was asked for, and what is certain about it."""
    if isinstance(error, NotFound | InvalidRequest):
        return f"{_refusal(error, texts)} {texts.gettext('Nothing was added.')}"
    return change_failed(error, texts)
