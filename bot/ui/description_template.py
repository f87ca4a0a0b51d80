"""What can be said of a record or an artist without the model: Discogs' facts as sentences."""

from collections.abc import Iterator
from typing import Final

from bot.i18n import N_, Texts
from bot.ui.layout import MAX_TITLE
from bot.ui.text import escape, escape_paragraphs, fit, isolate, link, shorten
from services.descriptions.models import AlbumFacts, ArtistFacts, Facts, Form

_MOST_NAMES: Final = 4
_MAX_PROFILE: Final = 600


def template(facts: Facts | None, form: Form, texts: Texts) -> str:
    """Return the text that stands in for one that could not be written."""
    said = _facts_text(facts, texts)
    if form is not Form.HAIKU:
        return said or texts.gettext(
            "I have no facts of my own about it; `/search` may find it on Spotify and Discogs."
        )
    haiku = texts.gettext("Needle on the edge\nthe first crackle of the day\nthen the room is full")
    lines = "\n".join(f"*{line}*" for line in haiku.splitlines())
    return f"{lines}\n\n{said}" if said else lines


def _facts_text(facts: Facts | None, texts: Texts) -> str:
    if isinstance(facts, AlbumFacts):
        return " ".join(_album(facts, texts))
    if isinstance(facts, ArtistFacts):
        return "\n\n".join(part for part in _artist(facts, texts) if part)
    return ""


def _album(facts: AlbumFacts, texts: Texts) -> Iterator[str]:
    title = isolate(link(shorten(facts.title, MAX_TITLE), facts.url))
    artist = isolate(_name(facts.artist))
    if facts.artist and facts.first_year:
        yield texts.gettext(
            "{title} by **{artist}** first came out in {year}.",
            title=title,
            artist=artist,
            year=facts.first_year,
        )
    elif facts.artist:
        yield texts.gettext("{title} is a release by **{artist}**.", title=title, artist=artist)
    else:
        yield title
    yield from _pressing(facts, texts)
    styles = ", ".join((*facts.styles, *facts.genres)[:_MOST_NAMES])
    if styles:
        yield texts.gettext("Discogs files it under {styles}.", styles=_name(styles))
    if len(facts.tracks) > 1:
        yield texts.ngettext(
            "It runs over {count} track, from “{first}” to “{last}”.",
            "It runs over {count} tracks, from “{first}” to “{last}”.",
            len(facts.tracks),
            first=_name(facts.tracks[0]),
            last=_name(facts.tracks[-1]),
        )
    if facts.credits:
        names = ", ".join(_name(each) for each in facts.credits[:_MOST_NAMES])
        yield texts.gettext("Credits: {names}.", names=names)


def _pressing(facts: AlbumFacts, texts: Texts) -> Iterator[str]:
    label = _name(facts.labels[0]) if facts.labels else ""
    if label and facts.pressing_year and facts.pressing_year == facts.first_year:
        yield texts.gettext("This pressing is from that year, on {label}.", label=label)
    elif facts.pressing_year and label:
        yield texts.gettext(
            "This pressing came out in {year} on {label}.", year=facts.pressing_year, label=label
        )
    elif facts.pressing_year and facts.pressing_year != facts.first_year:
        yield texts.gettext("This pressing came out in {year}.", year=facts.pressing_year)


def _artist(facts: ArtistFacts, texts: Texts) -> Iterator[str]:
    name = isolate(link(shorten(facts.name, MAX_TITLE), facts.url))
    first = [name]
    if facts.members:
        members = ", ".join(_name(each) for each in facts.members[:_MOST_NAMES])
        said = N_("Discogs lists {members} as members of {name}.")
        if len(facts.members) > _MOST_NAMES:
            said = N_("Discogs lists {members} and others as members of {name}.")
        first = [texts.gettext(said, name=name, members=members)]
    elif facts.groups:
        groups = ", ".join(_name(each) for each in facts.groups[:_MOST_NAMES])
        first = [texts.gettext("{name} has played in {groups}.", name=name, groups=groups)]
    if facts.records:
        records = ", ".join(
            f"{_name(title)} ({year})" if year else _name(title)
            for title, year in facts.records[:_MOST_NAMES]
        )
        first.append(texts.gettext("Among the records: {records}.", records=records))
    yield " ".join(first)
    yield escape_paragraphs(fit(facts.profile, _MAX_PROFILE))


def _name(text: str) -> str:
    return escape(shorten(text, MAX_TITLE))
