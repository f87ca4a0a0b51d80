"""The state machine of a circuit breaker: who is admitted, and what each outcome changes.

* closed -> open after so many failures in a row, or when the share of failed or of slow calls in
  a moving window is too high, or until the instant named by a 429 that asks for a long wait;
* open -> half-open when ``open_remaining`` is 0: **one** probe at a time is admitted, everybody
  else is refused until it ends; a cancelled probe hands its place back, a hung one loses it;
* half-open -> closed once enough probes succeeded; -> open again, twice as long, on a failed one.

Nothing here awaits, so every step is atomic on the event loop. An admission carries its
generation, which ends with every opening, closing and new probe; outcomes of an older one change
nothing. Wall time appears only at the border: in ``restore`` and what ``on_penalty`` is told.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from circuitbreaker import STATE_CLOSED, STATE_HALF_OPEN, STATE_OPEN

from services.errors import (
    LONGEST_RETRY_AFTER_SECONDS,
    AskedToWait,
    CircuitOpen,
    OutOfCredit,
)
from services.resilience.breaker_rules import BreakerRules, RecentCalls, is_failure
from services.resilience.clock import Clock
from services.resilience.events import BreakerChanged, Events

_LOGGER = logging.getLogger(__name__)

OnPenalty = Callable[[str, datetime | None], None]
"""Told the upstream and until when it is left alone (UTC), or None once that no longer holds."""


@dataclass(slots=True)
class Admission:
    """A call that was let through.

    Attributes:
        generation: The one in which its outcome counts.
        sent_at: The monotonic instant from which its seconds count.
    """

    generation: int
    sent_at: float


class Circuit:
    """The state of one circuit; see ``UpstreamCircuitBreaker`` for what the arguments mean.

    Attributes:
        trips: How often it has opened since the start.
        generation: What began in an older one no longer counts.
        failures_in_a_row: Since the last success.
        on_penalty: Told of openings until a named instant; must return at once and not raise.
    """

    def __init__(
        self,
        upstream: str,
        *,
        failures: int,
        open_seconds: float,
        rules: BreakerRules,
        clock: Clock,
        chance: random.Random,
        events: Events,
    ) -> None:
        """Start closed."""
        self.trips = 0
        self.generation = 0
        self.failures_in_a_row = 0
        self.on_penalty: OnPenalty | None = None
        self._upstream = upstream
        self._failures = failures
        self._first_open_seconds = self._open_seconds = open_seconds
        self._rules = rules
        self._clock = clock
        self._chance = chance
        self._events = events
        self._recent = RecentCalls(rules)
        # Half-open begins with the first probe; until then it is "open, and its time is over".
        self._state: str = STATE_CLOSED
        self._reopens_at = 0.0
        self._probe_expires_at = 0.0
        self._good_probes = 0
        self._is_penalised = False
        self._was_asked = False

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half_open``, as of now."""
        if self._state == STATE_OPEN and self.open_remaining <= 0:
            return str(STATE_HALF_OPEN)
        return self._state

    @property
    def open_remaining(self) -> float:
        """Seconds until the next probe; 0 when closed or ready, infinity when isolated."""
        if self._state != STATE_OPEN:
            return 0.0
        return max(0.0, self._reopens_at - self._clock.monotonic())

    @property
    def is_refusing(self) -> bool:
        """True while a new call would be refused."""
        if self._state == STATE_HALF_OPEN:
            return self._clock.monotonic() < self._probe_expires_at
        return self.open_remaining > 0

    def admit(self) -> Admission:
        """Let a call through.

        Raises:
            CircuitOpen: Refused; ``retry_after`` says when a probe will be admitted.
        """
        if self._state != STATE_CLOSED:
            self._admit_probe()
        return Admission(self.generation, self._clock.monotonic())

    def start(self, admission: Admission) -> None:
        """Note that an admitted call is sent now: its seconds, and a probe's, count from here.

        Raises:
            CircuitOpen: The circuit has changed while the call waited, and refuses it now.
        """
        if admission.generation != self.generation:
            admission.generation = self.admit().generation
        admission.sent_at = self._clock.monotonic()
        if self._state == STATE_HALF_OPEN:
            self._probe_expires_at = admission.sent_at + self._rules.probe_seconds

    def settle(self, admission: Admission, error: BaseException | None) -> None:
        """Learn from the outcome of an admitted call; ``error`` is None for a success."""
        if admission.generation != self.generation:
            return
        self._probe_expires_at = 0.0
        if error is None:
            self._judge(admission, failed=False)
        elif (seconds := self._rules.penalty_seconds(error)) is not None:
            reason = "out of credit" if isinstance(error, OutOfCredit) else "rate limited"
            self._penalise(seconds, reason)
        elif is_failure(type(error), error):
            self._judge(admission, failed=True)

    def isolate(self) -> None:
        """Refuse every call until ``close``, whatever happens."""
        self._open(inf, "isolated")

    def close(self, reason: str = "closed by hand") -> None:
        """Close the circuit and forget everything, penalties included."""
        self._open_seconds = self._first_open_seconds
        self.failures_in_a_row = 0
        self._begin_generation()
        self._change(STATE_CLOSED, reason)
        if self._is_penalised:
            self._is_penalised = False
            self._tell_penalty(None)

    def restore(self, until: datetime) -> None:
        """Open until a wall time known from before a restart; nothing when it has passed."""
        seconds = (until - self._clock.now()).total_seconds()
        if seconds > 0:
            self._is_penalised = True
            self._open(min(seconds, LONGEST_RETRY_AFTER_SECONDS), "restored", was_asked=True)

    def _admit_probe(self) -> None:
        if self.is_refusing:
            raise self._refusal()
        if self._state == STATE_OPEN:
            self._change(STATE_HALF_OPEN, "open time over")
        # A generation of its own: an earlier probe that hung can no longer speak for this one.
        self.generation += 1
        self._probe_expires_at = self._clock.monotonic() + self._rules.probe_seconds

    def _refusal(self) -> CircuitOpen:
        seconds = self.open_remaining
        message = f"circuit open, next probe in {seconds:.0f} s"
        if not 0 < seconds < inf:
            # While a probe is out, or a hand holds the circuit, nobody knows when that ends.
            message, seconds = "circuit isolated" if seconds else "a probe is under way", 0.0
        kind = AskedToWait if self._was_asked else CircuitOpen
        return kind(self._upstream, "call", None, message, retry_after=seconds or None)

    def _penalise(self, seconds: float, reason: str) -> None:
        # No jitter: never earlier than asked, and who names an instant expects everybody then.
        self._is_penalised = True
        self._open(seconds, reason, was_asked=True)
        self._tell_penalty(self._clock.now() + timedelta(seconds=seconds))

    def _tell_penalty(self, until: datetime | None) -> None:
        if self.on_penalty is not None:
            self.on_penalty(self._upstream, until)

    def _judge(self, admission: Admission, *, failed: bool) -> None:
        now = self._clock.monotonic()
        is_slow = self._recent.is_slow(now - admission.sent_at)
        if self._state == STATE_HALF_OPEN:
            self._judge_probe(failed=failed, slow=is_slow)
        else:
            self._count(now, failed=failed, slow=is_slow)
        if self._state == STATE_CLOSED:
            # What else becomes of the call whose probe closed the circuit counts from now on.
            admission.generation = self.generation

    def _judge_probe(self, *, failed: bool, slow: bool) -> None:
        if failed or slow:
            self._open_seconds = min(self._open_seconds * 2, self._rules.longest_open)
            self._open(self._spread(self._open_seconds), "failed probe" if failed else "slow probe")
            return
        self._good_probes += 1
        if self._good_probes >= self._rules.probes_needed:
            self.close("probe succeeded")

    def _count(self, now: float, *, failed: bool, slow: bool) -> None:
        self._recent.add(now, failed=failed, slow=slow)
        self.failures_in_a_row = self.failures_in_a_row + 1 if failed else 0
        if not (failed or slow):
            return  # good news never opens a circuit
        in_a_row = self.failures_in_a_row >= self._failures
        reason = "failures in a row" if in_a_row else self._recent.verdict()
        if reason is not None:
            self._open(self._spread(self._open_seconds), reason)

    def _spread(self, seconds: float) -> float:
        size = self._chance.uniform(0.0, self._rules.jitter)
        return seconds * (1.0 + self._chance.choice((-size, size)))

    def _open(self, seconds: float, reason: str, *, was_asked: bool = False) -> None:
        self._was_asked = was_asked
        self.trips += 1
        self._reopens_at = self._clock.monotonic() + seconds
        self._begin_generation()
        self._change(STATE_OPEN, reason, seconds)

    def _begin_generation(self) -> None:
        self.generation += 1
        self._probe_expires_at = 0.0
        self._good_probes = 0
        self._recent.clear()

    def _change(self, after: str, reason: str, seconds: float = 0.0) -> None:
        before, self._state = self._state, after
        if before == after == STATE_CLOSED:
            return  # closed by hand just in case; to open again is news, for its new time
        duration = f" for {seconds:.0f} s" if after == STATE_OPEN else ""
        _LOGGER.warning("%s: circuit %s%s (%s)", self._upstream, after, duration, reason)
        if self._events:
            event = BreakerChanged(
                upstream=self._upstream,
                before=before,
                after=after,
                reason=reason,
                open_seconds=seconds,
            )
            self._events.emit(event)
