"""The faults an operator or a test can choose, and the switch that holds one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum, auto
from http import HTTPStatus


class FaultKind(StrEnum):
    """What goes wrong; the values are what an operator types.

    Before a CUT_BEFORE_BODY nothing is done; before a LOST_ANSWER everything is.
    """

    DELAY = auto()
    STATUS = auto()
    RATE_LIMIT = auto()
    CUT_BEFORE_BODY = auto()
    CUT_IN_BODY = auto()
    LOST_ANSWER = auto()
    MALFORMED_BODY = auto()
    WRONG_TYPE = auto()
    STALL = auto()
    NO_DONE = auto()
    QUIRK = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing going wrong.

    Attributes:
        kind: What goes wrong.
        seconds: Length of a DELAY or a STALL; a STALL of 0 lasts until the client leaves, a longer
            one goes on with the ordinary answer afterwards.
        status: Status answered by STATUS.
        retry_after: Retry-After header of RATE_LIMIT and STATUS, or None to leave it out.
        after: Streamed chunks that still arrive before the fault strikes; NO_DONE after 0 lets the
            whole text arrive.
        times: Requests it strikes, or None for every request until it is cleared.
        path_prefix: Only paths that start with this are struck.
        reason: Machine-readable reason for the upstreams that send one (`QUOTA_EXCEEDED`); the
            name of a QUIRK.
    """

    kind: FaultKind
    seconds: float = 0.0
    status: int = 500
    retry_after: str | None = None
    after: int = 0
    times: int | None = None
    path_prefix: str = ""
    reason: str | None = None


ErrorBody = Callable[[Fault], object]
"""Makes the JSON body of an error, in the upstream's own shape."""


class FaultSwitch:
    """Holds the fault that the next requests meet, or none."""

    def __init__(self) -> None:
        """Start without a fault."""
        self._current: Fault | None = None

    @property
    def current(self) -> Fault | None:
        """The fault still in force, with the strikes it has left."""
        return self._current

    def set(self, fault: Fault) -> None:
        """Put a fault in force, in place of the one before it."""
        self._current = fault

    def clear(self) -> None:
        """Answer normally again; requests already stalled stay stalled."""
        self._current = None

    def take(self, path: str) -> Fault | None:
        """Return the fault that strikes a request for this path, and count the strike."""
        fault = self._current
        if fault is None or not path.startswith(fault.path_prefix):
            return None
        if fault.times is not None:
            if fault.times <= 0:
                self._current = None
                return None
            left = fault.times - 1
            self._current = replace(fault, times=left) if left else None
        return fault


def status_of(fault: Fault) -> int:
    """Return the status that a STATUS or RATE_LIMIT fault answers with."""
    if fault.kind is FaultKind.RATE_LIMIT:
        return int(HTTPStatus.TOO_MANY_REQUESTS)
    return fault.status
