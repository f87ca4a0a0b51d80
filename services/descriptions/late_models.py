"""What a late text is about: the job that writes it, and what its message shows in the end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from services.descriptions.models import Facts, Form, Grounding, Target, UserWords, Wish
from services.euria.models import Subject
from services.jobs.kinds import JobKind
from services.storage.job_models import Priority


class WriteLater(msgspec.Struct, frozen=True, kw_only=True):
    """The job: what to write, for which message.

    Attributes:
        late_id: Of the message.
        user_id: Who asked.
        topic: Their words; empty for none.
        target: What they mean, as a button carries it.
        subject: Album or artist, where they said so.
        length: What kind of text.
        language: A code; earlier versions stored the English name.
        facts: What Discogs told.
        is_thin: It did not tell everything: it is asked again.
        asked_at: When (UTC).
        text: The text, once it is written.
        is_refused: The model will not write it, whenever it is asked.
    """

    late_id: int
    user_id: int
    topic: str = ""
    target: str = "w"
    subject: Subject | None = None
    length: Form = Form.SHORT
    language: str = "en"
    facts: Facts | None = None
    is_thin: bool = True
    asked_at: datetime
    text: str = ""
    is_refused: bool = False

    @property
    def wish(self) -> Wish:
        """Return what was asked for."""
        return Wish(
            words=UserWords(self.topic) if self.topic else None,
            target=Target.parse(self.target) or Target(),
            subject=self.subject,
            form=self.length,
            language=_OLD_LANGUAGES.get(self.language, self.language),
        )


_OLD_LANGUAGES: Final = {"English": "en", "French": "fr"}
WRITE_LATER: Final = JobKind(
    name="descriptions.write_later", payload=WriteLater, priority=Priority.BACKGROUND
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDescription:
    """What the message shows in the end.

    Attributes:
        grounding: What was asked for, and what Discogs knew.
        user_id: Who asked, and may have it written again.
        text: The whole text; empty when it was given up, or refused.
        asked_at: When it was asked for (UTC).
        is_refused: The model would not write it.
    """

    grounding: Grounding
    user_id: int
    text: str
    asked_at: datetime
    is_refused: bool = False
