"""The links of a message as cards: one in full, several as short ones below each other.

Spotify's and Discogs' things stand in containers of their own, each with its source.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from discord import ui

from bot.errors import SERVICE_NAMES
from bot.i18n import N_, Texts
from bot.ui.buttons import Button, row_of
from bot.ui.item_card import release_card, spotify_card
from bot.ui.layout import DISCOGS_COLOUR, SPOTIFY_COLOUR, subtext, view_of, with_picture
from bot.ui.match_card import describe_button, release_button
from bot.ui.playlist_buttons import ADDABLE, add_button
from bot.ui.provenance import failure_line, source_line
from bot.ui.search_card import PENDING_MARK, by_line, pick_menu, title_line
from bot.ui.spotify_names import nameless
from bot.ui.text import link
from services.answers import Answer
from services.catalogue.linked import Linked, Thing
from services.catalogue.models import Hit
from services.discogs.links import DiscogsPage
from services.discogs.models import Artist, DiscogsKind, Label, Master, Release, SearchHit
from services.errors import ExternalServiceException
from services.spotify.links import ShortLink, Unsupported
from services.spotify.models import SpotifyItem

MOST_LINKS: Final = 5
_COLOURS: Final = {"spotify": SPOTIFY_COLOUR, "discogs": DISCOGS_COLOUR}
# Five cards share the 4,000 characters of a message.
_MAX_TITLE: Final = 80
_MAX_FACTS: Final = 90

_UNSUPPORTED: Final = {
    "audiobook": N_("That link leads to an audiobook on Spotify."),
    "collection": N_("That link leads to somebody's own library on Spotify."),
    "concert": N_("That link leads to a concert on Spotify."),
    "episode": N_("That link leads to a podcast episode on Spotify."),
    "local": N_("That link leads to a file on somebody's own device."),
    "prerelease": N_("That link leads to an album that isn't out on Spotify yet."),
    "show": N_("That link leads to a podcast on Spotify."),
    "user": N_("That link leads to somebody's profile on Spotify."),
}

Container = ui.Container[ui.LayoutView]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedState:
    """What the message shows: what is known, how many more links there are, and who may pick."""

    known: tuple[Linked, ...]
    left: int
    owner: int

    @property
    def is_waiting(self) -> bool:
        """Something is still looked up."""
        return any(each.is_waiting for each in self.known)


def linked_card(state: LinkedState, texts: Texts) -> ui.LayoutView:
    """Return the message for the links of another one."""
    known = tuple(_named(each, texts) for each in state.known)
    if len(known) == 1 and not state.left and isinstance(known[0].found, Answer):
        return _whole(known[0].found, state.owner, texts)
    view = view_of(*(_part(each, texts) for each in known if not _is_only_said(each)))
    if said := list(_sayings(state, texts)):
        view.add_item(ui.TextDisplay("\n".join(said)))
    hits = [] if state.is_waiting else [_hit(each) for each in _things(known)]
    menu = pick_menu(hits, state.owner, texts.gettext("Pick one to see all of it"), texts)
    if menu is not None:
        view.add_item(ui.ActionRow(menu))
    return view


def _named(linked: Linked, texts: Texts) -> Linked:
    """Return a link whose thing has a name, if only what it is: nobody reads an address."""
    answer = linked.found
    if not isinstance(answer, Answer):
        return linked
    thing = answer.value
    if not isinstance(thing, SpotifyItem) or thing.name:
        return linked
    thing = msgspec.structs.replace(thing, name=nameless(thing.kind, texts))
    return replace(linked, found=answer.with_value(thing))


def nothing_found(known: Sequence[Linked], texts: Texts) -> str | None:
    """Return what to say instead of a message when no link has a card; None when one has."""
    if any(isinstance(each.found, Answer) or each.is_waiting for each in known):
        return None
    errors = [each.found for each in known if isinstance(each.found, ExternalServiceException)]
    failures = dict.fromkeys(failure_line(error, texts) for error in errors)
    return "\n".join([*failures, *_refusals(known, texts)])


def _whole(answer: Answer[Thing], owner: int, texts: Texts) -> ui.LayoutView:
    """Return one thing with everything that a card has of it."""
    thing = answer.value
    card: Container
    describe: Button | None
    add: Button | None = None
    if isinstance(thing, SpotifyItem):
        card = spotify_card(answer.with_value(thing), texts)
        describe = describe_button(thing, owner, texts)
        if thing.kind in ADDABLE:
            add = add_button(thing.kind, thing.spotify_id, owner, texts)
    elif isinstance(thing, Release):
        card = release_card(answer.with_value(thing), texts)
        describe = release_button(thing.release_id, owner, texts)
    else:
        card = _short(answer, texts)
        describe = describe_button(_hit(thing), owner, texts)
    view = view_of(card)
    buttons = [each for each in (describe, add) if each is not None]
    if buttons:
        view.add_item(row_of(*buttons))
    return view


def _part(linked: Linked, texts: Texts) -> Container:
    if isinstance(linked.found, Answer):
        return _short(linked.found, texts)
    name = SERVICE_NAMES[linked.upstream]
    if isinstance(linked.found, ExternalServiceException):
        url = linked.link.url if not isinstance(linked.link, Unsupported) else ""
        said = f"**{link(name, url)}**\n{failure_line(linked.found, texts)}"
    else:
        said = f"{PENDING_MARK} {texts.gettext('Looking it up on {service}…', service=name)}"
    return ui.Container(ui.TextDisplay(said), accent_colour=_COLOURS[linked.upstream])


def _short(answer: Answer[Thing], texts: Texts) -> Container:
    hit = _hit(answer.value)
    is_spotify = isinstance(hit, SpotifyItem)
    upstream = "spotify" if is_spotify else "discogs"
    name = hit.name if isinstance(hit, SpotifyItem) else hit.title
    alt = texts.gettext("Picture of {name}", name=name)
    about = (f"### {title_line(hit, _MAX_TITLE)}", by_line(hit, texts, _MAX_FACTS))
    source = (
        texts.gettext("Listen on Spotify")
        if is_spotify
        else texts.gettext("Data provided by Discogs")
    )
    note = source_line(upstream, answer, texts)
    footer = map(subtext, [*([note] if note else []), link(source, hit.url)])
    text = "\n".join(line for line in (*about, *footer) if line)
    return ui.Container(with_picture(text, hit.image_url, alt), accent_colour=_COLOURS[upstream])


def _hit(thing: Thing) -> Hit:
    """Return a thing as a search would list it; of Discogs with its shortest address."""
    match thing:
        case SpotifyItem():
            return thing
        case Release():
            hit = _discogs_hit(DiscogsKind.RELEASE, thing.release_id, thing.title, thing)
            return msgspec.structs.replace(
                hit,
                artist=thing.artist,
                year=thing.year,
                country=thing.country,
                formats=thing.formats,
                labels=thing.labels,
            )
        case Master():
            hit = _discogs_hit(DiscogsKind.MASTER, thing.master_id, thing.title, thing)
            return msgspec.structs.replace(hit, artist=thing.artist, year=thing.year)
        case Artist():
            return _discogs_hit(DiscogsKind.ARTIST, thing.artist_id, thing.name, thing)
        case Label():
            return _discogs_hit(DiscogsKind.LABEL, thing.label_id, thing.name, thing)


def _discogs_hit(
    kind: DiscogsKind, number: int, title: str, thing: Release | Master | Artist | Label
) -> SearchHit:
    url = DiscogsPage(kind, number).url
    return SearchHit(kind=kind, discogs_id=number, title=title, image_url=thing.image_url, url=url)


def _things(known: Sequence[Linked]) -> Iterator[Thing]:
    for each in known:
        if isinstance(each.found, Answer):
            yield each.found.value


def _is_only_said(linked: Linked) -> bool:
    return linked.found is None and not linked.is_waiting


def _sayings(state: LinkedState, texts: Texts) -> Iterator[str]:
    yield from map(subtext, _refusals(state.known, texts))
    if state.left:
        yield subtext(
            texts.ngettext(
                "and {count} more link; I show five at a time",
                "and {count} more links; I show five at a time",
                state.left,
            )
        )


def _refusals(known: Sequence[Linked], texts: Texts) -> Iterator[str]:
    kinds = dict.fromkeys(each.link.kind for each in known if isinstance(each.link, Unsupported))
    for kind in kinds:
        yield texts.gettext(_UNSUPPORTED[kind])
    if kinds:
        yield texts.gettext("I have cards for albums, artists, tracks and playlists.")
    for each in known:
        if isinstance(each.link, ShortLink) and _is_only_said(each):
            yield texts.gettext(
                "I can't find out where {link} leads. Open it, and give me the address that you "
                "see then.",
                link=each.link.url,
            )
