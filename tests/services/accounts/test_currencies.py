"""In which currency somebody wants prices: asked once a day, never waited for."""

from collections.abc import Callable
from dataclasses import dataclass

from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time

from services.accounts.currencies import Currencies
from services.discogs.accounts import DiscogsAccount
from services.discogs.shelf_models import Profile
from services.errors import ServiceDown

ME = 42
DAY = 86_400.0


@dataclass
class FakeShelf:
    """A profile that may be slow, or not be had."""

    clock: VirtualClock
    currency: str | None = "CHF"
    seconds: float = 0.0
    is_down: bool = False
    asked: int = 0

    async def profile(self) -> Profile:
        self.asked += 1
        await self.clock.sleep(self.seconds)
        if self.is_down:
            raise ServiceDown("discogs", "get_profile", 503)
        return Profile(discogs_id=1, username="me", currency=self.currency)


class FakeAccounts:
    """One person has linked an account."""

    async def account(self, user_id: int) -> DiscogsAccount | None:
        return DiscogsAccount(user_id=user_id, username="me") if user_id == ME else None


def make(shelf: FakeShelf) -> Currencies:
    open_shelf: Callable[[DiscogsAccount], FakeShelf] = lambda _account: shelf  # noqa: E731  # a fake
    return Currencies(accounts=FakeAccounts(), open_shelf=open_shelf, clock=shelf.clock)


@in_virtual_time
async def test_currency_is_asked_for_once_a_day(clock: VirtualClock) -> None:
    shelf = FakeShelf(clock)
    currencies = make(shelf)

    answers = [await currencies.of(ME), await currencies.of(ME)]
    await clock.pass_time(DAY + 1)
    answers.append(await currencies.of(ME))

    assert answers == ["CHF"] * 3
    assert shelf.asked == 2


@in_virtual_time
async def test_profile_without_a_currency_is_not_asked_for_again(clock: VirtualClock) -> None:
    shelf = FakeShelf(clock, currency=None)
    currencies = make(shelf)

    assert [await currencies.of(ME), await currencies.of(ME)] == [None, None]
    assert shelf.asked == 1


@in_virtual_time
async def test_outage_is_asked_about_again(clock: VirtualClock) -> None:
    shelf = FakeShelf(clock, is_down=True)
    currencies = make(shelf)
    before = await currencies.of(ME)
    shelf.is_down = False

    assert (before, await currencies.of(ME)) == (None, "CHF")


@in_virtual_time
async def test_slow_profile_is_not_waited_for(clock: VirtualClock) -> None:
    currencies = make(FakeShelf(clock, seconds=30.0))

    answer = await currencies.of(ME)

    assert answer is None
    assert clock.elapsed == 2.0


@in_virtual_time
async def test_nobody_is_asked_about_somebody_without_an_account(clock: VirtualClock) -> None:
    shelf = FakeShelf(clock)

    assert await make(shelf).of(1) is None
    assert shelf.asked == 0
