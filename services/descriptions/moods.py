"""From a mood in a person's words to Discogs' genres and styles: a small table, and their names.

It narrows a collection down before a model sees any of it, and is all there is without one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from services.collection.models import Filters, StoredCopy
from services.descriptions.models import UserWords
from services.music import fold

_MOST_FILTERS: Final = 12
_DECADE: Final = re.compile(r"(?<!\d)(19|20)?(\d)0(?:'?s|es)?(?!\d)")
_LEAST_NAME: Final = 3

# Beginnings of words, English and French, folded -> genres and styles as Discogs writes them.
_MOODS: Final[tuple[tuple[str, str], ...]] = (
    (
        "calm quiet relax chill peace soft slow soothing calme doux douce tranquil zen",
        "Ambient|Downtempo|Modal|Cool Jazz|Folk|Acoustic|Bossa Nova|New Age|Minimal|Contemporary",
    ),
    (
        "energ wild party danc fast loud pump workout fete dans bouge peche sport",
        "House|Disco|Techno|Funk|Punk|Electro|Big Beat|Breakbeat|Drum n Bass|Hard Rock|Boogie",
    ),
    (
        "sad melanchol rain lonely grey gray autumn triste melancol pluie gris seul automne",
        "Trip Hop|Blues|Slowcore|Chanson|Folk|Ballad|Soul|Post Rock|Indie Rock|Dark Jazz",
    ),
    (
        "happy sun summer bright joy cheer joyeu soleil ete gai heureu lumin",
        "Disco|Reggae|Soul|Samba|Bossa Nova|Ska|Afrobeat|Surf|Synth-pop|Pop Rock|Funk",
    ),
    (
        "night late midnight dark nuit minuit tard sombre soir",
        "Trip Hop|Deep House|Dub|Hard Bop|Downtempo|Darkwave|Neo Soul|Modal|Ambient|Dubstep",
    ),
    (
        "morning breakfast sunday coffee wake matin dimanche cafe reveil petit",
        "Folk|Bossa Nova|Cool Jazz|Soft Rock|Acoustic|Soul|Chamber Music|Indie Pop|Folk Rock",
    ),
    (
        "focus work study read concentr travail lire lecture etudi",
        "Ambient|Modern Classical|Minimal|IDM|Modal|Krautrock|Contemporary|Berlin-School",
    ),
    (
        "love romant tender dinner date amour tendre diner amoureu",
        "Soul|Bossa Nova|Vocal|Rhythm & Blues|Easy Listening|Neo Soul|Ballad|Chanson",
    ),
    (
        "angr rage furious colere enerv rageu",
        "Punk|Hardcore|Heavy Metal|Thrash|Industrial|Grunge|Noise|Post-Punk",
    ),
    (
        "dream float space trip psyche reve plan espace",
        "Shoegaze|Dream Pop|Ambient|Psychedelic Rock|Space Rock|Prog Rock|Krautrock|Dub",
    ),
    (
        "groov swing cool rythm rhythm",
        "Funk|Soul|Jazz-Funk|Hard Bop|Afrobeat|Soul-Jazz|Disco|Boogaloo",
    ),
)


@dataclass(frozen=True, slots=True)
class Taste:
    """What a mood means here.

    Attributes:
        names: Genres and styles, the most wanted first.
        decades: First years, such as 1970.
    """

    names: tuple[str, ...] = ()
    decades: tuple[int, ...] = ()

    @property
    def filters(self) -> tuple[Filters, ...]:
        """Return what to look for in a collection."""
        by_decade = [Filters(decade=decade) for decade in self.decades]
        by_style = [Filters(style=name) for name in self.names]
        by_genre = [Filters(genre=name) for name in self.names]
        pairs = [each for pair in zip(by_style, by_genre, strict=True) for each in pair]
        return tuple([*by_decade, *pairs][: 2 * _MOST_FILTERS])

    def score(self, copy: StoredCopy) -> int:
        """Return how well a record fits; 0 is not at all."""
        theirs = {fold(name) for name in (*copy.genres, *copy.styles)}
        wanted = sum(2 for name in self.names if fold(name) in theirs)
        year = copy.master_year or copy.year or 0
        return wanted + (3 if year // 10 * 10 in self.decades else 0)


def taste_of(mood: UserWords, known: Iterable[str]) -> Taste:
    """Return what a mood means.

    Args:
        mood: The person's words.
        known: Genres and styles of their own records, which they may name.
    """
    asked = fold(mood.text)
    padded = f" {asked} "
    named = [name for name in known if len(name) >= _LEAST_NAME and f" {fold(name)} " in padded]
    words = asked.split()
    meant = [
        name
        for beginnings, names in _MOODS
        if any(word.startswith(start) for start in beginnings.split() for word in words)
        for name in names.split("|")
    ]
    decades = [
        int((century or ("20" if digit in "012" else "19")) + digit + "0")
        for century, digit in _DECADE.findall(asked)
    ]
    return Taste(
        names=tuple(dict.fromkeys([*named, *meant]))[:_MOST_FILTERS],
        decades=tuple(dict.fromkeys(decades)),
    )
