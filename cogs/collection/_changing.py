"""Adding, removing and exporting copies; only the asker sees any of it."""

import io
from typing import Final

import discord

from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.copies import collection_url, copy_name
from bot.ui.copy_cards import (
    ARTIST,
    FORMAT,
    RELEASE,
    TITLE,
    YEAR,
    add_form,
    added_card,
    remove_card,
    removed_card,
)
from bot.ui.forms import form_values
from bot.ui.layout import subtext
from bot.ui.notices import notice
from bot.ui.outcomes import change_failed
from bot.ui.reply import InteractionReply
from bot.ui.text import link, number
from cogs.collection._ports import Parts
from services.collection.errors import NoSuchCopy, ReadOnlyLink
from services.collection.models import Entry, ExportFormat, StoredCopy
from services.discogs.links import parse_release_id
from services.errors import (
    ExternalServiceException,
    InvalidRequest,
    LinkAgain,
    NotFound,
    NotLinked,
)
from services.music import clean_text

_MAX_ID_DIGITS: Final = 18


class Changing:
    """Answers ``add``, ``remove`` and ``export``, and their buttons and forms."""

    def __init__(self, parts: Parts) -> None:
        """Change with ``parts``."""
        self._parts = parts

    # --- Adding

    async def add(
        self, interaction: discord.Interaction, artist: str, title: str, texts: Texts
    ) -> None:
        """Add what was given, or ask for what is missing in a form."""
        await self._parts.link_of(interaction.user.id)
        artist, title = clean_text(artist), clean_text(title)
        if not artist or not title:
            form = add_form(interaction.user.id, texts, artist=artist, title=title)
            await interaction.response.send_modal(form)
            return
        reply = InteractionReply(interaction, is_private=True)
        await self._add(reply, Entry(artist=artist, title=title), texts)

    async def add_from_form(
        self, interaction: discord.Interaction, _press: Press, texts: Texts
    ) -> None:
        """Add what was typed into the form."""
        typed = form_values(interaction.data or {})
        reply = InteractionReply(interaction, is_private=True)
        problem = _problem(typed, texts)
        if problem is not None:
            await reply.fail(notice(problem))
            return
        entry = Entry(
            artist=clean_text(typed.get(ARTIST, "")),
            title=clean_text(typed.get(TITLE, "")),
            release_id=parse_release_id(typed.get(RELEASE, "")),
            year=int(typed[YEAR]) if typed.get(YEAR) else None,
            format=clean_text(typed.get(FORMAT, "")),
        )
        await self._add(reply, entry, texts)

    async def _add(self, reply: InteractionReply, entry: Entry, texts: Texts) -> None:
        await reply.acknowledge()
        link = await self._parts.link_of(reply.user_id)
        try:
            added = await self._parts.copies.add(reply.user_id, entry)
        except NotFound:
            text = texts.gettext("Discogs has no release of that number; nothing was added.")
            await reply.fail(notice(text))
            return
        except InvalidRequest as error:
            await reply.fail(notice(change_failed(error, texts)))
            return
        await reply.show(added_card(added, link.username, may_write=link.may_write, texts=texts))

    # --- Removing

    async def remove(self, reply: InteractionReply, item: str, texts: Texts) -> None:
        """Ask whether to remove a copy."""
        link = await self._parts.link_of(reply.user_id)
        reply.make_private()
        await reply.acknowledge()
        copy = await self.chosen(reply.user_id, item)
        if copy is None:
            await reply.fail(notice(which_one(texts)))
            return
        if not copy.is_local and not link.may_write:
            await reply.fail(notice(read_only(texts)))
            return
        await reply.show(remove_card(copy, link.username, user_id=reply.user_id, texts=texts))

    async def confirm_removal(
        self, interaction: discord.Interaction, press: Press, texts: Texts
    ) -> None:
        """Remove it."""
        reply = InteractionReply(interaction, is_private=True)
        await reply.acknowledge()
        link = await self._parts.link_of(press.owner)
        try:
            copy = await self._parts.copies.remove(press.owner, int(press.rest[0]))
        except NoSuchCopy:
            gone = texts.gettext("That record isn't in your collection any more.")
            await reply.show(notice(gone))
        except ReadOnlyLink:
            await reply.fail(notice(read_only(texts)))
        except (NotLinked, LinkAgain):
            raise  # its sentence says what to do, and nothing was sent
        except ExternalServiceException as error:
            await reply.fail(notice(change_failed(error, texts)))
        else:
            await reply.show(removed_card(copy, link.username, texts))

    async def keep(self, interaction: discord.Interaction, _press: Press, texts: Texts) -> None:
        """Say that nothing was removed."""
        reply = InteractionReply(interaction, is_private=True)
        await reply.acknowledge()
        await reply.show(notice(texts.gettext("Kept. Nothing has changed.")))

    async def chosen(self, user_id: int, item: str) -> StoredCopy | None:
        """Return the copy of a choice's number, or the only one that a text fits."""
        if item.isdecimal() and len(item) <= _MAX_ID_DIGITS:
            copy = await self._parts.copies.get(user_id, int(item))
            if copy is not None:
                return copy
        found = await self._parts.copies.find(user_id, clean_text(item), limit=2)
        return found[0] if len(found) == 1 else None

    async def suggestions(self, user_id: int, typed: str, texts: Texts) -> list[tuple[int, str]]:
        """Return the person's copies that fit what was typed."""
        found = await self._parts.copies.find(user_id, clean_text(typed))
        return [(copy.item_id, _described(copy, texts)) for copy in found]

    # --- Exporting

    async def export(
        self, interaction: discord.Interaction, kind: ExportFormat, texts: Texts
    ) -> None:
        """Send a file to the asker."""
        account = await self._parts.link_of(interaction.user.id)
        await interaction.response.defer(thinking=True, ephemeral=True)
        made = await self._parts.copies.export(interaction.user.id, kind)
        text = texts.ngettext(
            "📦 {number} record",
            "📦 {number} records",
            made.copies,
            number=number(made.copies, texts.language),
        )
        source = link(texts.gettext("Data provided by Discogs"), collection_url(account.username))
        file = discord.File(io.BytesIO(made.content), filename=made.filename)
        await interaction.followup.send(
            f"{text}\n{subtext(source)}",
            file=file,
            ephemeral=True,
            suppress_embeds=True,
            allowed_mentions=discord.AllowedMentions.none(),
        )


