"""What people let others see, on both databases."""

from fakes.clock import WALL_START
from harness.collections import HandClock

from services.accounts.preferences import Preference, Preferences
from services.storage.database import Database

ME, OTHER = 42, 99


async def test_nobody_shows_anything_until_they_say_so(database: Database) -> None:
    assert await Preferences(database, clock=HandClock()).get(ME) == Preference()


async def test_sharing_counts_from_the_first_yes_and_only_for_who_said_it(
    database: Database,
) -> None:
    clock = HandClock()
    preferences = Preferences(database, clock=clock)

    await preferences.set_sharing(ME, on=True)
    clock.later(60)
    await preferences.set_sharing(ME, on=True)

    assert await preferences.get(ME) == Preference(shares=True, shared_at=WALL_START)
    assert await preferences.get(OTHER) == Preference()


async def test_decisions_do_not_change_each_other(database: Database) -> None:
    preferences = Preferences(database, clock=HandClock())

    await preferences.set_value_shown(ME, on=True)
    await preferences.set_sharing(ME, on=True)
    both = await preferences.get(ME)
    await preferences.set_sharing(ME, on=False)
    value = await preferences.get(ME)
    await preferences.set_value_shown(ME, on=False)

    assert both == Preference(shares=True, shared_at=WALL_START, shows_value=True)
    assert value == Preference(shows_value=True)
    assert await preferences.get(ME) == Preference()


async def test_nothing_is_shown_after_the_transaction_that_unlinks(database: Database) -> None:
    preferences = Preferences(database, clock=HandClock())
    for user_id in (ME, OTHER):
        await preferences.set_sharing(user_id, on=True)
        await preferences.set_value_shown(user_id, on=True)

    async with database.write() as transaction:
        await preferences.forget(transaction, ME)

    assert await preferences.get(ME) == Preference()
    assert (await preferences.get(OTHER)).shares
    assert (await preferences.get(OTHER)).shows_value
