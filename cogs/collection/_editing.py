"""``/collection edit``: rating, folder and notes of one copy, in a form."""

from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Choice, Range, locale_str

from bot.errors import Answers
from bot.i18n import Texts
from bot.ui.buttons import Press
from bot.ui.edit_cards import (
    EDIT_AGAIN_PREFIX,
    EDIT_PREFIX,
    FIELD,
    FOLDER,
    RATING,
    edit_form,
    edit_pages,
    edited_card,
)
from bot.ui.forms import form_values
from bot.ui.notices import notice
from bot.ui.reply import InteractionReply
from cogs.collection import _filters as filtering
from cogs.collection._changing import Changing, read_only, which_one
from cogs.collection._part import Part
from cogs.collection._ports import Parts
from services.collection.edit_models import Edits
from services.collection.errors import ChangedMeanwhile, NoSuchCopy, ReadOnlyLink

Choices = list[Choice[str]]

_RATINGS: Final = {str(stars): stars for stars in range(6)}


class Editing(Part):
    """The command that changes what a person says about a copy."""

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Change with ``parts``."""
        super().__init__(parts, answers=answers)
        self._finding = Changing(parts)
        self._handlers |= {EDIT_PREFIX: self._save, EDIT_AGAIN_PREFIX: self._open_again}

    @app_commands.command(
        name="edit", description=locale_str("Change rating, folder and notes of a record")
    )
    @app_commands.describe(item=locale_str("Type a few letters and pick the record"))
    async def edit(self, interaction: discord.Interaction, item: Range[str, 1, 100]) -> None:
        """Answer ``/collection edit``."""
        reply = InteractionReply(interaction, is_private=True)
        async with self._answers.to(reply, interaction.locale) as texts:
            user_id = interaction.user.id
            await self._parts.link_of(user_id)
            copy = await self._finding.chosen(user_id, item)
            if copy is None:
                await reply.fail(notice(which_one(texts)))
                return
            await self._open(interaction, copy.item_id, 0, texts)

    @edit.autocomplete("item")
    async def suggest_item_to_edit(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the asker's own records."""
        texts = self._answers.texts(interaction.locale)
        user_id = interaction.user.id
        return await filtering.suggest_items(
            lambda: self._finding.suggestions(user_id, typed, texts)
        )

    async def _open(
        self, interaction: discord.Interaction, item_id: int, page: int, texts: Texts
    ) -> None:
        """Open a form: it must be the first answer, so nobody upstream is asked before."""
        reply = InteractionReply(interaction, is_private=True)
        user_id = interaction.user.id
        try:
            editable = await self._parts.editing.editable(user_id, item_id)
        except NoSuchCopy:
            await reply.fail(notice(_gone(texts)))
        except ReadOnlyLink:
            await reply.fail(notice(read_only(texts)))
        else:
            page = min(page, edit_pages(editable) - 1)
            form = edit_form(editable, page, user_id=user_id, texts=texts)
            await interaction.response.send_modal(form)

    async def _open_again(
        self, interaction: discord.Interaction, press: Press, texts: Texts
    ) -> None:
        await self._open(interaction, int(press.rest[0]), int(press.rest[1]), texts)

    async def _save(self, interaction: discord.Interaction, press: Press, texts: Texts) -> None:
        """Change what differs from what the form began with."""
        item_id, version, page = int(press.rest[0]), press.rest[1], int(press.rest[2])
        edits = _edits(form_values(interaction.data or {}))
        reply = InteractionReply(interaction, is_private=True)
        await reply.acknowledge()
        user_id, editing = press.owner, self._parts.editing
        link = await self._parts.link_of(user_id)
        try:
            edited = await editing.edit(user_id, item_id, version, edits)
            pages = edit_pages(await editing.editable(user_id, item_id))
        except NoSuchCopy:
            await reply.fail(notice(_gone(texts)))
        except ReadOnlyLink:
            await reply.fail(notice(read_only(texts)))
        except ChangedMeanwhile:
            said = texts.gettext(
                "That record has changed since you opened the form, so I've left it as it is. Run "
                "`/collection edit` once more to see how it is now."
            )
            await reply.fail(notice(said))
        else:
            username = link.username
            card = edited_card(
                edited, username, user_id=user_id, page=page, pages=pages, texts=texts
            )
            await reply.show(card)


def _edits(typed: dict[str, str]) -> Edits:
    """Return what was typed; what the form did not ask for is left alone."""
    folder = typed.get(FOLDER, "")
    notes = {
        int(name.removeprefix(FIELD)): text
        for name, text in typed.items()
        if name.startswith(FIELD) and name.removeprefix(FIELD).isdecimal()
    }
    return Edits(
        rating=_RATINGS.get(typed.get(RATING, "")),
        folder_id=int(folder) if folder.isdecimal() else None,
        notes=notes,
    )


def _gone(texts: Texts) -> str:
    return texts.gettext("That record isn't in your collection any more.")
