"""Changing a copy's rating, folder and notes: the form, and what became of it."""

from collections.abc import Iterator
from typing import Final

from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import Button, button, own_id, row_of
from bot.ui.copies import collection_url, copy_line, copy_url, facts_line
from bot.ui.forms import Choice, Form
from bot.ui.layout import DISCOGS_COLOUR, subtext, view_of, with_picture
from bot.ui.outcomes import change_failed, why_not
from bot.ui.text import escape, fit, isolate, link, shorten
from services.collection.edit_models import Editable, Edited, EditField, Part, Step
from services.errors import OutcomeUnknown

EDIT_PREFIX: Final = "collection:edit"
EDIT_AGAIN_PREFIX: Final = "collection:editagain"
RATING, FOLDER, FIELD = "rating", "folder", "field"
_BEST: Final = 5
_MOST_IN_A_FORM: Final = 5
_MOST_CHOICES: Final = 25
_LONGEST_CHOICE: Final = 100
_USUAL_NOTE: Final = 1_000
_LONGEST_NOTE: Final = 4_000
_MAX_NAME: Final = 40
_MAX_NOTE: Final = 100


def edit_form(editable: Editable, page: int, *, user_id: int, texts: Texts) -> Form:
    """Return one of the forms that a copy needs, from 0: Discord takes five controls in each."""
    copy = editable.copy
    custom_id = own_id(EDIT_PREFIX, user_id, copy.item_id, editable.version, page)
    form = Form(texts.gettext("Edit {name}", name=copy.title), custom_id)
    for name in _controls(editable)[page * _MOST_IN_A_FORM :][:_MOST_IN_A_FORM]:
        if name == RATING:
            _ask_rating(form, copy.rating, texts)
        elif name == FOLDER:
            _ask_folder(form, editable, texts)
        else:
            field = next(f for f in editable.fields if name == f"{FIELD}{f.field_id}")
            _ask_note(form, name, field, texts)
    return form


def edit_pages(editable: Editable) -> int:
    """Return how many forms a copy needs."""
    return -(-len(_controls(editable)) // _MOST_IN_A_FORM)


def edited_card(
    edited: Edited, username: str, *, user_id: int, page: int, pages: int, texts: Texts
) -> ui.LayoutView:
    """Return what was changed, and what was not.

    Args:
        edited: What became of it.
        username: Whose collection, on Discogs.
        user_id: Who asked.
        page: Of the form that was filled in, from 0.
        pages: How many forms there are.
        texts: The asker's language.
    """
    copy = edited.copy
    lines = [copy_line(copy, texts), facts_line(copy, texts), *_said(edited, texts)]
    alt = texts.gettext("Picture of {name}", name=copy.title or "?")
    card: ui.Container[ui.LayoutView] = ui.Container(
        with_picture("\n".join(filter(None, lines)), copy.thumb_url, alt),
        accent_colour=DISCOGS_COLOUR,
    )
    if not copy.is_local:
        url = copy_url(copy) or collection_url(username)
        source = link(texts.gettext("Data provided by Discogs"), url)
        card.add_item(ui.TextDisplay(subtext(source)))
    return view_of(card, row_of(*_again(copy.item_id, user_id, page, pages, texts)))


def _again(item_id: int, user_id: int, page: int, pages: int, texts: Texts) -> Iterator[Button]:
    yield button(
        texts.gettext("Edit again"), own_id(EDIT_AGAIN_PREFIX, user_id, item_id, page), emoji="✏️"
    )
    if pages > 1:
        other = own_id(EDIT_AGAIN_PREFIX, user_id, item_id, (page + 1) % pages)
        yield button(texts.gettext("Other fields"), other)


def _said(edited: Edited, texts: Texts) -> Iterator[str]:
    if not edited.done and edited.failure is None:
        yield texts.gettext("You changed nothing, so nothing has changed.")
        return
    if edited.done:
        where = (
            texts.gettext("✅ Changed here:")
            if edited.copy.is_local
            else texts.gettext("✅ Changed on Discogs:")
        )
        yield where
        yield from (f"- {_described(step, texts)}" for step in edited.done)
    if edited.failure is None:
        return
    if not edited.done:
        yield f"⚠️ {change_failed(edited.failure, texts)}"
        return
    yield f"⚠️ {why_not(edited.failure, texts)}"
    untouched = edited.left
    if isinstance(edited.failure, OutcomeUnknown):
        yield texts.gettext("It was about this one:")
        yield f"- {_described(edited.left[0], texts)}"
        untouched = edited.left[1:]
    if untouched:
        yield texts.gettext("Not changed:")
        yield from (f"- {_described(step, texts)}" for step in untouched)


def _described(step: Step, texts: Texts) -> str:
    name = isolate(escape(shorten(step.name, _MAX_NAME)))
    if step.part is Part.RATING:
        stars = "★" * step.number or texts.gettext("none")
        return texts.gettext("rating: {stars}", stars=stars)
    if step.part is Part.FOLDER:
        return texts.gettext("folder: {name}", name=name)
    text = isolate(escape(fit(step.text, _MAX_NOTE))) or texts.gettext("nothing")
    return texts.gettext("{field}: {text}", field=name or texts.gettext("Notes"), text=text)


def _controls(editable: Editable) -> list[str]:
    folder = [FOLDER] if len(editable.folders) > 1 else []
    # A text that does not fit into a form would come back cut.
    fields = [f"{FIELD}{f.field_id}" for f in editable.fields if len(f.text) <= _LONGEST_NOTE]
    return [RATING, *folder, *fields]


def _ask_rating(form: Form, rating: int, texts: Texts) -> None:
    choices = [Choice("0", texts.gettext("No rating"), is_default=rating == 0)]
    choices += [
        Choice(str(stars), "★" * stars, is_default=rating == stars) for stars in range(1, _BEST + 1)
    ]
    form.choose(RATING, texts.gettext("Rating"), choices)


def _ask_folder(form: Form, editable: Editable, texts: Texts) -> None:
    # The one it is in must be there; whoever has more than 25 finds the others on Discogs.
    ordered = sorted(editable.folders, key=lambda number: number != editable.folder_id)
    choices = [
        Choice(
            str(number),
            shorten(editable.folders[number], _LONGEST_CHOICE) or "?",
            is_default=number == editable.folder_id,
        )
        for number in ordered[:_MOST_CHOICES]
    ]
    form.choose(FOLDER, texts.gettext("Folder"), choices)


def _ask_note(form: Form, name: str, field: EditField, texts: Texts) -> None:
    label = field.name or texts.gettext("Notes")
    options = list(dict.fromkeys([*field.options, *filter(None, [field.text])]))
    fits = len(options) <= _MOST_CHOICES and all(len(o) <= _LONGEST_CHOICE for o in options)
    if field.options and fits:
        choices = [Choice(each, each, is_default=each == field.text) for each in options]
        form.choose(name, label, choices, is_required=False)
        return
    limit = max(_USUAL_NOTE, len(field.text))
    form.ask(name, label, default=field.text, is_required=False, limit=limit, is_long=True)
