"""How well a message was streamed: few edits, soon, never emptier than before."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.sandbox.discord.messages import Message

_WINDOW_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReport:
    """The life of one message in numbers; button labels do not count as text.

    Attributes:
        edits: Versions after the first.
        seconds_to_first_text: From creation to the first version with text; None without any.
        seconds_in_all: From creation to the last version.
        gaps: Seconds between one version and the next.
        worst_window: Most edits within any 5 seconds.
        empty_versions: Versions without text that are not a "thinking…".
        equal_versions: Versions that show exactly what the one before showed.
        grows: Whether no version has less text than the one before.
        rewrites: Versions whose text does not begin with the text before.
        final_text: The text of the last version.
    """

    edits: int
    seconds_to_first_text: float | None
    seconds_in_all: float
    gaps: tuple[float, ...]
    worst_window: int
    empty_versions: int
    equal_versions: int
    grows: bool
    rewrites: int
    final_text: str


def stream_report(message: Message) -> StreamReport:
    """Return the report of a message's versions so far."""
    versions = message.versions
    times = [version.at for version in versions]
    bodies = [version.body for version in versions]
    first_text = next((version.at for version in versions if version.body.strip()), None)
    return StreamReport(
        edits=len(versions) - 1,
        seconds_to_first_text=None if first_text is None else first_text - times[0],
        seconds_in_all=times[-1] - times[0],
        gaps=tuple(later - earlier for earlier, later in pairwise(times)),
        worst_window=_worst_window(times[1:]),
        empty_versions=sum(1 for v in versions if not v.body.strip() and not v.thinking),
        equal_versions=sum(
            (a.body, a.embeds, a.components, a.attachments)
            == (b.body, b.embeds, b.components, b.attachments)
            for a, b in pairwise(versions)
        ),
        grows=all(len(earlier) <= len(later) for earlier, later in pairwise(bodies)),
        rewrites=sum(not later.startswith(earlier) for earlier, later in pairwise(bodies)),
        final_text=bodies[-1],
    )


def _worst_window(times: Sequence[float]) -> int:
    return max(
        (sum(start <= time < start + _WINDOW_SECONDS for time in times) for start in times),
        default=0,
    )
