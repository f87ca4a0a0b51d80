"""People and background work that use one policy in every way, and note what must not happen."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing, nullcontext
from dataclasses import dataclass, field

from fakes.clock import VirtualClock
from fakes.weather import StormyUpstream

from services.answers import Answer
from services.errors import ExternalServiceException
from services.resilience.auth import Grant, SharedCredential
from services.resilience.codec import Codec
from services.resilience.config import Call, StreamLimits
from services.resilience.policy import Policy
from services.resilience.priority import background
from services.resilience.rate_limiter import Allowance

LIMITS = StreamLimits(first=30.0, idle=30.0, whole=120.0)
SLACK_SECONDS = 0.05
_KEYS = 40
_CODEC: Codec[str] = Codec(str)
_EACH_SECONDS = (0.2, 2.0, 10.0, 60.0)  # between two calls, on average: busy, then quiet


@dataclass(kw_only=True)
class Crowd:
    """Asks and reads at random.

    Attributes:
        policy: What everybody goes through.
        upstream: What is behind it.
        granter: Who grants the credential that half of the calls need.
        streams: Whether texts are streamed as well.
        became: How many calls ended in which way.
        wrong: What must not happen, in words.
    """

    policy: Policy
    upstream: StormyUpstream
    granter: StormyUpstream
    clock: VirtualClock
    chance: random.Random
    streams: bool
    became: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._credential = SharedCredential(
            self.policy.config.upstream,
            lambda: self.granter.answer(Grant("token", 3_600)),
            clock=self.clock,
        )
        self._under_way: set[asyncio.Task[None]] = set()
        self._asked = 0

    async def come(self, seconds: float) -> None:
        """Ask for so long; who came last may still be waiting."""
        ends_at, each = self.clock.monotonic() + seconds, 1.0
        while self.clock.monotonic() < ends_at:
            if self.chance.random() < 1 / 50:
                each = self.chance.choice(_EACH_SECONDS)
            await self.clock.sleep(self.chance.expovariate(1 / each))
            _ = self.start_one()

    async def leave(self) -> None:
        """Wait until everybody is done."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    def start_one(self) -> asyncio.Task[None]:
        """Begin one call or stream."""
        reads = self.streams and self.chance.random() < 1 / 3
        task = asyncio.create_task(self._read() if reads else self._ask())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _ask(self) -> None:
        call, value = self._draw()
        is_work = self.chance.random() < 1 / 4
        gives_up = self.chance.random() < 1 / 10
        patience = self.chance.uniform(0.0, self.policy.config.deadline) if gives_up else 1e9
        began_at = self.clock.monotonic()
        try:
            with background() if is_work else nullcontext():
                async with self.clock.timeout_at(began_at + patience):
                    self._check_answer(await self.policy.call(call), value)
        except ExternalServiceException as error:
            self.became[type(error).__name__] += 1
        except TimeoutError:
            self.became["gave up"] += 1
        except Exception as error:  # noqa: BLE001  # that there is none is what is tested
            self.wrong.append(f"{call.operation} raised {error!r}")
        self.check_seconds(call.operation, began_at, min(patience, self.policy.config.deadline))

    def _draw(self) -> tuple[Call[str], str]:
        """Return a call of any kind, and what it must be answered with."""
        self._asked += 1
        number = self.chance.randrange(_KEYS)
        is_kept = self.chance.random() < 1 / 2
        value = f"answer {number}" if is_kept else f"question {self._asked}"
        learns = self.chance.random() < 1 / 4

        async def send() -> str:
            try:
                return await self.upstream.answer(value)
            finally:
                if learns:
                    self.policy.learn(self._rumour())

        call = Call(
            operation="kept" if is_kept else "asked",
            send=send,
            key=f"key {number}" if is_kept else None,
            codec=_CODEC if number % 2 else None,
            fresh=60.0,
            swr=120.0 if number % 3 else 0.0,
            stale=3_600.0,
            patience=3.0 if number % 5 else None,
            repeatable=self.chance.random() < 3 / 4,
            credential=self._credential if self.chance.random() < 1 / 2 else None,
        )
        return call, value

    def _rumour(self) -> Allowance:
        """Return what an upstream says about its window: true, old or nonsense."""
        number = self.chance.randint
        return Allowance(limit=number(-1, 100), used=number(-1, 100), remaining=number(-1, 100))

    async def _read(self) -> None:
        """Read a stream to its end, or leave it."""
        slot_at = began_at = self.clock.monotonic()

        def moved(place: int) -> None:
            nonlocal slot_at
            if place == 0:
                slot_at = self.clock.monotonic()

        def produce() -> AsyncGenerator[str, None]:
            return self.upstream.stream("once", "upon", "a", "time")

        leaves = self.chance.random() < 1 / 5
        try:
            items = self.policy.stream("read", produce, LIMITS, on_place=moved)
            async with aclosing(items):
                async for _ in items:
                    if leaves:
                        break
            self.became["read"] += 1
        except ExternalServiceException as error:
            self.became[type(error).__name__] += 1
        except Exception as error:  # noqa: BLE001  # as in _ask
            self.wrong.append(f"read raised {error!r}")
        self.check_seconds("read", max(began_at, slot_at), LIMITS.whole)

    def _check_answer(self, answer: Answer[str], value: str) -> None:
        self.became[answer.source] += 1
        if answer.value != value:
            self.wrong.append(f"{value!r} was answered with {answer.value!r}")

    def check_seconds(self, what: str, began_at: float, limit: float) -> None:
        """Note what took longer than it may."""
        seconds = self.clock.monotonic() - began_at
        if seconds > limit + SLACK_SECONDS:
            self.wrong.append(f"{what} took {seconds:.3f} s of {limit:.3f} s")
