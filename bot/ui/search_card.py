"""A search as a message: one container per upstream, the best hit as a card, a menu of others."""

from collections.abc import Iterable, Iterator
from typing import Final

import discord
from discord import ui

from bot.errors import SERVICE_NAMES
from bot.i18n import Texts
from bot.ui.buttons import Button, row_of
from bot.ui.layout import (
    DISCOGS_COLOUR,
    MAX_OPTION,
    MAX_TITLE,
    SPOTIFY_COLOUR,
    subtext,
    view_of,
    with_picture,
)
from bot.ui.match_card import describe_button
from bot.ui.provenance import failure_line, source_line
from bot.ui.text import escape, link, shorten
from services.answers import Answer
from services.catalogue.matching import is_same
from services.catalogue.models import Hit, SearchResults
from services.discogs.models import DiscogsKind, SearchHit
from services.errors import ExternalServiceException
from services.music import clean_text
from services.spotify.models import SpotifyItem, SpotifyKind

PICK_PREFIX: Final = "search:pick"
PENDING_MARK: Final = "⏳"
_LINES: Final = 3
_MAX_LINE_TITLE: Final = 50
_MAX_FACTS: Final = 120
_MAX_LINE_FACTS: Final = 60
_MAX_SEARCH_URL: Final = 1_400  # 200 emoji are 2,400 in a URL, and there are two
_COLOURS: Final = {"spotify": SPOTIFY_COLOUR, "discogs": DISCOGS_COLOUR}

Container = ui.Container[ui.LayoutView]


