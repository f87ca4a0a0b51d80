"""What is asked before a wantlist is changed, and what is said after."""

from collections.abc import Sequence
from typing import Final

import discord
from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import button, own_id, row_of
from bot.ui.copies import copy_line
from bot.ui.layout import DISCOGS_COLOUR, subtext, view_of, with_picture
from bot.ui.outcomes import why_not
from bot.ui.provenance import source_line
from bot.ui.text import escape, isolate, link, number, shorten
from bot.ui.wantlist_card import attribution, clean_up_button, want_lines
from services.answers import Answer
from services.collection.want_models import AddedWant, CleanedUp, Possession, StoredWant
from services.discogs.models import Release
from services.errors import OutcomeUnknown

ADD_PREFIX: Final = "wantlist:add"
REMOVE_PREFIX: Final = "wantlist:remove"
KEEP_PREFIX: Final = "wantlist:keep"
CLEAN_ALL_PREFIX: Final = "wantlist:cleanall"
CLEAN_SAME_PREFIX: Final = "wantlist:cleansame"
_MAX_NAME: Final = 40
_MAX_FACT: Final = 60
_MAX_SHORT_FACT: Final = 20

Container = ui.Container[ui.LayoutView]


def add_card(answer: Answer[Release], *, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return the question before a release is put on the list."""
    release = answer.value
    question = texts.gettext("Put this on your wantlist on Discogs?")
    alt = texts.gettext("Picture of {name}", name=release.title)
    lines = f"{question}\n{_release_lines(release)}"
    card = Container(with_picture(lines, release.image_url, alt), accent_colour=DISCOGS_COLOUR)
    note = source_line("discogs", answer, texts)
    footer = [*([note] if note else []), link(_source(texts), release.url)]
    card.add_item(ui.TextDisplay("\n".join(map(subtext, footer))))
    yes = own_id(ADD_PREFIX, user_id, release.release_id)
    buttons = (
        button(texts.gettext("Add to wantlist"), yes, style=discord.ButtonStyle.primary),
        button(texts.gettext("No, thanks"), own_id(KEEP_PREFIX, user_id)),
    )
    return view_of(card, row_of(*buttons))


def added_want_card(added: AddedWant, username: str, texts: Texts) -> ui.LayoutView:
    """Return what was put on the list."""
    if added.was_there:
        said = texts.gettext("It was on your wantlist already, and still is.")
    else:
        said = texts.gettext("✅ It's on your wantlist on Discogs.")
    return _card(said, [added.want] if added.want else [], username, texts)


def remove_want_card(
    want: StoredWant, username: str, *, user_id: int, texts: Texts
) -> ui.LayoutView:
    """Return the question before a wish is removed."""
    question = texts.gettext("Take this off your wantlist on Discogs?")
    view = _card(question, [want], username, texts)
    yes = own_id(REMOVE_PREFIX, user_id, want.release_id)
    buttons = (
        button(texts.gettext("Remove"), yes, style=discord.ButtonStyle.danger),
        button(texts.gettext("Keep it"), own_id(KEEP_PREFIX, user_id)),
    )
    view.add_item(row_of(*buttons))
    return view


def removed_want_card(want: StoredWant, username: str, texts: Texts) -> ui.LayoutView:
    """Return what was removed."""
    return _card(texts.gettext("🗑️ Taken off your wantlist:"), [want], username, texts)


def clean_up_card(
    wants: Sequence[StoredWant], username: str, *, user_id: int, key: str, texts: Texts
) -> ui.LayoutView:
    """Return the question before wishes that are owned by now are removed.

    Args:
        wants: Exactly those.
        username: Whose list, on Discogs.
        user_id: Who asked, and may answer.
        key: Tells at the answer whether these still are the ones.
        texts: The asker's language.
    """
    question = texts.gettext("Take these off your wantlist on Discogs?")
    view = _list_card(question, wants, username, texts, has_marks=True)
    same = sum(want.possession is Possession.SAME for want in wants)
    buttons = [
        button(
            texts.ngettext("Remove {count}", "Remove all {count}", len(wants)),
            own_id(CLEAN_ALL_PREFIX, user_id, key),
            style=discord.ButtonStyle.danger,
        )
    ]
    if 0 < same < len(wants):
        label = texts.gettext("Only the very same pressings ({count})", count=same)
        buttons.append(button(label, own_id(CLEAN_SAME_PREFIX, user_id, key)))
    buttons.append(button(texts.gettext("Keep them"), own_id(KEEP_PREFIX, user_id)))
    view.add_item(row_of(*buttons))
    return view


def cleaned_up_card(
    done: CleanedUp, username: str, *, user_id: int, owned: int, texts: Texts
) -> ui.LayoutView:
    """Return what was removed, and what was not.

    Args:
        done: What became of it.
        username: Whose list, on Discogs.
        user_id: Who asked.
        owned: Wishes that could be removed now.
        texts: The asker's language.
    """
    removed = texts.ngettext(
        "🧹 {number} record taken off your wantlist:",
        "🧹 {number} records taken off your wantlist:",
        len(done.removed),
        number=number(len(done.removed), texts.language),
    )
    if not done.removed:
        removed = texts.gettext("Nothing was taken off your wantlist.")
    view = _list_card(removed, done.removed, username, texts, more=_left(done, texts))
    if owned:
        view.add_item(row_of(clean_up_button(owned, user_id, texts)))
    return view


def _left(done: CleanedUp, texts: Texts) -> list[str]:
    """Return why it stopped, and what is still on the list."""
    if done.failure is None:
        return []
    lines, untouched = [f"⚠️ {why_not(done.failure, texts)}"], done.left
    if isinstance(done.failure, OutcomeUnknown):
        lines += [texts.gettext("It was about this one:"), _bullet(done.left[0], texts)]
        untouched = done.left[1:]
    if untouched:
        lines.append(texts.gettext("I stopped there. These are still on it:"))
        lines.extend(_bullet(want, texts) for want in untouched)
    return lines


def _list_card(
    text: str,
    wants: Sequence[StoredWant],
    username: str,
    texts: Texts,
    *,
    has_marks: bool = False,
    more: Sequence[str] = (),
) -> ui.LayoutView:
    marks = {Possession.SAME: "✅ ", Possession.OTHER_PRESSING: "☑️ ", Possession.NONE: ""}
    lines = [_bullet(want, texts, marks[want.possession] if has_marks else "") for want in wants]
    if has_marks and any(want.possession is Possession.OTHER_PRESSING for want in wants):
        lines.append(subtext(texts.gettext("☑️ is in your collection in another pressing")))
    body = "\n".join([text, *lines, *more, attribution(username, texts)])
    return view_of(Container(ui.TextDisplay(body), accent_colour=DISCOGS_COLOUR))


def _card(text: str, wants: Sequence[StoredWant], username: str, texts: Texts) -> ui.LayoutView:
    shown = "\n".join([text, *(want_lines(want, texts) for want in wants)])
    thumb = wants[0].thumb_url if wants else None
    alt = texts.gettext("Picture of {name}", name=(wants[0].title if wants else "") or "?")
    card = Container(with_picture(shown, thumb, alt), accent_colour=DISCOGS_COLOUR)
    card.add_item(ui.TextDisplay(attribution(username, texts)))
    return view_of(card)


def _bullet(want: StoredWant, texts: Texts, mark: str = "") -> str:
    """Return a wish in one line: two pressings of one work differ in format or year."""
    facts = [*(each.name for each in want.formats[:1]), *([str(want.year)] if want.year else [])]
    shown = escape(shorten(", ".join(facts), _MAX_SHORT_FACT))
    line = f"- {mark}{copy_line(want, texts, limit=_MAX_NAME)}"
    return f"{line} · {isolate(shown)}" if shown else line


def _release_lines(release: Release) -> str:
    artist = isolate(escape(shorten(release.artist, _MAX_NAME)))
    title = isolate(link(shorten(release.title, _MAX_NAME), release.url))
    facts = (*release.formats[:1], *release.labels[:1], str(release.year or ""), release.country)
    shown = " · ".join(isolate(escape(shorten(fact, _MAX_FACT))) for fact in facts if fact)
    return f"**{artist} – {title}**\n{shown}" if artist else f"**{title}**\n{shown}"


def _source(texts: Texts) -> str:
    return texts.gettext("Data provided by Discogs")
