from fakes.calls import Script
from fakes.clock import VirtualClock, wall
from fakes.policies import easy_policy
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.errors import UpstreamServerError
from services.health import Condition, Health, UpstreamHealth
from services.resilience.policy import Policy

DOWN = UpstreamServerError("discogs", "search", 503)


def _health(
    clock: VirtualClock, *policies: Policy, missing: tuple[str, ...] = (), is_reduced: bool = False
) -> Health:
    return Health(
        policies={policy.config.upstream: policy for policy in policies},
        missing_settings={"discogs": missing},
        reduced=frozenset({"discogs"} if is_reduced else ()),
        clock=clock,
    )


async def _tripped(clock: VirtualClock) -> Policy:
    policy = easy_policy("discogs", clock, breaker_failures=1)
    await outcomes(policy.breaker.call_async(Script[str](DOWN)))
    return policy


@in_virtual_time
async def test_an_upstream_that_works_is_up(clock: VirtualClock) -> None:
    health = _health(clock, easy_policy("discogs", clock))

    assert health.upstreams() == [UpstreamHealth(name="discogs", condition=Condition.UP)]


@in_virtual_time
async def test_an_upstream_left_alone_is_down_until_it_is_asked_again(clock: VirtualClock) -> None:
    (upstream,) = _health(clock, await _tripped(clock)).upstreams()

    assert (upstream.condition, upstream.retry_at) == (Condition.DOWN, wall(60))


@in_virtual_time
async def test_an_upstream_isolated_by_hand_is_down_until_nobody_knows_when(
    clock: VirtualClock,
) -> None:
    policy = easy_policy("discogs", clock)
    policy.breaker.isolate()

    (upstream,) = _health(clock, policy).upstreams()

    assert (upstream.condition, upstream.retry_at) == (Condition.DOWN, None)


@in_virtual_time
async def test_an_upstream_that_may_be_asked_again_is_recovering(clock: VirtualClock) -> None:
    policy = await _tripped(clock)
    await clock.sleep(60)

    (upstream,) = _health(clock, policy).upstreams()

    assert (upstream.condition, upstream.retry_at) == (Condition.RECOVERING, None)


@in_virtual_time
async def test_an_upstream_without_its_keys_is_disabled(clock: VirtualClock) -> None:
    policy = easy_policy("discogs", clock)

    (upstream,) = _health(clock, policy, missing=("DISCOGS_TOKEN",)).upstreams()

    assert (upstream.condition, upstream.settings) == (Condition.DISABLED, ("DISCOGS_TOKEN",))


@in_virtual_time
async def test_an_upstream_that_does_something_without_its_keys_is_reduced(
    clock: VirtualClock,
) -> None:
    policy = easy_policy("discogs", clock)

    (upstream,) = _health(clock, policy, missing=("DISCOGS_TOKEN",), is_reduced=True).upstreams()

    assert upstream.condition is Condition.REDUCED


@in_virtual_time
async def test_every_upstream_is_told_in_the_order_of_the_policies(clock: VirtualClock) -> None:
    policies = [easy_policy(name, clock) for name in ("spotify", "discogs", "euria")]

    upstreams = _health(clock, *policies).upstreams()

    assert [upstream.name for upstream in upstreams] == ["spotify", "discogs", "euria"]


@in_virtual_time
async def test_waiting_calls_are_counted(clock: VirtualClock) -> None:
    policy = easy_policy("discogs", clock)
    async with policy.bulkhead.slot():
        await settle()

        assert _health(clock, policy).upstreams()[0].waiting == 0
