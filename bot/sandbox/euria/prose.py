"""Writes the stand-in's answers: readable, deterministic, and true to the catalogue's facts.

The prompt is searched for an album or an artist of the catalogue. What is found decides the facts,
words like *French* the language, words like *long* the length. The sentences themselves are in
`data/sentences.json`: by kind of subject and language, the first one always opens the text.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, cast

from bot.sandbox.catalogue import Album, Catalogue, normalised
from bot.sandbox.catalogue.model import stable_number

_DATA: Final = Path(__file__).parents[1] / "data" / "sentences.json"
_BRIEF_CHARACTERS: Final = 150
_SHORT_CHARACTERS: Final = 560
_LONG_CHARACTERS: Final = 1750
_TOPIC_CHARACTERS: Final = 60
_SHORTEST_LONE_NAME: Final = 5
_FRENCH: Final = re.compile(
    r"\b(?:french|français|francais|réponds|rédige|écris|décris|langue|disque|morceaux)\b",
    re.IGNORECASE,
)
_ENGLISH: Final = re.compile(r"\b(?:in english|en anglais|language: en)\b", re.IGNORECASE)
_LONG: Final = re.compile(
    r"\b(?:long|longer|longue|détaillée?|detailed|in depth|approfondie?|1[5-9]00|2\d00)\b",
    re.IGNORECASE,
)
_BRIEF: Final = re.compile(r"\b(?:two sentences|deux phrases)\b", re.IGNORECASE)
_HAIKU: Final = re.compile(r"ha[iï]ku", re.IGNORECASE)
_QUOTED: Final = re.compile(r"[\"“«]\s*([^\"”»]{2,80}?)\s*[\"”»]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an answer is about; an album, else an artist's albums, else a topic."""

    album: Album | None = None
    artist_albums: tuple[Album, ...] = ()
    topic: str = ""


def compose(prompt: str, catalogue: Catalogue, variation: int = 0) -> str:
    """Write the answer to a prompt.

    Args:
        prompt: Everything that was said to the model.
        catalogue: Where its knowledge comes from.
        variation: Another number gives another wording of the same facts.
    """
    subject = find_subject(prompt, catalogue)
    language = "fr" if _FRENCH.search(prompt) and not _ENGLISH.search(prompt) else "en"
    facts = _facts(subject, language)
    if _HAIKU.search(prompt):
        haikus = _sentences("haiku", language)
        return haikus[variation % len(haikus)]
    length = _LONG_CHARACTERS if _LONG.search(prompt) else _SHORT_CHARACTERS
    if _BRIEF.search(prompt):
        length = _BRIEF_CHARACTERS
    kind = "album" if subject.album else "artist" if subject.artist_albums else "topic"
    templates = _sentences(kind, language)
    start = stable_number(f"{normalised(facts['subject'])}:{variation}", len(templates) - 1)
    return _written(templates, facts, start, length)


def find_subject(prompt: str, catalogue: Catalogue) -> Subject:
    """Find the album or artist that a prompt is about."""
    text = f" {normalised(prompt)} "
    named = [album for album in catalogue.albums if f" {normalised(album.title)} " in text]
    # A title alone may be an ordinary word; together with its artist it is meant.
    sure = [album for album in named if f" {normalised(album.artist)} " in text]
    likely = [album for album in named if _is_meant(album.title, prompt)]
    for albums in (sure, likely):
        if albums:
            return Subject(album=max(albums, key=lambda each: len(each.title)))
    artists = {each.artist for each in catalogue.albums} - {"Various"}
    artist = max((each for each in artists if _is_meant(each, prompt)), key=len, default="")
    if artist:
        theirs = tuple(each for each in catalogue.albums if each.artist == artist)
        return Subject(artist_albums=theirs)
    return Subject(topic=_topic(prompt))


def _is_meant(name: str, prompt: str) -> bool:
    """Tell a name from an ordinary word: it is quoted, or spelled exactly and not too short."""
    if normalised(name) in {normalised(each) for each in _QUOTED.findall(prompt)}:
        return True
    exact = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", prompt)
    labelled = re.search(rf"(?i:artiste?)\W+{re.escape(name)}(?!\w)", prompt)
    if len(normalised(name).split()) > 1:
        return f" {normalised(name)} " in f" {normalised(prompt)} "
    return labelled is not None or (exact is not None and len(name) >= _SHORTEST_LONE_NAME)


@lru_cache(maxsize=1)
def _all_sentences() -> dict[str, dict[str, list[str]]]:
    return cast("dict[str, dict[str, list[str]]]", json.loads(_DATA.read_text(encoding="utf-8")))


def _sentences(kind: str, language: str) -> list[str]:
    return _all_sentences()[kind][language]


def _topic(prompt: str) -> str:
    """Return what stands in quotes, or the prompt's last line."""
    quoted = _QUOTED.findall(prompt)
    if quoted:
        return str(quoted[-1])
    lines = [line.strip() for line in prompt.splitlines() if line.strip()]
    return lines[-1][:_TOPIC_CHARACTERS].strip(" .?!") if lines else "music"


def _facts(subject: Subject, language: str) -> dict[str, str]:
    albums = [subject.album] if subject.album else list(subject.artist_albums)
    if not albums:
        return {"subject": subject.topic, "topic": subject.topic}
    album = albums[0]
    longest = max(album.tracks, key=lambda track: track.seconds)
    joined = " et " if language == "fr" else " and "
    return {
        "subject": album.key if subject.album else album.artist,
        "artist": album.artist,
        "title": album.title,
        "titles": ", ".join(each.title for each in albums),
        "year": str(album.year),
        "decade": str(album.year // 10 * 10),
        "styles": joined.join((album.styles or album.genres)[:2]).lower(),
        "genre": album.genres[0].lower(),
        "label": album.editions[0].label,
        "count": str(len(album.tracks)),
        "first": album.tracks[0].title,
        "last": album.tracks[-1].title,
        "longest": longest.title,
    }


def _written(templates: list[str], facts: dict[str, str], start: int, length: int) -> str:
    """Write the opening sentence, then the others from `start` until the text is long enough."""
    opening, *others = templates
    sentences = [opening.format(**facts)]
    for place in range(len(others)):
        if sum(len(each) + 1 for each in sentences) > length:
            break
        sentences.append(others[(start + place) % len(others)].format(**facts))
    # Three sentences to a paragraph read better in a message.
    paragraphs = [sentences[place : place + 3] for place in range(0, len(sentences), 3)]
    return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)
