"""Behaviours 48 and 49: rejected credentials under a whole policy."""

import pytest
from fakes.calls import Script
from fakes.chance import FixedChance
from fakes.clock import VirtualClock
from fakes.virtual_time import START, in_virtual_time, outcomes

from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    ExternalServiceException,
    InvalidResponse,
    RateLimitExceeded,
    UpstreamServerError,
)
from services.resilience.auth import Grant, SharedCredential
from services.resilience.clock import SystemClock
from services.resilience.config import Call, PolicyConfig
from services.resilience.policy import Policy
from services.resilience.rate_limiter import Rate
from services.resilience.retry import Backoff

_TIME = SystemClock()


class _Api:
    """Accepts one token; each call takes as long as it is told to.

    Attributes:
        accepted: The token that is valid now.
        rejected: How many calls came with another one.
        sent_at: The loop's time of each call that came with a token.
    """

    def __init__(self, credential: SharedCredential[str], accepted: str) -> None:
        self._credential = credential
        self.accepted = accepted
        self.rejected = 0
        self.sent_at: list[float] = []

    async def get(self, takes: float) -> str:
        token = await self._credential.get()
        self.sent_at.append(_TIME.monotonic() - START)
        await _TIME.sleep(takes)
        if token != self.accepted:
            self.rejected += 1
            raise AuthenticationFailed("spotify", "search", 401)
        return "found"


def _policy(
    clock: VirtualClock, *, rate: Rate | None = None, daily_requests: int | None = None
) -> Policy:
    config = PolicyConfig(
        upstream="spotify",
        deadline=30,
        attempt_timeout=10,
        concurrency=1_000,
        queue=1_000,
        rate=rate,
        daily_requests=daily_requests,
        backoff=Backoff(attempts=3),
        breaker_failures=1,
    )
    return Policy(config, clock=clock, chance=FixedChance(0.0))


def _credential(
    clock: VirtualClock, *outcomes: Grant[str] | Exception
) -> tuple[SharedCredential[str], Script[Grant[str]]]:
    fetch = Script(*outcomes, takes=0.5)
    return SharedCredential("spotify", fetch, clock=clock), fetch


def _call(api: _Api, credential: SharedCredential[str], *, takes: float = 1) -> Call[str]:
    return Call(operation="search", send=lambda: api.get(takes), credential=credential)


FIRST, SECOND = Grant("token-1", 3_600), Grant("token-2", 3_600)


@in_virtual_time
async def test_a_hundred_concurrent_rejections_cause_one_renewal(clock: VirtualClock) -> None:
    credential, fetch = _credential(clock, FIRST, SECOND)
    api, policy = _Api(credential, accepted="token-2"), _policy(clock)

    answers = await outcomes(*(policy.call(_call(api, credential)) for _ in range(100)))

    assert [getattr(answer, "value", answer) for answer in answers] == ["found"] * 100
    assert (api.rejected, fetch.calls) == (100, 2)


