import asyncio
from math import inf

import pytest
from fakes.calls import Script
from fakes.clock import VirtualClock
from fakes.credentials import FakeCredential
from fakes.virtual_time import in_virtual_time, outcomes, settle

from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    ExternalServiceException,
    UpstreamServerError,
    UpstreamTimeout,
)
from services.resilience.auth import Grant, RenewalFailed, SharedCredential, authorized
from services.resilience.deadline import deadline, remaining

REJECTED = AuthenticationFailed("spotify", "search", 401)
DENIED = AccessDenied("spotify", "fetch_token", 400)


def _grants(seconds: float = 3_600) -> tuple[Grant[str], ...]:
    return tuple(Grant(f"token-{number}", seconds) for number in range(1, 9))


def _credential(clock: VirtualClock, fetch: Script[Grant[str]]) -> SharedCredential[str]:
    return SharedCredential("spotify", fetch, clock=clock)


# Keeping one credential


@in_virtual_time
async def test_a_credential_is_fetched_when_it_is_first_needed(clock: VirtualClock) -> None:
    fetch = Script(*_grants())
    credential = _credential(clock, fetch)
    before = (fetch.calls, credential.generation)

    values = [await credential.get() for _ in range(3)]

    assert (before, values) == ((0, 0), ["token-1"] * 3)
    assert (fetch.calls, credential.generation) == (1, 1)


@pytest.mark.parametrize(("age", "value"), [(59.9, "token-1"), (60, "token-2")])
@in_virtual_time
async def test_a_credential_is_used_for_as_long_as_it_was_granted(
    clock: VirtualClock, age: float, value: str
) -> None:
    credential = _credential(clock, Script(*_grants(seconds=60)))
    await credential.get()

    await clock.sleep(age)

    assert await credential.get() == value


@in_virtual_time
async def test_a_grant_counts_from_its_arrival(clock: VirtualClock) -> None:
    credential = _credential(clock, Script(*_grants(seconds=60), takes=5))
    await credential.get()

    await clock.sleep(59.9)

    assert await credential.get() == "token-1"


@in_virtual_time
async def test_a_hundred_askers_cause_one_fetch(clock: VirtualClock) -> None:
    fetch = Script(*_grants(), takes=1)
    credential = _credential(clock, fetch)

    values = await outcomes(*(credential.get() for _ in range(100)))

    assert (fetch.calls, values) == (1, ["token-1"] * 100)


@in_virtual_time
async def test_a_fetch_is_carried_through_when_everybody_has_left(clock: VirtualClock) -> None:
    # An upstream that rotates credentials has then invalidated the one we had.
    fetch = Script(*_grants(), takes=2)
    credential = _credential(clock, fetch)
    asker = asyncio.create_task(credential.get())
    await clock.sleep(1)
    asker.cancel()
    await clock.sleep(1)
    await settle()

    assert (asker.cancelled(), fetch.calls, credential.generation) == (True, 1, 1)


@in_virtual_time
async def test_a_fetch_does_not_run_under_the_first_askers_deadline(clock: VirtualClock) -> None:
    left: list[float] = []

    async def fetch() -> Grant[str]:
        left.append(remaining(clock))
        return Grant("token-1", 60)

    credential = SharedCredential("spotify", fetch, clock=clock)
    async with deadline(clock, 1, expired=RuntimeError):
        await credential.get()

    assert left == [inf]


@in_virtual_time
async def test_a_fetch_that_hangs_is_a_timeout_after_ten_seconds(clock: VirtualClock) -> None:
    credential = _credential(clock, Script(*_grants(), takes=60))

    with pytest.raises(UpstreamTimeout) as caught:
        await credential.get()

    assert str(caught.value) == "spotify.fetch: no credential within 10 s"
    assert clock.elapsed == 10


# Renewing


@in_virtual_time
async def test_a_hundred_rejections_of_one_generation_cause_one_renewal(
    clock: VirtualClock,
) -> None:
    fetch = Script(*_grants(), takes=1)
    credential = _credential(clock, fetch)
    generation = await credential.obtain()

    renewed = await outcomes(*(credential.renew(generation) for _ in range(100)))

    assert (renewed, fetch.calls, credential.generation) == ([True] * 100, 2, 2)


@in_virtual_time
async def test_a_rejection_of_an_older_generation_renews_nothing(clock: VirtualClock) -> None:
    fetch = Script(*_grants())
    credential = _credential(clock, fetch)
    old = await credential.obtain()
    await credential.renew(old)
    await clock.sleep(60)

    assert await credential.renew(old)
    assert (fetch.calls, await credential.get()) == (2, "token-2")


@pytest.mark.parametrize(
    ("later", "is_worth_it", "fetches"), [(4.9, False, 2), (5, True, 3)], ids=["soon", "later"]
)
@in_virtual_time
async def test_the_replacement_of_a_rejected_credential_is_not_renewed_within_five_seconds(
    clock: VirtualClock, later: float, *, is_worth_it: bool, fetches: int
) -> None:
    fetch = Script(*_grants())
    credential = _credential(clock, fetch)
    await credential.renew(await credential.obtain())
    await clock.sleep(later)

    assert await credential.renew(credential.generation) is is_worth_it
    assert fetch.calls == fetches


