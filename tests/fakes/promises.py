"""Late texts and late edits that only note what they are asked for."""

from dataclasses import dataclass, field

from services.delivery import DiscordUnavailable, LateEdit, MessagePlace
from services.descriptions.models import Form, Grounding


@dataclass
class FakePromises:
    """Promises whatever ``is_kept`` says.

    Attributes:
        promised: Where, and what kind of text, in order.
        superseded: The messages whose earlier texts are void.
    """

    is_kept: bool = True
    promised: list[tuple[MessagePlace, Form]] = field(default_factory=list)
    superseded: list[int] = field(default_factory=list)

    async def promise(
        self,
        place: MessagePlace,
        grounding: Grounding,
        *,
        user_id: int,
        retry_after: float | None = None,
    ) -> bool:
        del user_id, retry_after
        self.promised.append((place, grounding.wish.form))
        return self.is_kept

    async def supersede(self, message_id: int) -> None:
        self.superseded.append(message_id)


@dataclass
class FakeEditor:
    """Edits nothing.

    Attributes:
        outcomes: What the next edits come to; afterwards they are done.
        shown: What was shown, by number.
        expected: The places, by number; removed when superseded or edited.
    """

    outcomes: list[LateEdit | DiscordUnavailable] = field(default_factory=list)
    shown: list[tuple[int, object]] = field(default_factory=list)
    expected: dict[int, MessagePlace] = field(default_factory=dict)

    async def expect(self, place: MessagePlace) -> int:
        number = len(self.expected) + 1
        self.expected[number] = place
        return number

    async def supersede(self, message_id: int) -> None:
        self.expected = {
            number: place
            for number, place in self.expected.items()
            if place.message_id != message_id
        }

    async def is_expected(self, late_id: int) -> bool:
        return late_id in self.expected

    async def edit(self, late_id: int, content: object, *, is_last_word: bool = False) -> LateEdit:
        del is_last_word
        if late_id not in self.expected:
            return LateEdit.SUPERSEDED
        outcome = self.outcomes.pop(0) if self.outcomes else LateEdit.DONE
        if isinstance(outcome, DiscordUnavailable):
            raise outcome
        del self.expected[late_id]
        if outcome is LateEdit.DONE:
            self.shown.append((late_id, content))
        return outcome
