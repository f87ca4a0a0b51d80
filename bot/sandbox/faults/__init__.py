"""Faults a stand-in can be told to show, as real effects on the socket.

A `FaultSwitch` holds at most one fault. `fault_middleware` asks it at each request and turns the
fault into what a client would see on the wire: a late answer, a gateway's page, a reset connection,
half a body, or silence. aiohttp's own client silently repeats a GET once when its connection is
reset before an answer, so a single `CUT_BEFORE_BODY` goes unnoticed there; two do not.
"""

from bot.sandbox.faults.model import ErrorBody, Fault, FaultKind, FaultSwitch, status_of
from bot.sandbox.faults.strikes import (
    FAULT_KEY,
    abort,
    client_is_there,
    fault_middleware,
    stay_silent,
    strike,
)

__all__ = [
    "FAULT_KEY",
    "ErrorBody",
    "Fault",
    "FaultKind",
    "FaultSwitch",
    "abort",
    "client_is_there",
    "fault_middleware",
    "status_of",
    "stay_silent",
    "strike",
]
