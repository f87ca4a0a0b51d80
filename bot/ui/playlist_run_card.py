"""A playlist that is being made from records: how far it is, and how it ended.

What comes from Spotify and what comes from Discogs stand in sections of their own (decision 3).
"""

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import Final

from discord import ui

from bot.i18n import N_, Texts
from bot.ui.buttons import Button, button, link_button, own_id, row_of
from bot.ui.layout import (
    CUT_COLOUR,
    DISCOGS_COLOUR,
    MAX_TITLE,
    SPOTIFY_COLOUR,
    WRITING_COLOUR,
    subtext,
    view_of,
)
from bot.ui.playlist_buttons import CANCEL_PREFIX, MORE_PREFIX, START_PREFIX
from bot.ui.playlist_draft_card import DISCOGS, attribution
from bot.ui.spotify_names import tracks_text
from bot.ui.sync_card import progress_bar
from bot.ui.text import escape, fit, isolate, link, number, one_line, timestamp
from services.playlists.models import Album, Doubt, Problem, Progress, Run, Stage

_MAX_NAME: Final = 40
_MOST_MISSES: Final = 10
_MOST_DOUBTS: Final = 5

PROBLEMS: Final = {
    Problem.BUSY: N_("My requests to Spotify are used up for now."),
    Problem.DOWN: N_("Spotify isn't answering right now."),
    Problem.NOT_LINKED: N_(
        "Your Spotify account isn't linked any more. `/account link-spotify` does that in a minute."
    ),
    Problem.REFUSED: N_("Spotify doesn't let me change that playlist."),
    Problem.GONE: N_("The playlist isn't on Spotify any more."),
}


class Look(Enum):
    """How a run's message looks; the stages, and one more."""

    RUNNING = auto()
    DONE = auto()
    CANCELLED = auto()
    FAILED = auto()
    UNWATCHED = auto()  # it goes on, but the message can no longer show it


_LOOKS: Final = {
    Stage.DRAFT: Look.CANCELLED,
    Stage.RUNNING: Look.RUNNING,
    Stage.DONE: Look.DONE,
    Stage.CANCELLED: Look.CANCELLED,
    Stage.FAILED: Look.FAILED,
}
_HEADLINES: Final = {
    Look.RUNNING: N_("🎧 Filling **{name}**"),
    Look.DONE: N_("✅ **{name}** is ready"),
    Look.CANCELLED: N_("⏹️ Cancelled; what is in **{name}** stays there"),
    Look.FAILED: N_("⚠️ **{name}** is not finished"),
    Look.UNWATCHED: N_("🎧 Still filling **{name}**"),
}
_CANCELLED_EARLY: Final = N_("⏹️ Cancelled before **{name}** was made")
_NOTHING_FOUND: Final = N_("⚠️ I found nothing to add to **{name}**")
_COLOURS: Final = {
    Look.RUNNING: WRITING_COLOUR,
    Look.CANCELLED: CUT_COLOUR,
    Look.FAILED: CUT_COLOUR,
}


def look_of(run: Run) -> Look:
    """Return how a run's message looks."""
    return _LOOKS[run.stage]


