"""Chance without surprise."""

import random


class FixedChance(random.Random):
    """``uniform`` always lands at the same share of its range: 0 the lower end, 1 the upper."""

    def __init__(self, share: float = 0.0) -> None:
        super().__init__(0)
        self.share = share

    def uniform(self, a: float, b: float) -> float:
        return a + (b - a) * self.share


def seeded(seed: int) -> random.Random:
    """Return real chance that repeats itself."""
    return random.Random(seed)  # noqa: S311  # jitter, no secret
