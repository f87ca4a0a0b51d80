"""``Preferences``: what a person lets others see. Without a decision, nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """What one person has decided; ``shows_value``: others may see what their records are worth."""

    shows_value: bool = False


class Preferences:
    """Keeps what people decide until the bot ends; the branch of sharing keeps it for good."""

    def __init__(self) -> None:
        """Know no decision."""
        self._value_shown: set[int] = set()

    async def get(self, user_id: int) -> Preference:
        """Return what the person has decided."""
        return Preference(shows_value=user_id in self._value_shown)

    async def set_value_shown(self, user_id: int, on: bool) -> None:  # noqa: FBT001  # says itself
        """Let others see what the collection is worth, or no longer."""
        (self._value_shown.add if on else self._value_shown.discard)(user_id)