def _problem(typed: dict[str, str], texts: Texts) -> str | None:
    """Return what is wrong with a filled-in form, or None."""
    if not clean_text(typed.get(ARTIST, "")) or not clean_text(typed.get(TITLE, "")):
        return texts.gettext("I need an artist and a title.")
    year = typed.get(YEAR, "")
    if year and not (year.isascii() and year.isdecimal() and int(year) > 0):
        return texts.gettext("The year is a number, such as 1975.")
    release = typed.get(RELEASE, "")
    if release and parse_release_id(release) is None:
        return texts.gettext(
            "That's no Discogs release. I need its number, or the address of its page, such as "
            "discogs.com/release/249504."
        )
    return None


def which_one(texts: Texts) -> str:
    """Return what to say when a text fits no record, or several."""
    return texts.gettext(
        "I can't tell which record you mean. Type a few letters and pick it from the list."
    )


def read_only(texts: Texts) -> str:
    """Return why a copy on Discogs cannot be changed, and what can change that."""
    return texts.gettext(
        "That record is in your collection on Discogs, and I may not change anything there. "
        "`/account link-discogs` can change that."
    )


def _described(copy: StoredCopy, texts: Texts) -> str:
    facts = [copy_name(copy, texts), *(each.name for each in copy.formats[:1])]
    return " · ".join([*facts, *([str(copy.year)] if copy.year else [])])
