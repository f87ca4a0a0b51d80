"""Names, credits and lengths of Spotify's things as Markdown, cut to what a card has room for."""

from collections.abc import Iterable
from typing import Final

from bot.i18n import Texts
from bot.ui.text import escape, fit, isolate, link, number, shorten
from services.music import clean_text
from services.spotify.models import Credit, SpotifyKind, url_of

_MAX_NAME: Final = 140
_MAX_ARTIST: Final = 40
_MOST_ARTISTS: Final = 4


def title_of(name: str, url: str) -> str:
    """Return a heading that links to a page of Spotify."""
    return f"## {isolate(link(cut_name(name, _MAX_NAME), url))}"


def linked_names(credits_: tuple[Credit, ...]) -> str:
    """Return the artists, each with a link to their page; of many, how many more there are."""
    shown = [_linked(credit) for credit in credits_[:_MOST_ARTISTS]]
    left = len(credits_) - len(shown)
    return ", ".join(filter(None, shown)) + (f" +{left}" if left else "")


def _linked(credit: Credit) -> str:
    name = cut_name(credit.name, _MAX_ARTIST)
    if not name or not credit.spotify_id:
        return isolate(escape(name))
    return isolate(link(name, url_of(SpotifyKind.ARTIST, credit.spotify_id)))


def plain_names(credits_: tuple[Credit, ...]) -> str:
    """Return the first artists, as text that is not escaped yet."""
    return ", ".join(cut_name(credit.name, _MAX_ARTIST) for credit in credits_[:_MOST_ARTISTS])


def cut_name(name: str, limit: int) -> str:
    """Return the beginning of a name whose escaped form has at most ``limit`` characters."""
    return fit(shorten(clean_text(name), limit), limit)


def type_name(album_type: str | None, texts: Texts) -> str:
    """Return what kind of album it is, in somebody's language."""
    names = {
        "single": texts.gettext("single"),
        "compilation": texts.gettext("compilation"),
    }
    return names.get(album_type or "", texts.gettext("album"))


def tracks_text(count: int, texts: Texts) -> str:
    """Return ``12 tracks``."""
    shown = number(count, texts.language)
    return texts.ngettext("{number} track", "{number} tracks", count, number=shown)


def nameless(kind: SpotifyKind, texts: Texts) -> str:
    """Return what to call a thing of which nothing but its address is known."""
    names = {
        SpotifyKind.ALBUM: texts.gettext("An album on Spotify"),
        SpotifyKind.ARTIST: texts.gettext("An artist on Spotify"),
        SpotifyKind.TRACK: texts.gettext("A track on Spotify"),
        SpotifyKind.PLAYLIST: texts.gettext("A playlist on Spotify"),
    }
    return names[kind]


def joined(facts: Iterable[str]) -> str:
    """Return facts beside each other; empty ones are left out."""
    return " · ".join(fact for fact in facts if fact)


def length(milliseconds: int) -> str:
    """Return a duration: ``9:22``, ``1:02:03``."""
    seconds = round(milliseconds / 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
