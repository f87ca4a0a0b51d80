"""Any sequence of calls, outcomes, waits and hands, against a plain model of the rules."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf

from fakes.chance import FixedChance
from fakes.clock import WALL_START
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.errors import CircuitOpen, NotFound, RateLimitExceeded, UpstreamTimeout
from services.resilience._circuit import Admission, Circuit
from services.resilience.breaker_rules import BreakerRules
from services.resilience.clock import SystemClock
from services.resilience.events import Events

RULES = BreakerRules(
    window=10,
    least_calls=4,
    failure_rate=0.5,
    longest_open=20,
    jitter=0,
    probes_needed=2,
    probe_seconds=7,
)
FAILURES = 3
OPEN_SECONDS = 5.0
OUTCOMES: dict[str, Exception | None] = {
    "success": None,
    "failure": UpstreamTimeout("discogs", "search"),
    "neutral": NotFound("discogs", "search"),
    "penalty": RateLimitExceeded("discogs", "search", retry_after=30),
}


class _HandClock(SystemClock):
    """Moves when told; whole seconds, so that no comparison depends on rounding."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return WALL_START + timedelta(seconds=self.seconds)


@dataclass
class _Model:
    """The rules once more, as plainly as possible: who may still speak, and since when."""

    now: float = 1_000.0
    state: str = "closed"
    reopens_at: float = 0.0
    open_seconds: float = OPEN_SECONDS
    in_a_row: int = 0
    good_probes: int = 0
    calls: list[tuple[float, bool]] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)
    probe_until: float | None = None

    def move(self, seconds: float) -> None:
        self.now += seconds
        if self.state == "open" and self.now >= self.reopens_at:
            self.state = "half_open"

    @property
    def admits(self) -> bool:
        if self.state == "half_open":
            return self.probe_until is None or self.now >= self.probe_until
        return self.state == "closed"

    def admit(self, number: int) -> None:
        if self.state == "half_open":
            self.heard = []
            self.probe_until = self.now + 7
        self.heard.append(number)

    def settle(self, number: int, outcome: str) -> None:
        if number not in self.heard:
            return
        self.heard.remove(number)
        self.probe_until = None
        if outcome == "penalty":
            self.open(30)
        elif outcome != "neutral":
            self.judge(failed=outcome == "failure")

    def judge(self, *, failed: bool) -> None:
        if self.state == "half_open":
            if failed:
                self.open_seconds = min(20, self.open_seconds * 2)
                self.open(self.open_seconds)
                return
            self.good_probes += 1
            if self.good_probes == 2:
                self.close()
            return
        self.calls.append((self.now, failed))
        recent = [bad for at, bad in self.calls if self.now - at < 10]
        self.in_a_row = self.in_a_row + 1 if failed else 0
        too_many = len(recent) >= 4 and 2 * sum(recent) >= len(recent)
        if failed and (self.in_a_row >= 3 or too_many):
            self.open(self.open_seconds)

    def open(self, seconds: float) -> None:
        self.state, self.reopens_at = "open", self.now + seconds
        self.forget()

    def close(self) -> None:
        self.state, self.open_seconds, self.in_a_row = "closed", OPEN_SECONDS, 0
        self.forget()

    def forget(self) -> None:
        self.calls, self.heard, self.good_probes, self.probe_until = [], [], 0, None


class CircuitMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = _HandClock()
        self.model = _Model()
        self.circuit = Circuit(
            "discogs",
            failures=FAILURES,
            open_seconds=OPEN_SECONDS,
            rules=RULES,
            clock=self.clock,
            chance=FixedChance(0.0),
            events=Events(),
        )
        self.under_way: dict[int, Admission] = {}
        self.admitted = 0

    @rule(seconds=st.sampled_from([1, 2, 5, 7, 10, 20, 30]))
    def wait(self, seconds: int) -> None:
        self.clock.seconds += seconds
        self.model.move(seconds)

    @rule()
    def ask(self) -> None:
        self._ask()

    @rule(outcome=st.sampled_from(["success", "failure", "failure", "neutral", "penalty"]))
    def call(self, outcome: str) -> None:
        number = self._ask()
        if number is not None:
            self._end(number, outcome)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), outcome=st.sampled_from(sorted(OUTCOMES)))
    def end(self, data: st.DataObject, outcome: str) -> None:
        self._end(data.draw(st.sampled_from(sorted(self.under_way))), outcome)

    @rule()
    def isolate(self) -> None:
        self.circuit.isolate()
        self.model.open(inf)

    @rule()
    def close(self) -> None:
        self.circuit.close()
        self.model.close()

    @invariant()
    def agrees(self) -> None:
        model, circuit = self.model, self.circuit
        remaining = model.reopens_at - model.now if model.state == "open" else 0

        assert circuit.state == model.state
        assert circuit.open_remaining == remaining
        assert circuit.is_refusing is not model.admits

    def _ask(self) -> int | None:
        expected = self.model.admits
        try:
            admission = self.circuit.admit()
        except CircuitOpen:
            assert not expected
            return None
        assert expected
        self.admitted += 1
        self.under_way[self.admitted] = admission
        self.model.admit(self.admitted)
        return self.admitted

    def _end(self, number: int, outcome: str) -> None:
        self.circuit.settle(self.under_way.pop(number), OUTCOMES[outcome])
        self.model.settle(number, outcome)


CircuitMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_circuit_does_what_the_model_does = CircuitMachine.TestCase
