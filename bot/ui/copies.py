"""One record in two lines, and what may be said about a whole collection."""

from collections.abc import Iterator
from typing import Final

from bot.i18n import Texts
from bot.ui.text import escape, isolate, link, number, shorten, timestamp
from services.collection.models import Filters, StoredCopy, SyncProblem, SyncState
from services.collection.want_models import StoredWant
from services.discogs.shelf_models import Format, LabelLine

Record = StoredCopy | StoredWant
"""What is shown alike."""

_WEB: Final = "https://www.discogs.com"
_MAX_NAME: Final = 60
_MAX_FACTS: Final = 100
_MAX_FILTER: Final = 40
_MOST_STARS: Final = 5
_NOT_THERE: Final = "none"


def copy_url(copy: Record) -> str | None:
    """Return the release's page; None for an entry without a release."""
    return f"{_WEB}/release/{copy.release_id}" if copy.release_id else None


def collection_url(username: str) -> str:
    """Return a collection's page on discogs.com."""
    return f"{_WEB}/user/{username}/collection"


def copy_name(copy: Record, texts: Texts) -> str:
    """Return ``Artist – Title``, plain and on one line: for menus and sentences."""
    artist, title = copy.artist.strip(), copy.title.strip()
    return " – ".join(name for name in (artist, title) if name) or texts.gettext("Untitled")


def copy_line(copy: Record, texts: Texts, limit: int = _MAX_NAME) -> str:
    """Return ``**Artist – [Title](page)**``, each in at most ``limit`` characters of its own."""
    title = shorten(copy.title, limit) or texts.gettext("Untitled")
    url = copy_url(copy)
    shown = isolate(link(title, url) if url else escape(title))
    artist = isolate(escape(shorten(copy.artist, limit)))
    return f"**{artist} – {shown}**" if artist else f"**{shown}**"


def facts_line(
    copy: Record, texts: Texts, *, is_long: bool = False, says_local: bool = True
) -> str:
    """Return format, label, year and rating between middle dots, safe to show.

    Args:
        copy: Whose facts.
        texts: The reader's language.
        is_long: Everything, instead of the first format and label.
        says_local: Mark what is only kept here.
    """
    facts = [part for part in _facts(copy, is_long=is_long) if part]
    shown = [escape(shorten(fact, _MAX_FACTS // 2)) for fact in facts]
    if copy.rating:
        shown.append("★" * min(copy.rating, _MOST_STARS))
    if copy.is_local and says_local:
        shown.append(texts.gettext("📝 only kept here"))
    return " · ".join(map(isolate, shown))


def _facts(copy: Record, *, is_long: bool) -> Iterator[str]:
    formats = copy.formats if is_long else copy.formats[:1]
    yield ", ".join(map(render_format, formats))
    labels = copy.labels if is_long else copy.labels[:1]
    yield ", ".join(map(render_label, labels))
    yield str(copy.year or "")
    if is_long:
        yield copy.country or ""


def render_format(item: Format) -> str:
    """Return ``2×Vinyl, LP, Album``."""
    name = f"{item.quantity}×{item.name}" if item.quantity > 1 else item.name
    return ", ".join([name, *item.descriptions[:2]])


def render_label(label: LabelLine) -> str:
    """Return ``Blue Note BLP 1577``."""
    if not label.catno or label.catno.casefold() == _NOT_THERE:
        return label.name
    return f"{label.name} {label.catno}"


def filters_line(filters: Filters, texts: Texts) -> str:
    """Return the active filters between middle dots, safe to show; empty when there are none."""
    return " · ".join(_filters(filters, texts))


def _filters(filters: Filters, texts: Texts) -> Iterator[str]:
    if filters.text:
        yield texts.gettext("“{words}”", words=_short(filters.text))
    for name in (filters.artist, filters.genre, filters.style, filters.label, filters.format):
        if name:
            yield _short(name)
    if filters.decade is not None:
        yield texts.gettext("{year}s", year=filters.decade)
    yield from _years(filters, texts)
    if filters.folder:
        yield texts.gettext("folder {name}", name=_short(filters.folder))
    if filters.min_rating:
        yield texts.gettext("{stars} or better", stars="★" * filters.min_rating)
    if filters.added_since is not None:
        yield texts.gettext("added since {day}", day=timestamp(filters.added_since, "d"))


def _years(filters: Filters, texts: Texts) -> Iterator[str]:
    first, last = filters.from_year, filters.to_year
    if first is not None and last is not None:
        yield f"{first}–{last}" if first != last else str(first)
    elif first is not None:
        yield texts.gettext("from {year}", year=first)
    elif last is not None:
        yield texts.gettext("until {year}", year=last)


def _short(name: str) -> str:
    return isolate(escape(shorten(name, _MAX_FILTER)))


def age_text(state: SyncState, texts: Texts) -> str:
    """Return when the collection was last known to be what Discogs has."""
    if state.synced_at is None:
        return texts.gettext("never read whole")
    return texts.gettext("checked {when}", when=timestamp(state.synced_at))


def problem_sentence(problem: SyncProblem, state: SyncState, texts: Texts) -> str:
    """Return why a sync did not end well, and what the person can do about it."""
    name = escape(state.username)
    if problem is SyncProblem.PRIVATE:
        return texts.gettext(
            "**{name}**'s collection is private on Discogs. Make it public there, or let me in "
            "with `/account link-discogs`.",
            name=name,
        )
    if problem is SyncProblem.NO_SUCH_USER:
        return texts.gettext(
            "Discogs doesn't know **{name}** any more. If you have a new name there, link it with "
            "`/account link-discogs`.",
            name=name,
        )
    if problem is SyncProblem.REFUSED:
        return texts.gettext(
            "My link to your Discogs account no longer works. Please link it again with "
            "`/account link-discogs`."
        )
    if problem is SyncProblem.CHANGING:
        return texts.gettext(
            "Your collection kept changing while I read it. Run `/collection sync` when you are "
            "done."
        )
    return texts.gettext("Discogs isn't answering right now.")


def state_line(state: SyncState, texts: Texts, *, is_fresh: bool = True) -> str | None:
    """Return what to know about what is shown; None when it is whole and current."""
    said: list[str] = []
    problem = None if state.problem is SyncProblem.CANCELLED else state.problem
    if problem is not None:
        said.append(f"⚠️ {problem_sentence(problem, state, texts)}")
    if state.is_partial:
        said.append(_partial(state, texts))
    elif (problem is not None or not is_fresh) and state.synced_at is not None:
        age = texts.gettext(
            "Showing your collection as of {when}.", when=timestamp(state.synced_at)
        )
        said.append(age if said else f"⚠️ {age}")
    if state.retry_at is not None:
        said.append(texts.gettext("I'll go on by myself {when}.", when=timestamp(state.retry_at)))
    elif state.is_running and not state.is_partial and problem is None:
        said.append(texts.gettext("🔄 I'm reading it from Discogs right now."))
    return " ".join(said) or None


def _partial(state: SyncState, texts: Texts) -> str:
    if state.total is None:
        return texts.gettext("⏳ Only a part has been read so far.")
    return texts.gettext(
        "⏳ Only a part has been read so far: {done} of {total}.",
        done=number(state.copies, texts.language),
        total=number(state.total, texts.language),
    )