def run_card(run: Run, look: Look, *, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return how a run stands.

    Args:
        run: The newest.
        look: How the message looks.
        user_id: Whose it is, and who may press the buttons.
        texts: Their language.
    """
    progress = run.progress
    lines = list(_lines(progress, look, texts))
    if look is not Look.RUNNING and progress.doubts:
        lines.extend(_doubt_lines(progress.doubts, texts))
    spotify: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay("\n".join(lines)), accent_colour=_COLOURS.get(look, SPOTIFY_COLOUR)
    )
    view = view_of(spotify)
    if look is not Look.RUNNING and (progress.misses or progress.doubts):
        view.add_item(_records(progress, texts))
    buttons = list(_buttons(run, look, user_id, texts))
    if buttons:
        view.add_item(row_of(*buttons))
    return view


def latest_text(run: Run, texts: Texts) -> str:
    """Return how a run stands, or how it ended, as a few lines of another message."""
    return "\n".join(_lines(run.progress, look_of(run), texts))


def _lines(progress: Progress, look: Look, texts: Texts) -> Iterator[str]:
    name = isolate(one_line(progress.wish.name, MAX_TITLE))
    yield texts.gettext(_headline(progress, look), name=name)
    if look is Look.RUNNING:
        yield from _progress_lines(progress, texts)
    else:
        yield from _ending_lines(progress, look, texts)


def _headline(progress: Progress, look: Look) -> str:
    if look is Look.CANCELLED and progress.made is None and not progress.is_asked:
        return _CANCELLED_EARLY
    if look is Look.DONE and not progress.added_tracks:
        return _NOTHING_FOUND
    return _HEADLINES[look]


def _progress_lines(progress: Progress, texts: Texts) -> Iterator[str]:
    total, done = len(progress.albums), progress.next
    percent = done * 100 // total if total else 100
    yield f"{progress_bar(done, total)} {percent}\N{NO-BREAK SPACE}%"
    facts = [
        texts.gettext(
            "{done} of {total} albums looked for",
            done=number(done, texts.language),
            total=number(total, texts.language),
        ),
    ]
    if progress.added_albums:
        facts.append(_added_text(progress, texts))
    yield subtext(" · ".join(facts))
    if progress.problem is not None:
        yield f"⏸️ {_waiting(progress, texts)}"


def _waiting(progress: Progress, texts: Texts) -> str:
    assert progress.problem is not None  # noqa: S101  # for the type checker
    said = texts.gettext(PROBLEMS[progress.problem])
    if progress.retry_at is None:
        return said
    when = timestamp(progress.retry_at)
    return f"{said} " + texts.gettext("I'll go on by myself {when}.", when=when)


def _added_text(progress: Progress, texts: Texts) -> str:
    if not progress.added_tracks:
        return texts.gettext("Nothing was added.")
    tracks = tracks_text(progress.added_tracks, texts)
    shown = number(progress.added_albums, texts.language)
    return texts.ngettext(
        "{number} album added ({tracks})",
        "{number} albums added ({tracks})",
        progress.added_albums,
        number=shown,
        tracks=tracks,
    )


def _ending_lines(progress: Progress, look: Look, texts: Texts) -> Iterator[str]:
    if look is Look.UNWATCHED:
        yield texts.gettext("It goes on without this message. `/playlist list` shows it again.")
        return
    if look is Look.FAILED and progress.problem is not None:
        yield texts.gettext(PROBLEMS[progress.problem])
    if progress.added_tracks or look is not Look.DONE:
        yield _added_text(progress, texts)
    if look is not Look.DONE:
        yield subtext(
            texts.gettext(
                "{done} of {total} albums looked for",
                done=number(progress.next, texts.language),
                total=number(len(progress.albums), texts.language),
            )
        )
    elif progress.left:
        yield texts.ngettext(
            "{number} more album of yours fits.",
            "{number} more albums of yours fit.",
            progress.left,
            number=number(progress.left, texts.language),
        )


def _doubt_lines(doubts: Sequence[Doubt], texts: Texts) -> Iterator[str]:
    yield ""
    yield texts.gettext("**Not sure about these, so I left them out:**")
    for place, doubt in enumerate(doubts[:_MOST_DOUBTS], start=1):
        shown = isolate(link(fit(doubt.name, _MAX_NAME), doubt.url))
        artists = isolate(one_line(doubt.artists, _MAX_NAME))
        yield f"{place}. {shown} · {artists}" if artists else f"{place}. {shown}"
    yield from _and_more(len(doubts) - _MOST_DOUBTS, texts)


def _records(progress: Progress, texts: Texts) -> ui.Container[ui.LayoutView]:
    """Return the records that are not in the playlist, as Discogs names them."""
    lines: list[str] = []
    if progress.misses:
        lines.append(texts.gettext("**Not found on Spotify:**"))
        lines.extend(f"- {_record(album)}" for album in progress.misses[:_MOST_MISSES])
        lines.extend(_and_more(len(progress.misses) - _MOST_MISSES, texts))
    if progress.doubts:
        lines.append(texts.gettext("**Your records that may be meant above:**"))
        shown = enumerate(progress.doubts[:_MOST_DOUBTS], start=1)
        lines.extend(f"{place}. {_record(doubt.album)}" for place, doubt in shown)
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay("\n".join(lines)), accent_colour=DISCOGS_COLOUR
    )
    card.add_item(ui.TextDisplay(attribution(texts)))
    return card


def _record(album: Album) -> str:
    title = fit(album.title, _MAX_NAME)
    shown = escape(title)
    if album.number > 0:  # a record that Discogs knows
        shown = link(title, f"{DISCOGS}/release/{album.number}")
    artist = isolate(one_line(album.artist, _MAX_NAME))
    return f"{artist} – {isolate(shown)}" if artist else isolate(shown)


def _and_more(count: int, texts: Texts) -> Iterator[str]:
    if count > 0:
        shown = number(count, texts.language)
        yield subtext(texts.ngettext("and {number} more", "and {number} more", count, number=shown))


def _buttons(run: Run, look: Look, user_id: int, texts: Texts) -> Iterator[Button]:
    progress, run_id = run.progress, run.run_id
    if progress.made is not None:
        yield link_button(texts.gettext("Listen on Spotify"), progress.made.url)
    if look is Look.RUNNING:
        yield button(texts.gettext("Cancel"), own_id(CANCEL_PREFIX, user_id, run_id))
    elif look in {Look.CANCELLED, Look.FAILED}:
        yield button(texts.gettext("Go on"), own_id(START_PREFIX, user_id, run_id), emoji="▶️")
    elif look is Look.DONE and progress.left:
        yield button(texts.gettext("Add more"), own_id(MORE_PREFIX, user_id, run_id), emoji="🎶")
