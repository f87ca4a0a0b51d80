"""Amounts as Discogs writes them: ``£1,234.50``, ``1.234,50 €``, ``CHF 12``. No I/O."""

import re
from decimal import Decimal
from typing import Final

import msgspec

_AMOUNT: Final = re.compile(r"(\D*?)(\d(?:[\d.,'’ \u00a0\u202f]*\d)?)(\D*)")
_MOST_DIGITS: Final = 15
_PART_DIGITS: Final = 2


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """An amount, and what stands around it.

    Attributes:
        amount: 0 or more.
        before: The currency's sign where it comes first, with its space.
        after: Where it comes last, likewise.
    """

    amount: Decimal
    before: str = ""
    after: str = ""

    def is_comparable(self, other: "Money") -> bool:
        """Tell whether both are of one currency."""
        return (self.before.strip(), self.after.strip()) == (
            other.before.strip(),
            other.after.strip(),
        )


def parse_money(text: str) -> Money | None:
    """Return the amount, or None for anything that is not plainly one.

    Only one or two digits after the last point or comma are a part of a unit: Discogs groups
    thousands, and no currency that it knows has three decimals.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or "-" in found[1]:
        return None
    before, digits, after = found.groups()
    whole, point, part = _split(digits)
    if len(part) > _PART_DIGITS:
        whole, point, part = digits, "", ""
    if point and point in whole:  # such as 1.234.50
        return None
    number = re.sub(r"\D", "", whole)
    if len(number) > _MOST_DIGITS:
        return None
    return Money(amount=Decimal(f"{number}.{part or 0}"), before=before, after=after)


def _split(digits: str) -> tuple[str, str, str]:
    place = max(digits.rfind("."), digits.rfind(","))
    if place < 0:
        return digits, "", ""
    return digits[:place], digits[place], digits[place + 1 :]