@in_virtual_time
async def test_a_rejection_that_arrives_after_the_renewal_renews_nothing(
    clock: VirtualClock,
) -> None:
    credential, fetch = _credential(clock, FIRST, SECOND)
    api, policy = _Api(credential, accepted="token-2"), _policy(clock)

    answers = await outcomes(
        *(policy.call(_call(api, credential, takes=takes)) for takes in (1, 3, 9.5))
    )

    assert [getattr(answer, "value", answer) for answer in answers] == ["found"] * 3
    assert (api.rejected, fetch.calls) == (3, 2)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(UpstreamServerError("spotify", "fetch_token", 503), id="down"),
        pytest.param(InvalidResponse("spotify", "fetch_token"), id="unreadable"),
        pytest.param(RateLimitExceeded("spotify", "fetch_token", retry_after=6), id="long 429"),
    ],
)
@in_virtual_time
async def test_an_outage_of_whoever_grants_credentials_opens_the_circuit_and_is_not_looped(
    clock: VirtualClock, failure: ExternalServiceException
) -> None:
    credential, fetch = _credential(clock, FIRST, failure)
    api, policy = _Api(credential, accepted="token-2"), _policy(clock)

    await outcomes(*(policy.call(_call(api, credential)) for _ in range(100)))

    assert (fetch.calls, policy.breaker.state) == (2, "open")


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(AccessDenied("spotify", "fetch_token", 400), id="invalid grant"),
        pytest.param(AuthenticationFailed("spotify", "fetch_token", 401), id="rejected"),
        pytest.param(RateLimitExceeded("spotify", "fetch_token", retry_after=5), id="short 429"),
    ],
)
@in_virtual_time
async def test_a_renewal_that_fails_is_not_looped_and_neutral_to_the_breaker(
    clock: VirtualClock, failure: ExternalServiceException
) -> None:
    credential, fetch = _credential(clock, FIRST, failure)
    api, policy = _Api(credential, accepted="token-2"), _policy(clock)

    first = await outcomes(*(policy.call(_call(api, credential)) for _ in range(100)))
    second = await outcomes(*(policy.call(_call(api, credential)) for _ in range(100)))

    assert {type(error) for error in (*first, *second)} == {type(failure)}
    assert (fetch.calls, policy.breaker.state) == (2, "closed")


@in_virtual_time
async def test_a_first_fetch_that_meets_an_outage_opens_the_circuit_and_sends_nothing(
    clock: VirtualClock,
) -> None:
    down = UpstreamServerError("spotify", "fetch_token", 503)
    credential, fetch = _credential(clock, down)
    api, policy = _Api(credential, accepted="token-1"), _policy(clock)

    errors = await outcomes(*(policy.call(_call(api, credential)) for _ in range(100)))

    assert errors == [down] * 100
    assert (fetch.calls, api.rejected, policy.breaker.state) == (1, 0, "open")


@in_virtual_time
async def test_a_replay_waits_for_a_permit_of_its_own_and_counts_for_the_day(
    clock: VirtualClock,
) -> None:
    credential, _ = _credential(clock, FIRST, SECOND)
    api = _Api(credential, accepted="token-2")
    policy = _policy(clock, rate=Rate(permits=1, window=8.0), daily_requests=10)

    await policy.call(_call(api, credential))

    assert policy.quota is not None
    assert (api.sent_at, policy.quota.used) == ([0.5, 8.5], 2)


@in_virtual_time
async def test_calls_that_waited_for_a_credential_are_not_sent_all_at_once(
    clock: VirtualClock,
) -> None:
    credential, _ = _credential(clock, FIRST)
    api = _Api(credential, accepted="token-1")
    policy = _policy(clock, rate=Rate(permits=10, window=10.0, spacing=0.25))

    await outcomes(*(policy.call(_call(api, credential)) for _ in range(3)))

    assert api.sent_at == [0.5, 0.75, 1.0]


@in_virtual_time
async def test_a_failed_renewal_is_reported_with_its_own_cause(clock: VirtualClock) -> None:
    down = UpstreamServerError("spotify", "fetch_token", 503)
    down.__cause__ = OSError("refused")
    credential, _ = _credential(clock, down)

    with pytest.raises(UpstreamServerError) as caught:
        await _policy(clock).call(_call(_Api(credential, accepted=""), credential))

    assert isinstance(caught.value.__cause__, OSError)


@in_virtual_time
async def test_a_credential_that_is_always_rejected_ends_in_authentication_failed(
    clock: VirtualClock,
) -> None:
    credential, fetch = _credential(clock, FIRST)
    api, policy = _Api(credential, accepted="never"), _policy(clock)

    first = await outcomes(policy.call(_call(api, credential)))
    second = await outcomes(policy.call(_call(api, credential)))

    assert [type(error) for error in (*first, *second)] == [AuthenticationFailed] * 2
    # Twice with a replay in between, then once: the replacement is 1 s old and was rejected.
    assert (api.rejected, fetch.calls, policy.breaker.state) == (3, 2, "closed")
