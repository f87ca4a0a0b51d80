"""``/wantlist browse`` as a message, and the offer to remove what is owned by now."""

from collections.abc import Iterator
from typing import Final

from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import Button, button, own_id, row_of
from bot.ui.copies import Record, copy_line, facts_line, problem_sentence
from bot.ui.layout import DISCOGS_COLOUR, subtext, view_of, with_picture
from bot.ui.paging import page_buttons
from bot.ui.text import escape, isolate, link, number, shorten, timestamp
from services.collection.models import SyncProblem, SyncState
from services.collection.want_models import Possession, StoredWant, WantlistState, WantsPage

PAGE_PREFIX: Final = "wantlist:page"
CLEAN_PREFIX: Final = "wantlist:clean"
_MAX_TEXT: Final = 40


def wantlist_url(username: str) -> str:
    """Return a wantlist's page on discogs.com."""
    return f"https://www.discogs.com/wantlist?user={username}"


def attribution(username: str, texts: Texts) -> str:
    """Return where a wantlist comes from, as one small line."""
    return subtext(link(texts.gettext("Data provided by Discogs"), wantlist_url(username)))


def wants_card(
    page: WantsPage, text: str, *, user_id: int, key: str, texts: Texts
) -> ui.LayoutView:
    """Return one page of a wantlist.

    Args:
        page: What is shown.
        text: What it was filtered by.
        user_id: Who asked, and may press the buttons.
        key: Finds ``text`` again when a page is turned.
        texts: The asker's language.
    """
    name = texts.gettext("{name}'s wantlist", name=isolate(escape(page.state.username)))
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay(f"## 💭 {name}"), accent_colour=DISCOGS_COLOUR
    )
    if text:
        words = texts.gettext("“{words}”", words=isolate(escape(shorten(text, _MAX_TEXT))))
        card.add_item(ui.TextDisplay(subtext(f"🔎 {words}")))
    if not page.wants:
        card.add_item(ui.TextDisplay(_nothing(page, text, texts)))
    for want in page.wants:
        alt = texts.gettext("Picture of {name}", name=want.title or "?")
        card.add_item(with_picture(want_lines(want, texts), want.thumb_url, alt))
    footer = "\n".join(map(subtext, _footer(page, texts)))
    card.add_item(ui.TextDisplay(f"{footer}\n{attribution(page.state.username, texts)}"))
    view = view_of(card)
    if page.pages > 1:
        turns = page_buttons(PAGE_PREFIX, user_id, key, at=page.page, last=page.pages)
        view.add_item(row_of(*turns))
    if page.owned and page.may_write:
        view.add_item(row_of(clean_up_button(page.owned, user_id, texts)))
    return view


def clean_up_button(owned: int, user_id: int, texts: Texts) -> Button:
    """Return the offer to remove wishes that are in the collection by now."""
    count = number(owned, texts.language)
    label = texts.gettext("Clean up wantlist ({number})", number=count)
    return button(label, own_id(CLEAN_PREFIX, user_id), emoji="🧹")


def owned_line(owned: int, texts: Texts) -> str:
    """Return how many wishes are in the collection by now."""
    return "✨ " + texts.ngettext(
        "{number} record on your wantlist is in your collection by now.",
        "{number} records on your wantlist are in your collection by now.",
        owned,
        number=number(owned, texts.language),
    )


def want_lines(want: StoredWant, texts: Texts) -> str:
    """Return a wish in two lines, and a third when its owner has it by now."""
    lines = [record_lines(want, texts)]
    if want.possession is Possession.SAME:
        lines.append(subtext(texts.gettext("✅ in your collection by now")))
    elif want.possession is Possession.OTHER_PRESSING:
        lines.append(subtext(texts.gettext("☑️ another pressing is in your collection")))
    return "\n".join(lines)


def record_lines(record: Record, texts: Texts) -> str:
    """Return a record in two lines."""
    facts = facts_line(record, texts)
    return copy_line(record, texts) + (f"\n{facts}" if facts else "")


def _nothing(page: WantsPage, text: str, texts: Texts) -> str:
    if text:
        return texts.gettext("Nothing on your wantlist fits that.")
    if page.state.is_running:
        return texts.gettext("I'm reading your wantlist for the first time. Look again soon.")
    if page.state.synced_at is None:
        return texts.gettext("I haven't been able to read your wantlist yet.")
    return texts.gettext("It's empty. Add records on Discogs, or here with `/wantlist add`.")


def _footer(page: WantsPage, texts: Texts) -> Iterator[str]:
    count = texts.ngettext(
        "{number} record",
        "{number} records",
        page.matching,
        number=number(page.matching, texts.language),
    )
    parts = [count]
    if page.pages > 1:
        at = {"page": page.page, "pages": number(page.pages, texts.language)}
        parts.insert(0, texts.gettext("Page {page} of {pages}", **at))
    if page.state.synced_at is not None:
        when = timestamp(page.state.synced_at)
        parts.append(texts.gettext("checked {when}", when=when))
    yield " · ".join(parts)
    if page.owned:
        yield owned_line(page.owned, texts)
    note = _state_line(page, texts)
    if note:
        yield note


def _state_line(page: WantsPage, texts: Texts) -> str | None:
    """Return what to know about what is shown; None when it is whole and current."""
    state, said = page.state, []
    if state.problem is not None:
        said.append(f"⚠️ {_problem_sentence(state.problem, state, texts)}")
    if state.is_partial:
        said.append(texts.gettext("⏳ Only a part has been read so far."))
    elif (said or not page.is_fresh) and state.synced_at is not None:
        age = texts.gettext("Showing your wantlist as of {when}.", when=timestamp(state.synced_at))
        said.append(age if said else f"⚠️ {age}")
    if state.retry_at is not None:
        said.append(texts.gettext("I'll go on by myself {when}.", when=timestamp(state.retry_at)))
    elif state.is_running and not state.is_partial and state.problem is None:
        said.append(texts.gettext("🔄 I'm reading it from Discogs right now."))
    return " ".join(said) or None


def _problem_sentence(problem: SyncProblem, state: WantlistState, texts: Texts) -> str:
    if problem is SyncProblem.PRIVATE:
        return texts.gettext(
            "**{name}**'s wantlist is private on Discogs. Make it public there, or let me in with "
            "`/account link-discogs`.",
            name=escape(state.username),
        )
    if problem is SyncProblem.CHANGING:
        return texts.gettext("Your wantlist kept changing while I read it.")
    return problem_sentence(problem, SyncState(username=state.username), texts)