@in_virtual_time
async def test_a_credential_with_the_same_text_as_the_rejected_one_is_a_new_generation(
    clock: VirtualClock,
) -> None:
    credential = _credential(clock, Script(Grant("same", 60)))
    first = await credential.obtain()
    await credential.renew(first)

    assert await credential.obtain() == first + 1


# Behaviour 49: a renewal that fails is not looped


@pytest.mark.parametrize(
    "error",
    [DENIED, UpstreamServerError("spotify", "fetch_token", 503)],
    ids=["refused", "down"],
)
@in_virtual_time
async def test_a_failed_fetch_is_not_repeated_for_five_seconds(
    clock: VirtualClock, error: ExternalServiceException
) -> None:
    fetch = Script(error, *_grants())
    credential = _credential(clock, fetch)
    first = await outcomes(*(credential.get() for _ in range(100)))
    await clock.sleep(4.9)
    second = await outcomes(*(credential.get() for _ in range(100)))
    fetches = fetch.calls
    await clock.sleep(0.1)

    assert {(type(e), str(e)) for e in (*first, *second)} == {(type(error), str(error))}
    assert (fetches, await credential.get()) == (1, "token-1")


@in_virtual_time
async def test_a_fetch_that_hung_is_not_repeated_for_five_seconds(clock: VirtualClock) -> None:
    fetch = Script(*_grants(), takes=60)
    credential = _credential(clock, fetch)
    await outcomes(credential.get())

    again = await outcomes(credential.get())

    assert (fetch.calls, type(again[0]), clock.elapsed) == (1, UpstreamTimeout, 10)


@in_virtual_time
async def test_a_failed_renewal_keeps_the_generation(clock: VirtualClock) -> None:
    credential = _credential(clock, Script(*_grants()[:1], DENIED))
    generation = await credential.obtain()

    failed = await outcomes(credential.renew(generation), credential.renew(generation))

    assert ([type(error) for error in failed], credential.generation) == ([AccessDenied] * 2, 1)


# Sending with a credential


@in_virtual_time
async def test_a_call_that_is_accepted_is_sent_once(clock: VirtualClock) -> None:
    send, renew = Script("found"), Script(None)

    assert await authorized(FakeCredential(renew), send) == "found"
    assert (send.calls, renew.calls, clock.elapsed) == (1, 0, 0)


@in_virtual_time
async def test_a_rejected_call_is_replayed_once_after_one_renewal() -> None:
    send, renew = Script(REJECTED, "found"), Script(None)

    assert await authorized(FakeCredential(renew), send) == "found"
    assert (send.calls, renew.calls) == (2, 1)


@in_virtual_time
async def test_a_second_rejection_is_final() -> None:
    send, renew = Script[str](REJECTED), Script(None)

    with pytest.raises(AuthenticationFailed) as caught:
        await authorized(FakeCredential(renew), send)

    assert (caught.value, send.calls, renew.calls) == (REJECTED, 2, 1)


@in_virtual_time
async def test_a_refusal_renews_nothing() -> None:
    send, renew = Script[str](AccessDenied("spotify", "search", 403)), Script(None)

    with pytest.raises(AccessDenied):
        await authorized(FakeCredential(renew), send)

    assert (send.calls, renew.calls) == (1, 0)


@in_virtual_time
async def test_a_call_is_not_replayed_with_a_replacement_that_is_rejected_too(
    clock: VirtualClock,
) -> None:
    credential, send = _credential(clock, Script(*_grants())), Script[str](REJECTED)
    await outcomes(authorized(credential, send))

    with pytest.raises(AuthenticationFailed):
        await authorized(credential, send)

    assert (send.calls, credential.generation) == (3, 2)


@in_virtual_time
async def test_the_limits_of_a_credential_can_be_set(clock: VirtualClock) -> None:
    fetch = Script(*_grants(), takes=60)
    credential = SharedCredential("discogs", fetch, clock=clock, fetch_seconds=2, cooldown=1)
    errors = await outcomes(credential.get(), credential.get())
    await clock.sleep(0.9)
    errors += await outcomes(credential.get())
    calls = fetch.calls
    await clock.sleep(0.1)
    errors += await outcomes(credential.get())

    assert {str(error) for error in errors} == {"discogs.fetch: no credential within 2 s"}
    assert (calls, fetch.calls, clock.elapsed) == (1, 2, 5)


@in_virtual_time
async def test_without_a_credential_nothing_is_sent(clock: VirtualClock) -> None:
    credential, send = _credential(clock, Script[Grant[str]](DENIED)), Script("found")

    with pytest.raises(RenewalFailed) as caught:
        await authorized(credential, send)

    assert (caught.value.error, send.calls) == (DENIED, 0)


@in_virtual_time
async def test_a_failed_renewal_is_told_apart_from_a_failed_call(clock: VirtualClock) -> None:
    down = UpstreamServerError("spotify", "fetch_token", 503)
    credential = _credential(clock, Script(*_grants()[:1], down))
    send = Script[str](REJECTED)

    with pytest.raises(RenewalFailed) as caught:
        await authorized(credential, send)

    assert (caught.value.error, send.calls) == (down, 1)


@in_virtual_time
async def test_a_failed_call_is_not_a_failed_renewal(clock: VirtualClock) -> None:
    down = UpstreamServerError("spotify", "search", 503)

    with pytest.raises(UpstreamServerError):
        await authorized(_credential(clock, Script(*_grants())), Script[str](down))
