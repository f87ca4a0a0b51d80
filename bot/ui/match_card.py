"""The Describe button of a card, and the question which record of Discogs is meant."""

from typing import Final

from discord import ui

from bot.i18n import Texts
from bot.ui.buttons import Button, button, own_id, row_of
from bot.ui.description_ids import ABOUT_PREFIX, MATCH_PREFIX
from bot.ui.layout import DISCOGS_COLOUR, MAX_TITLE, subtext, view_of
from bot.ui.text import escape, isolate, link, shorten
from services.descriptions.models import Target
from services.discogs.models import DiscogsKind, SearchHit
from services.spotify.models import SpotifyItem, SpotifyKind

_MOST_HITS: Final = 3
_TARGETS: Final = {DiscogsKind.RELEASE: "r", DiscogsKind.ARTIST: "a"}
_MARK: Final = "✍️"


def target_of(hit: SearchHit) -> Target:
    """Return what a text about ``hit`` is about."""
    return Target(_TARGETS.get(hit.kind, "r"), hit.discogs_id)


def describe_button(hit: SpotifyItem | SearchHit, user_id: int, texts: Texts) -> Button | None:
    """Return the button below a card; None where there is nothing to write about.

    What Discogs has is described at once. For something of Spotify its id is all that travels.
    """
    label = texts.gettext("Describe")
    if isinstance(hit, SearchHit):
        if hit.kind not in _TARGETS:
            return None
        return button(label, own_id(ABOUT_PREFIX, user_id, target_of(hit)), emoji=_MARK)
    if hit.kind is SpotifyKind.PLAYLIST:
        return None
    match_id = own_id(MATCH_PREFIX, user_id, hit.kind, hit.spotify_id)
    return button(label, match_id, emoji=_MARK)


def release_button(release_id: int, user_id: int, texts: Texts) -> Button:
    """Return the button below a release of Discogs."""
    about = own_id(ABOUT_PREFIX, user_id, Target("r", release_id))
    return button(texts.gettext("Describe"), about, emoji=_MARK)


def match_card(hits: tuple[SearchHit, ...], *, user_id: int, texts: Texts) -> ui.LayoutView:
    """Return the question which of ``hits`` is meant; without any, what to do instead."""
    if not hits:
        said = texts.gettext(
            "I write from Discogs' facts, and Discogs has nothing of that name. `/describe` takes "
            "your own words."
        )
        return view_of(ui.TextDisplay(said))
    hits = hits[:_MOST_HITS]
    lines = [f"{number}. {_line(hit)}" for number, hit in enumerate(hits, 1)]
    question = texts.gettext("I write from Discogs' facts. Which of these do you mean?")
    card: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay(f"### {question}"),
        ui.TextDisplay("\n".join(lines)),
        ui.TextDisplay(subtext(link(texts.gettext("Data provided by Discogs"), hits[0].url))),
        accent_colour=DISCOGS_COLOUR,
    )
    buttons = [
        button(str(number), own_id(ABOUT_PREFIX, user_id, target_of(hit)), emoji=_MARK)
        for number, hit in enumerate(hits, 1)
    ]
    return view_of(card, row_of(*buttons))


def _line(hit: SearchHit) -> str:
    facts = (hit.artist, str(hit.year or ""), hit.country or "", ", ".join(hit.formats[:2]))
    small = escape(shorten(" · ".join(fact for fact in facts if fact), MAX_TITLE))
    return isolate(f"{link(shorten(hit.title, MAX_TITLE), hit.url)} · {small}".rstrip(" ·"))
