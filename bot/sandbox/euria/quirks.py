"""The oddities of real models that one can switch on like a fault, by name."""

from dataclasses import replace
from typing import Any, Final

from bot.sandbox.euria.behaviour import Behaviour
from bot.sandbox.faults import Fault, FaultKind

_PIECES: Final = 24
_MID_STREAM: Final = 8

QUIRKS: Final[dict[str, dict[str, Any]]] = {
    "reasoning": {"reasoning_pieces": _PIECES},
    "reasoning_content": {"reasoning_pieces": _PIECES, "reasoning_field": "reasoning_content"},
    "think_block": {"think_block": True},
    "think_unopened": {"think_block": True, "opens_think": False},
    "think_unclosed": {"think_block": True, "closes_think": False},
    "all_thought": {"reasoning_pieces": _PIECES, "thinking_tokens": 1_200},
    "error_at_first": {"error_after": 0},
    "error_in_mid_stream": {"error_after": _MID_STREAM},
    "json_answer": {"json_answer": True},
    "length": {"finish_reason": "length"},
    "content_filter": {"finish_reason": "content_filter"},
    "withheld": {"finish_reason": "content_filter", "withholds": True},
    "refusal": {"refuses": True},
    "hangs_at_end": {"hangs_at_end": True},
    "retired": {"is_retired": True},
}
"""What each name changes of the ordinary behaviour."""


def quirk(name: str) -> Fault:
    """Return the fault that lets a quirk show."""
    return Fault(kind=FaultKind.QUIRK, reason=name)


def with_quirk(behaviour: Behaviour, fault: Fault | None) -> Behaviour:
    """Return the behaviour towards one request."""
    if fault is None or fault.kind is not FaultKind.QUIRK:
        return behaviour
    return replace(behaviour, **QUIRKS[fault.reason or ""])
