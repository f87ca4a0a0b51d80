"""How long the largest card takes to render."""

from collections.abc import Iterable
from typing import Any

from discord import ui

from bench.report import Row, microseconds, print_section
from bench.timing import measure
from bot.i18n import Catalogue
from bot.ui.search_card import search_card
from services.answers import Answer, Source
from services.catalogue.models import SearchKind, SearchResults
from services.discogs.models import DiscogsKind, DiscogsResults, SearchHit
from services.spotify.models import SpotifyItem, SpotifyKind, SpotifyResults

_HITS = 12
_REPEATS = 20


def bench_cards() -> None:
    """Compare ``search_card`` with discord.py building the same message from ready texts."""
    results, texts = _results(), Catalogue().texts("en")
    ready = search_card(results, 1, texts)
    timings = measure(
        {
            "ready": lambda: [_payload(_copy(ready)) for _ in range(_REPEATS)],
            "card": lambda: [_payload(search_card(results, 1, texts)) for _ in range(_REPEATS)],
        },
        operations=_REPEATS,
    )
    print_section(
        "A search card: two upstreams, a menu of 24",
        "discord.py's own objects around the same texts, and their JSON",
        [
            Row("discord.py alone", None, microseconds(timings.of("ready").median)),
            Row(
                "search_card",
                timings.ratio("card", "ready"),
                microseconds(timings.of("card").median),
                "what the loop does for one edit; a message has at most one in 1.25 s",
            ),
        ],
    )


def _payload(view: ui.LayoutView) -> Any:  # noqa: ANN401  # JSON
    return view.to_components()  # type: ignore[no-untyped-call]  # discord.py's


def _copy(view: ui.LayoutView) -> ui.LayoutView:
    """Build the same message again from its texts."""
    copy = ui.LayoutView(timeout=None)
    for item in view.children:
        if isinstance(item, ui.Container):
            copy.add_item(ui.Container(*_copies(item.children), accent_colour=item.accent_colour))
        else:
            copy.add_item(next(iter(_copies([item]))))
    return copy


def _copies(items: Iterable[ui.Item[Any]]) -> list[ui.Item[Any]]:
    copies: list[ui.Item[Any]] = []
    for item in items:
        if isinstance(item, ui.TextDisplay):
            copies.append(ui.TextDisplay(item.content))
        elif isinstance(item, ui.Section):
            texts = [child.content for child in item.children if isinstance(child, ui.TextDisplay)]
            picture = item.accessory
            if isinstance(picture, ui.Thumbnail):
                again: ui.Thumbnail[Any] = ui.Thumbnail(
                    picture.media.url, description=picture.description
                )
                copies.append(ui.Section(*texts, accessory=again))
        elif isinstance(item, ui.ActionRow):
            copies.append(ui.ActionRow(*_menus(item)))
    return copies


def _menus(row: ui.ActionRow[Any]) -> list[ui.Select[Any]]:
    return [
        ui.Select(custom_id=menu.custom_id, placeholder=menu.placeholder, options=menu.options)
        for menu in row.children
        if isinstance(menu, ui.Select)
    ]


def _results() -> SearchResults:
    items = tuple(
        SpotifyItem(
            kind=SpotifyKind.ALBUM,
            spotify_id=f"{number:022}",
            name=f"Kind Of Blue (Legacy Edition) {number}",
            url=f"https://open.spotify.com/album/{number:022}",
            artists=("Miles Davis", "John Coltrane"),
            image_url="https://i.scdn.co/image/ab67616d0000b273",
            released="1959-08-17",
        )
        for number in range(_HITS)
    )
    hits = tuple(
        SearchHit(
            kind=DiscogsKind.RELEASE,
            discogs_id=number,
            title=f"Kind Of Blue {number}",
            artist="Miles Davis",
            year=1959,
            country="US",
            formats=("Vinyl", "LP", "Album"),
            labels=("Columbia",),
            catno=f"CL {number}",
            image_url="https://i.discogs.com/x.jpeg",
            url=f"https://www.discogs.com/release/{number}",
        )
        for number in range(1, _HITS + 1)
    )
    found_here = SpotifyResults(items=items, search_url="https://open.spotify.com/search/x")
    found_there = DiscogsResults(hits=hits, search_url="https://www.discogs.com/search/?q=x")
    return SearchResults(
        query="kind of blue",
        kind=SearchKind.EVERYTHING,
        spotify=Answer(value=found_here, source=Source.LIVE),
        discogs=Answer(value=found_there, source=Source.LIVE),
        best=items[0],
        others=(*items[1:], *hits),
    )
