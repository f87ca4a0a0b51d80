"""The faults one can switch on from the page, by names that say what one will see."""

from dataclasses import dataclass
from typing import Final

from bot.sandbox.chat.views import Json
from bot.sandbox.euria import quirk
from bot.sandbox.faults import Fault, FaultKind, FaultSwitch
from bot.sandbox.sandbox import Sandbox

ALL_WELL: Final = "all well"
_SOMETHING_ELSE: Final = "something else"
_STREAMED_PIECES: Final = 8
_EDITS: Final = "/api/v10/webhooks/"


@dataclass(frozen=True, slots=True)
class Switch:
    """One fault with its name."""

    name: str
    fault: Fault


def _common(slow_seconds: float) -> tuple[Switch, ...]:
    return (
        Switch("down (connection reset)", Fault(kind=FaultKind.CUT_BEFORE_BODY)),
        Switch("429, try again in 60 s", Fault(kind=FaultKind.RATE_LIMIT, retry_after="60")),
        Switch("500", Fault(kind=FaultKind.STATUS, status=500)),
        Switch("503, maintenance page", Fault(kind=FaultKind.STATUS, status=503)),
        Switch(f"slow ({slow_seconds:g} s)", Fault(kind=FaultKind.DELAY, seconds=slow_seconds)),
        Switch("hangs", Fault(kind=FaultKind.STALL)),
        Switch("broken JSON", Fault(kind=FaultKind.MALFORMED_BODY)),
        Switch("HTML instead of JSON", Fault(kind=FaultKind.WRONG_TYPE)),
    )


_QUOTA: Final = Fault(
    kind=FaultKind.RATE_LIMIT, retry_after="48925", reason="QUOTA_EXCEEDED", path_prefix="/v1"
)


def _refusal(reason: str) -> Fault:
    return Fault(kind=FaultKind.STATUS, status=403, reason=reason, path_prefix="/v1")


def _odd(reason: str) -> Fault:
    return Fault(kind=FaultKind.QUIRK, reason=reason, path_prefix="/v1")


_SWITCHES: Final[dict[str, tuple[Switch, ...]]] = {
    "spotify": (
        *_common(4),
        Switch("429 for an hour", Fault(kind=FaultKind.RATE_LIMIT, retry_after="3600")),
        Switch("429, the day's quota is spent", _QUOTA),
        Switch("403, not on the allow-list", _refusal("not_registered")),
        Switch("403, scope not granted", _refusal("missing_scope")),
        Switch("403, endpoint removed", _refusal("forbidden")),
        Switch("403, the owner's Premium lapsed", _odd("premium_lapsed")),
        Switch("answers with holes", _odd("sparse")),
        Switch("401, token refused", Fault(kind=FaultKind.STATUS, status=401)),
        Switch("cut in mid-answer", Fault(kind=FaultKind.CUT_IN_BODY)),
    ),
    "discogs": (
        *_common(4),
        Switch("404", Fault(kind=FaultKind.STATUS, status=404)),
        Switch("cut in mid-answer", Fault(kind=FaultKind.CUT_IN_BODY)),
    ),
    "euria": (
        *_common(4),
        Switch("stalls in mid-stream", Fault(kind=FaultKind.STALL, after=_STREAMED_PIECES)),
        Switch("cut in mid-stream", Fault(kind=FaultKind.CUT_IN_BODY, after=_STREAMED_PIECES)),
        Switch("ends without a mark", Fault(kind=FaultKind.NO_DONE, after=_STREAMED_PIECES)),
        Switch("says stop, then hangs", quirk("hangs_at_end")),
        Switch("error before the first word", quirk("error_at_first")),
        Switch("error in mid-stream", quirk("error_in_mid_stream")),
        Switch("JSON instead of a stream", quirk("json_answer")),
        Switch("thinks in reasoning", quirk("reasoning")),
        Switch("thinks in reasoning_content", quirk("reasoning_content")),
        Switch("thinks in <think>", quirk("think_block")),
        Switch("thought without an end", quirk("think_unclosed")),
        Switch("thinking takes all the room", quirk("all_thought")),
        Switch("cut by its length", quirk("length")),
        Switch("cut by the content filter", quirk("content_filter")),
        Switch("withheld by the content filter", quirk("withheld")),
        Switch("refuses politely", quirk("refusal")),
        Switch("model retired", quirk("retired")),
        Switch("402, out of credit", Fault(kind=FaultKind.STATUS, status=402)),
    ),
    "discord": (
        Switch(
            "429 on edits",
            Fault(kind=FaultKind.RATE_LIMIT, retry_after="2", path_prefix=_EDITS),
        ),
        Switch("500 on edits", Fault(kind=FaultKind.STATUS, status=500, path_prefix=_EDITS)),
        Switch("slow (2 s)", Fault(kind=FaultKind.DELAY, seconds=2)),
    ),
}
_TITLES: Final = {
    "spotify": "Spotify",
    "discogs": "Discogs",
    "euria": "EurIA",
    "discord": "Discord",
}


class Switchboard:
    """Turns faults of a sandbox on and off by name."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Switch the stand-ins of `sandbox`."""
        self._faults: dict[str, FaultSwitch] = {
            "spotify": sandbox.spotify.faults,
            "discogs": sandbox.discogs.faults,
            "euria": sandbox.euria.faults,
            "discord": sandbox.discord.faults,
        }

    def turn(self, upstream: str, name: str) -> None:
        """Put a fault in force, or clear it with `ALL_WELL`.

        Raises:
            ValueError: There is no such stand-in or fault.
        """
        known = {switch.name: switch.fault for switch in _SWITCHES.get(upstream, ())}
        if upstream in self._faults and name == ALL_WELL:
            self._faults[upstream].clear()
        elif name in known:
            self._faults[upstream].set(known[name])
        else:
            message = f"{upstream!r} has no fault {name!r}; there are {sorted(known)}"
            raise ValueError(message)

    def clear(self) -> None:
        """Let everything be well."""
        for switch in self._faults.values():
            switch.clear()

    def choices(self) -> list[Json]:
        """Return every stand-in with the names of its faults."""
        return [
            {
                "upstream": upstream,
                "title": _TITLES[upstream],
                "faults": [ALL_WELL, *(switch.name for switch in switches)],
            }
            for upstream, switches in _SWITCHES.items()
        ]

    def current(self) -> dict[str, str]:
        """Return the name of each stand-in's fault."""
        return {upstream: self._name(upstream) for upstream in _SWITCHES}

    def _name(self, upstream: str) -> str:
        fault = self._faults[upstream].current
        if fault is None:
            return ALL_WELL
        names = [switch.name for switch in _SWITCHES[upstream] if switch.fault == fault]
        return names[0] if names else _SOMETHING_ELSE