def search_card(results: SearchResults, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return the message for ``results``, complete or not.

    Args:
        results: What is known so far.
        user_id: Who asked, and may use the menu.
        texts: The asker's language.
    """
    view = view_of(ui.TextDisplay(_headline(results, texts)))
    for upstream in _order(results):
        answer = results.spotify if upstream == "spotify" else results.discogs
        if upstream in results.waiting:
            waiting = texts.gettext("Looking it up on {service}…", service=SERVICE_NAMES[upstream])
            view.add_item(_container(upstream, ui.TextDisplay(f"{PENDING_MARK} {waiting}")))
        elif answer is not None:
            view.add_item(_section(upstream, answer, results, texts))
    menu = None if results.waiting else _menu(results, user_id, texts)
    if menu is not None:
        view.add_item(ui.ActionRow(menu))
    describe = None if results.waiting else _describe(results, user_id, texts)
    if describe is not None:
        view.add_item(row_of(describe))
    return view


def title_line(hit: Hit, limit: int = MAX_TITLE) -> str:
    """Return the linked title of a hit, in at most ``limit`` characters of its own."""
    name = hit.name if isinstance(hit, SpotifyItem) else hit.title
    return link(shorten(name or hit.url, limit), hit.url)


def by_line(hit: Hit, texts: Texts, limit: int = _MAX_FACTS) -> str:
    """Return artist, kind, year and the like, separated by middle dots."""
    return escape(shorten(" · ".join(part for part in _facts(hit, texts) if part), limit))


def pick_menu(
    hits: Iterable[Hit], user_id: int, placeholder: str, texts: Texts
) -> ui.Select[ui.LayoutView] | None:
    """Return a menu that opens one of up to 25 ``hits``; None where none has a card of its own."""
    choices = {value: hit for hit in hits if (value := _value(hit)) is not None}
    if not choices:
        return None
    menu: ui.Select[ui.LayoutView] = ui.Select(
        custom_id=f"{PICK_PREFIX}:{user_id}", placeholder=placeholder
    )
    for value, hit in choices.items():
        menu.append_option(_option(hit, value, texts))
    return menu


def _describe(results: SearchResults, user_id: int, texts: Texts) -> Button | None:
    """Return the button for the best hit; Discogs' own entry for it comes before Spotify's."""
    best = results.best
    if best is None:
        return None
    if isinstance(best, SpotifyItem):
        best = next((hit for hit in results.discogs_hits if is_same(best, hit)), best)
    return describe_button(best, user_id, texts)


def _headline(results: SearchResults, texts: Texts) -> str:
    query = escape(shorten(results.query, MAX_TITLE))
    if results.waiting or results.best is not None:
        return texts.gettext("Results for **{query}**", query=query)
    if results.others:
        return texts.gettext("Nothing fits **{query}** well; this comes closest", query=query)
    return texts.gettext("Nothing to show for **{query}**", query=query)


def _order(results: SearchResults) -> tuple[str, ...]:
    """The upstream with the best hit comes first."""
    if isinstance(results.best, SearchHit):
        return ("discogs", "spotify")
    return ("spotify", "discogs")


def _container(upstream: str, *items: ui.Item[ui.LayoutView]) -> Container:
    return ui.Container(*items, accent_colour=_COLOURS[upstream])


def _section(
    upstream: str,
    answer: Answer[object] | ExternalServiceException,
    results: SearchResults,
    texts: Texts,
) -> Container:
    name = SERVICE_NAMES[upstream]
    if isinstance(answer, ExternalServiceException):
        return _container(upstream, ui.TextDisplay(f"**{name}**\n{failure_line(answer, texts)}"))
    hits: tuple[Hit, ...]
    hits = results.spotify_items if upstream == "spotify" else results.discogs_hits
    search_url = getattr(answer.value, "search_url", "")
    note = source_line(upstream, answer, texts)
    if not hits:
        lines = [f"**{name}**", note or texts.gettext("Nothing found. Check the spelling?")]
        if len(search_url) <= _MAX_SEARCH_URL:
            lines.append(link(texts.gettext("Search on {service}", service=name), search_url))
        return _container(upstream, ui.TextDisplay("\n".join(lines)))
    return _container(upstream, *_hits(upstream, hits, results, note, texts))


def _hits(
    upstream: str, hits: tuple[Hit, ...], results: SearchResults, note: str | None, texts: Texts
) -> Iterator[ui.Item[ui.LayoutView]]:
    # The hits in the order of the whole ranking, which puts what was meant first.
    ranked = [results.best, *results.others] if results.best else list(results.others)
    own = [hit for hit in ranked if hit in hits] or list(hits)
    first, rest = own[0], own[1 : 1 + _LINES]
    heading = f"### {title_line(first)}\n{by_line(first, texts)}"
    yield with_picture(heading, first.image_url, _alt_text(first, texts))
    lines = [
        f"{title_line(hit, _MAX_LINE_TITLE)} · {by_line(hit, texts, _MAX_LINE_FACTS)}"
        for hit in rest
    ]
    if lines:
        yield ui.TextDisplay("\n".join(lines))
    yield ui.TextDisplay("\n".join(_footer(upstream, first, note, texts)))


def _footer(upstream: str, first: Hit, note: str | None, texts: Texts) -> Iterator[str]:
    if note is not None:
        yield subtext(note)
    if upstream == "spotify":
        yield subtext(link(texts.gettext("Listen on Spotify"), first.url))
    else:
        yield subtext(link(texts.gettext("Data provided by Discogs"), first.url))


def _alt_text(hit: Hit, texts: Texts) -> str:
    name = hit.name if isinstance(hit, SpotifyItem) else hit.title
    return texts.gettext("Picture of {name}", name=name)


def _facts(hit: Hit, texts: Texts) -> Iterator[str]:
    if isinstance(hit, SpotifyItem):
        yield shorten(", ".join(hit.artists), MAX_TITLE)
        yield _kind_name(hit.kind, texts)
        yield str(hit.year or "")
        if hit.kind is SpotifyKind.TRACK and hit.album:
            yield shorten(hit.album, MAX_TITLE)
        return
    yield shorten(hit.artist, MAX_TITLE)
    if hit.kind is not DiscogsKind.RELEASE:
        yield _kind_name(hit.kind, texts)
    yield str(hit.year or "")
    yield hit.country or ""
    yield shorten(", ".join(hit.formats[:3]), MAX_TITLE)
    yield shorten(" ".join([*hit.labels[:1], hit.catno or ""]).strip(), MAX_TITLE)


def _kind_name(kind: SpotifyKind | DiscogsKind, texts: Texts) -> str:
    names = {
        "album": texts.gettext("album"),
        "artist": texts.gettext("artist"),
        "track": texts.gettext("track"),
        "playlist": texts.gettext("playlist"),
        "master": texts.gettext("master"),
        "label": texts.gettext("label"),
        "release": texts.gettext("release"),
    }
    return names[kind.value]


def _menu(results: SearchResults, user_id: int, texts: Texts) -> ui.Select[ui.LayoutView] | None:
    hits = [results.best, *results.others] if results.best else results.others
    placeholder = texts.gettext("Not this one, or curious for more? Pick here")
    return pick_menu(hits, user_id, placeholder, texts)


def _option(hit: Hit, value: str, texts: Texts) -> discord.SelectOption:
    name = hit.name if isinstance(hit, SpotifyItem) else hit.title
    service = SERVICE_NAMES["spotify" if isinstance(hit, SpotifyItem) else "discogs"]
    facts = " · ".join([service, *(part for part in _facts(hit, texts) if part)])
    return discord.SelectOption(
        label=shorten(clean_text(name), MAX_OPTION) or "?",
        value=value,
        description=shorten(clean_text(facts), MAX_OPTION),
    )


def _value(hit: Hit) -> str | None:
    """What a menu choice carries; None for hits that have no card of their own yet."""
    if isinstance(hit, SpotifyItem):
        return f"spotify:{hit.kind}:{hit.spotify_id}"
    if hit.kind is DiscogsKind.RELEASE:
        return f"discogs:release:{hit.discogs_id}"
    return None
