"""Answers a request for JSON picks from a numbered list, as a model bound to a schema does."""

import json
import re
from typing import Final

from bot.sandbox.catalogue.model import stable_number

_ROW: Final = re.compile(r"(?m)^(\d+)\. (.+?) \(")
_FRENCH: Final = re.compile(r"\bfrançais\b")
_MOST_PICKS: Final = 3
_REASONS: Final = {
    "en": ("It breathes slowly.", "Warm from the first bar.", "It leaves room to think."),
    "fr": ("Il respire lentement.", "Chaleureux dès la première mesure.", "Il laisse rêver."),
}


def compose_picks(prompt: str, variation: int = 0) -> str:
    """Return up to three of the numbered rows of a prompt as JSON; the same ones each time."""
    numbers = [int(row[0]) for row in _ROW.findall(prompt)]
    reasons = _REASONS["fr" if _FRENCH.search(prompt) else "en"]
    start = stable_number(f"{prompt}:{variation}", len(numbers)) if numbers else 0
    chosen = [*numbers[start:], *numbers[:start]][:_MOST_PICKS]
    picks = [
        {"number": number, "reason": reason}
        for number, reason in zip(chosen, reasons, strict=False)
    ]
    return json.dumps({"picks": picks}, ensure_ascii=False)
