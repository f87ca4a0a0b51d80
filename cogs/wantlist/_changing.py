"""Adding and removing wishes; only the asker sees any of it."""

import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

import discord

from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.copies import copy_name
from bot.ui.notices import notice
from bot.ui.outcomes import change_failed
from bot.ui.reply import InteractionReply, Reply
from bot.ui.want_cards import (
    add_card,
    added_want_card,
    clean_up_card,
    cleaned_up_card,
    remove_want_card,
    removed_want_card,
)
from cogs.wantlist._ports import Parts
from services.collection.errors import NoSuchWant, ReadOnlyLink
from services.collection.want_models import Possession, StoredWant
from services.errors import ExternalServiceException, LinkAgain, NotFound, NotLinked
from services.music import clean_text

_MAX_ID_DIGITS: Final = 18
_MOST_AT_ONCE: Final = 12
"""Wishes removed by one press: as many as a message can list."""
_KEY_BYTES: Final = 8


class Changing:
    """Answers ``add`` and ``remove``, the clean-up, and their buttons."""

    def __init__(self, parts: Parts) -> None:
        """Change with ``parts``."""
        self._parts = parts

    # --- Adding

    async def add(self, reply: InteractionReply, text: str, texts: Texts) -> None:
        """Ask whether this is the release."""
        async with _truly(reply, texts):
            await self._parts.writing_link_of(reply.user_id)
            await reply.acknowledge()
            try:
                found = await self._parts.releases.find_release(text)
            except NotFound:
                found = None
            if found is None:
                said = texts.gettext(
                    "I found no such release on Discogs. Its number or the address of its page "
                    "always works, such as discogs.com/release/249504."
                )
                await reply.fail(notice(said))
                return
            await reply.show(add_card(found, user_id=reply.user_id, texts=texts))

    async def confirm_addition(
        self, interaction: discord.Interaction, press: Press, texts: Texts
    ) -> None:
        """Put it on the list."""
        reply = InteractionReply(interaction, is_private=True)
        await reply.acknowledge()
        async with _truly(reply, texts):
            link = await self._parts.writing_link_of(press.owner)
            added = await self._parts.wants.add(press.owner, int(press.rest[0]))
            await reply.show(added_want_card(added, link.username, texts))

    # --- Removing

    async def remove(self, reply: InteractionReply, item: str, texts: Texts) -> None:
        """Ask whether to remove a wish."""
        async with _truly(reply, texts):
            link = await self._parts.writing_link_of(reply.user_id)
            await reply.acknowledge()
            want = await self._chosen(reply.user_id, item)
            if want is None:
                said = texts.gettext(
                    "I can't tell which record you mean. Type a few letters and pick it from the "
                    "list."
                )
                await reply.fail(notice(said))
                return
            user_id = reply.user_id
            await reply.show(remove_want_card(want, link.username, user_id=user_id, texts=texts))

    async def confirm_removal(
        self, interaction: discord.Interaction, press: Press, texts: Texts
    ) -> None:
        """Take it off the list."""
        reply = InteractionReply(interaction, is_private=True)
        await reply.acknowledge()
        async with _truly(reply, texts):
            link = await self._parts.writing_link_of(press.owner)
            want = await self._parts.wants.remove(press.owner, int(press.rest[0]))
            await reply.show(removed_want_card(want, link.username, texts))

    async def keep(self, interaction: discord.Interaction, _press: Press, texts: Texts) -> None:
        """Say that nothing was changed."""
        reply = InteractionReply(interaction, is_private=True)
        await reply.acknowledge()
        await reply.show(notice(texts.gettext("All right. Nothing has changed.")))

    async def _chosen(self, user_id: int, item: str) -> StoredWant | None:
        """Return the wish of a choice's number, or the only one that a text fits."""
        if item.isdecimal() and len(item) <= _MAX_ID_DIGITS:
            want = await self._parts.wants.get(user_id, int(item))
            if want is not None:
                return want
        found = await self._parts.wants.find(user_id, clean_text(item), limit=2)
        return found[0] if len(found) == 1 else None

    async def suggestions(self, user_id: int, typed: str, texts: Texts) -> list[tuple[int, str]]:
        """Return the person's wishes that fit what was typed."""
        found = await self._parts.wants.find(user_id, clean_text(typed))
        return [(want.release_id, _described(want, texts)) for want in found]

    # --- Cleaning up

    async def ask_clean_up(
        self, interaction: discord.Interaction, press: Press, texts: Texts
    ) -> None:
        """Ask whether to remove what is owned by now, in a message of its own."""
        reply = InteractionReply(interaction, is_private=True)
        async with _truly(reply, texts):
            await interaction.response.defer(thinking=True, ephemeral=True)
            await self._ask_clean_up(reply, press.owner, texts)

    async def clean_up_all(
        self, interaction: discord.Interaction, press: Press, texts: Texts
    ) -> None:
        """Remove what was listed."""
        await self._clean_up(interaction, press, texts, only_same=False)

    async def clean_up_same(
        self, interaction: discord.Interaction, press: Press, texts: Texts
    ) -> None:
        """Remove what was listed and is owned in the very same pressing."""
        await self._clean_up(interaction, press, texts, only_same=True)

    async def _ask_clean_up(self, reply: Reply, user_id: int, texts: Texts) -> None:
        link = await self._parts.writing_link_of(user_id)
        wants = await self._parts.wants.owned(user_id, limit=_MOST_AT_ONCE)
        if not wants:
            said = texts.gettext("Nothing on your wantlist is in your collection any more.")
            await reply.show(notice(said))
            return
        key = _key(wants)
        await reply.show(clean_up_card(wants, link.username, user_id=user_id, key=key, texts=texts))

    async def _clean_up(
        self, interaction: discord.Interaction, press: Press, texts: Texts, *, only_same: bool
    ) -> None:
        reply = InteractionReply(interaction, is_private=True)
        await reply.acknowledge()
        user_id = press.owner
        async with _truly(reply, texts):
            link = await self._parts.writing_link_of(user_id)
            wants = await self._parts.wants.owned(user_id, limit=_MOST_AT_ONCE)
            if _key(wants) != press.rest[0]:  # not the ones that the person has agreed to
                await self._ask_clean_up(reply, user_id, texts)
                return
            # Also takes the buttons away while it lasts: Discogs allows one change a second.
            await reply.show(notice(texts.gettext("🧹 Cleaning up…")))
            chosen = [w for w in wants if not only_same or w.possession is Possession.SAME]
            done = await self._parts.wants.clean_up(user_id, chosen)
            owned = 0 if only_same else await self._parts.wants.count_owned(user_id)
            card = cleaned_up_card(done, link.username, user_id=user_id, owned=owned, texts=texts)
            await reply.show(card)


@asynccontextmanager
async def _truly(reply: InteractionReply, texts: Texts) -> AsyncIterator[None]:
    """Say truly what has become of a change that fails in the block."""
    reply.make_private()
    try:
        yield
    except ReadOnlyLink:
        said = texts.gettext(
            "I may not change your wantlist on Discogs. `/account link-discogs` can change that."
        )
        await reply.fail(notice(said))
    except NoSuchWant:
        said = texts.gettext("That record isn't on your wantlist any more.")
        await reply.show(notice(said))
    except (NotLinked, LinkAgain):
        raise  # its sentence says what to do, and nothing was sent
    except ExternalServiceException as error:
        await reply.fail(notice(change_failed(error, texts)))


def _key(wants: Iterable[StoredWant]) -> str:
    """Return what tells one list of wishes from another."""
    marked = sorted(f"{want.release_id}:{want.possession}" for want in wants)
    return hashlib.blake2b(" ".join(marked).encode(), digest_size=_KEY_BYTES).hexdigest()


def _described(want: StoredWant, texts: Texts) -> str:
    facts = [copy_name(want, texts), *(each.name for each in want.formats[:1])]
    return " · ".join([*facts, *([str(want.year)] if want.year else [])])
