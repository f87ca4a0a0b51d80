"""A sync as a message that grows: how far it is, how long it takes, how it ended."""

from enum import Enum, auto
from typing import Final

from discord import ui

from bot.i18n import N_, Texts
from bot.ui.buttons import button, own_id, row_of
from bot.ui.copies import collection_url, problem_sentence
from bot.ui.layout import (
    CUT_COLOUR,
    DISCOGS_COLOUR,
    WRITING_COLOUR,
    WRITTEN_COLOUR,
    subtext,
    view_of,
)
from bot.ui.text import escape, link, number, timestamp
from bot.ui.wantlist_card import clean_up_button, owned_line
from services.collection.models import SyncState

CANCEL_PREFIX: Final = "collection:cancel"
_BAR: Final = 16
_A_MINUTE: Final = 60
_SHORT_SECONDS: Final = 10


class SyncStage(Enum):
    """Where a sync is, as its message shows it."""

    RUNNING = auto()
    DONE = auto()
    FAILED = auto()
    CANCELLED = auto()
    UNWATCHED = auto()  # it goes on, but the message can no longer show it


_COLOURS: Final = {
    SyncStage.RUNNING: WRITING_COLOUR,
    SyncStage.DONE: WRITTEN_COLOUR,
    SyncStage.FAILED: CUT_COLOUR,
    SyncStage.CANCELLED: CUT_COLOUR,
    SyncStage.UNWATCHED: DISCOGS_COLOUR,
}


def sync_card(
    state: SyncState,
    stage: SyncStage,
    *,
    user_id: int,
    joined: bool,
    texts: Texts,
    owned: int = 0,
) -> ui.LayoutView:
    """Return the message.

    Args:
        state: The newest.
        stage: Where the sync is.
        user_id: Who asked, and may cancel it.
        joined: Whether it was under way already.
        texts: The asker's language.
        owned: Wishes that are in the collection by now, and are offered to be removed.
    """
    lines = [_headline(state, stage, texts)]
    if stage is SyncStage.RUNNING:
        lines.extend(_progress(state, texts))
        if joined:
            lines.append(subtext(texts.gettext("It was under way already; I joined it.")))
    else:
        lines.extend(_ending(state, stage, texts))
        lines.extend([owned_line(owned, texts)] if owned else [])
    lines.append(
        subtext(link(texts.gettext("Data provided by Discogs"), collection_url(state.username)))
    )
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay("\n".join(lines)), accent_colour=_COLOURS[stage]
    )
    if stage is not SyncStage.RUNNING:
        return view_of(card, *([row_of(clean_up_button(owned, user_id, texts))] if owned else []))
    return view_of(card, row_of(button(texts.gettext("Cancel"), own_id(CANCEL_PREFIX, user_id))))


def progress_bar(done: int, total: int) -> str:
    """Return how much of ``total`` is done, as a bar; full only when nothing is missing."""
    filled = _BAR if done >= total else min(_BAR - 1, done * _BAR // max(1, total))
    return "▰" * filled + "▱" * (_BAR - filled)


def _headline(state: SyncState, stage: SyncStage, texts: Texts) -> str:
    said = {
        SyncStage.RUNNING: N_("🔄 Reading the collection of **{name}** from Discogs"),
        SyncStage.DONE: N_("✅ The collection of **{name}** is up to date"),
        SyncStage.CANCELLED: N_("⏹️ Cancelled; what I had of **{name}** is as before"),
        SyncStage.UNWATCHED: N_("🔄 Still reading the collection of **{name}**"),
        SyncStage.FAILED: N_("⚠️ The collection of **{name}** could not be read"),
    }
    return texts.gettext(said[stage], name=escape(state.username))


def _progress(state: SyncState, texts: Texts) -> list[str]:
    total, done = state.total, state.copies_done
    if state.problem is not None:
        waiting = [f"⚠️ {problem_sentence(state.problem, state, texts)}"]
        if state.retry_at is not None:
            when = timestamp(state.retry_at)
            waiting.append(texts.gettext("I'll go on by myself {when}.", when=when))
    else:
        waiting = []
    if total is None:
        return waiting or [texts.gettext("⏳ Waiting for Discogs…")]
    percent = min(100, done * 100 // total) if total else 100
    facts = [
        texts.gettext(
            "{done} of {total} records",
            done=number(done, texts.language),
            total=number(total, texts.language),
        )
    ]
    if state.seconds_left is not None and not waiting:
        facts.append(_time_left(state.seconds_left, texts))
    bar = f"{progress_bar(done, total)} {percent}\N{NO-BREAK SPACE}%"
    return [bar, subtext(" · ".join(facts)), *([" ".join(waiting)] if waiting else [])]


def _time_left(seconds: float, texts: Texts) -> str:
    if seconds < _SHORT_SECONDS:
        return texts.gettext("a few seconds left")
    if seconds < _A_MINUTE:
        return texts.gettext("about {seconds} s left", seconds=round(seconds / 10) * 10)
    minutes = max(1, round(seconds / _A_MINUTE))
    return texts.ngettext("about {count} minute left", "about {count} minutes left", minutes)


def _ending(state: SyncState, stage: SyncStage, texts: Texts) -> list[str]:
    kept = texts.ngettext(
        "{number} record is stored here",
        "{number} records are stored here",
        state.copies,
        number=number(state.copies, texts.language),
    )
    if stage is SyncStage.DONE:
        return [texts.gettext("{kept}; see them with `/collection browse`.", kept=kept)]
    if stage is SyncStage.UNWATCHED:
        return [
            texts.gettext("It goes on without this message. `/collection sync` shows it again.")
        ]
    lines = []
    if stage is SyncStage.FAILED and state.problem is not None:
        lines.append(problem_sentence(state.problem, state, texts))
    if state.synced_at is not None:
        lines.append(f"{kept}, {_as_of(state, texts)}.")
    return lines


def _as_of(state: SyncState, texts: Texts) -> str:
    assert state.synced_at is not None  # noqa: S101  # for the type checker
    return texts.gettext("as of {when}", when=timestamp(state.synced_at))
