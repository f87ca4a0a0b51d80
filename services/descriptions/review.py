"""What can be told of a text without knowing better than the model: pure functions.

Whether it is a refusal, is said before anything of it is shown; whether a text that broke off can
stand; which of its numbers nobody has confirmed.
"""

import re
from typing import Final

from services.descriptions.facts import lines_of
from services.descriptions.models import AlbumFacts, Form, Grounding
from services.music import fold

_LEAST_TO_STAND: Final = 80
_LEAST_LETTERS: Final = 12
_MOST_REPEATS: Final = 3
_SENTENCE_END: Final = re.compile(r"[.!?…。\uff01\uff1f][\"'»”’)\]]*(?=\s|$)")
_HAIKU_LINES: Final = 3

# Two digits and more, with or without marks between thousands.
_NUMBER: Final = re.compile(r"(?<![\w.,])\d{1,3}(?:[ ,.\u00a0\u202f]\d{3})+(?!\d)|\d{2,}")
_CENTURY: Final = re.compile(
    r"\d{2}(?:st|nd|rd|th|e|ème)\s+(?:century|siècle)|\d{2}(?:st|nd|rd|th)-century", re.IGNORECASE
)
_DECADE: Final = re.compile(
    r"(?<!\d)(?:(\d{2}|\d{4})['’]?s\b|(?:années|décennie)[\s\u00a0](\d{4}|\d{2})\b)", re.IGNORECASE
)
_YEAR_DIGITS: Final = 4
_MOST_NAMED: Final = 6

_REFUSALS: Final = tuple(
    map(
        fold,
        (
            "I'm sorry, but",
            "I am sorry, but",
            "Sorry, but I",
            "Sorry, I",
            "I'm sorry, I",
            "I apologize, but",
            "I can't help",
            "I can't write",
            "I can't provide",
            "I cannot",
            "I'm unable to",
            "I am unable to",
            "I'm not able to",
            "As an AI",
            "As a language model",
            "Je suis désolé",
            "Je suis désolée",
            "Désolé, mais",
            "Désolé, je",
            "Je ne peux pas",
            "Je ne suis pas en mesure",
            "En tant qu'IA",
            "En tant qu'intelligence artificielle",
            "En tant que modèle de langage",
        ),
    )
)


class RefusalGate:
    """Holds a text back only while it could still be the beginning of a refusal.

    Almost every text says something else with its first letters, and passes at once.
    """

    def __init__(self) -> None:
        """Nothing has been said yet."""
        self._held = ""
        self._is_open = False
        self.is_refusal = False

    def feed(self, text: str) -> str:
        """Return what may be shown now; nothing any more of a refusal."""
        if self._is_open:
            return text
        self._held += text
        said = fold(self._held)
        if any(said.startswith(refusal) for refusal in _REFUSALS):
            self.is_refusal = True
            return ""
        if not said or any(refusal.startswith(said) for refusal in _REFUSALS):
            return ""
        self._is_open = True
        return self.close()

    def close(self) -> str:
        """Return what was held back and turned out to be no refusal."""
        held, self._held = self._held, ""
        return "" if self.is_refusal else held


def is_broken(text: str, form: Form) -> bool:
    """Return whether a whole text is none: next to nothing, or the same thing over and over."""
    if sum(character.isalpha() for character in text) < _LEAST_LETTERS:
        return True
    if form is Form.HAIKU:
        return len(haiku_lines(text)) != _HAIKU_LINES
    said = [fold(sentence) for sentence in re.split(r"[.!?\n]+", text)]
    sentences = [sentence for sentence in said if len(sentence.split()) >= _HAIKU_LINES]
    return any(sentences.count(sentence) > _MOST_REPEATS for sentence in set(sentences))


def haiku_lines(text: str) -> list[str]:
    """Return the lines of a haiku; models also write it on one line with slashes."""
    lines = [line.strip(" \t/*_>-") for line in text.strip().splitlines()]
    lines = [line for line in lines if line]
    if len(lines) == 1:
        lines = [line.strip() for line in lines[0].split("/") if line.strip()]
    return lines


def can_stand(text: str, form: Form) -> bool:
    """Return whether a text that broke off says enough: a sentence ends after 80 characters."""
    if form is Form.HAIKU:
        return False
    return any(end.end() >= _LEAST_TO_STAND for end in _SENTENCE_END.finditer(text.strip()))


def unconfirmed_numbers(text: str, grounding: Grounding) -> tuple[str, ...]:
    """Return the numbers of a text that neither the facts nor the person's words hold.

    Numbers of one digit are not looked at, nor centuries; a decade is confirmed by a year in it.
    At most six, each once, as they are written.
    """
    known = _known_numbers(grounding)
    decades = {year[:3] for year in known if len(year) == _YEAR_DIGITS}
    text = _CENTURY.sub(" ", text)

    def confirmed(found: re.Match[str]) -> str:
        digits = found[1] or found[2]
        key = digits[:3] if len(digits) == _YEAR_DIGITS else f"19{digits[0]}"
        return " " if key in decades and digits.endswith("0") else found[0]

    text = _DECADE.sub(confirmed, text)
    numbers = [found[0] for found in _NUMBER.finditer(text)]
    missing = [number for number in numbers if _digits(number) not in known]
    return tuple(dict.fromkeys(missing))[:_MOST_NAMED]


def _known_numbers(grounding: Grounding) -> frozenset[str]:
    facts, words = grounding.facts, grounding.wish.words
    source = " ".join([*lines_of(facts), words.text if words else ""])
    numbers = {_digits(found[0]) for found in _NUMBER.finditer(source)}
    if isinstance(facts, AlbumFacts):
        numbers.add(str(len(facts.tracks)))
    return frozenset(numbers)


def _digits(number: str) -> str:
    return "".join(character for character in number if character.isdigit())
