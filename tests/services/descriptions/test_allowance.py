"""How many texts a day, on both databases."""

from contextlib import suppress
from datetime import timedelta

import pytest
from fakes.accounts import ImpatientClock
from fakes.calls import StreamScript
from fakes.upstreams import FakeDiscogs, FakeWriter

from services.descriptions.allowance import Allowance, Used
from services.descriptions.models import (
    AllowanceSpent,
    Grounding,
    NotUsable,
    Payer,
    UserWords,
    Wish,
)
from services.descriptions.service import DescriptionService
from services.errors import UpstreamServerError
from services.storage.database import Database

ALICE, BOB, CAROL = Payer(1, 10), Payer(2, 10), Payer(3)


async def test_person_has_so_many_texts_in_any_24_hours(database: Database) -> None:
    clock = ImpatientClock()
    allowance = Allowance(database, clock=clock, per_user=2)
    first_at = clock.now()
    await allowance.take(ALICE)
    clock.wall += timedelta(hours=20)
    await allowance.take(ALICE)

    with pytest.raises(AllowanceSpent) as spent:
        await allowance.take(ALICE)
    await allowance.take(CAROL)
    clock.wall += timedelta(hours=4, seconds=1)
    await allowance.take(ALICE)

    assert (spent.value.scope, spent.value.limit) == ("user", 2)
    assert spent.value.retry_at == first_at + timedelta(hours=24)
    assert await allowance.used(ALICE.user_id) == Used(2, 2)


async def test_server_has_its_own_limit_across_restarts(database: Database) -> None:
    clock = ImpatientClock()
    for payer in (ALICE, BOB):
        await Allowance(database, clock=clock, per_server=2).take(payer)

    with pytest.raises(AllowanceSpent) as spent:
        await Allowance(database, clock=clock, per_server=2).take(ALICE)
    await Allowance(database, clock=clock, per_server=2).take(CAROL)

    assert spent.value.scope == "server"


async def test_only_written_texts_count(database: Database) -> None:
    allowance = Allowance(database, clock=ImpatientClock())
    writer = FakeWriter()
    away = UpstreamServerError("euria", "stream", 503)
    writer.script = StreamScript([away], ["I'm sorry, but no."], ["A text about a record."])
    service = DescriptionService(
        discogs=FakeDiscogs(), euria=writer, clock=ImpatientClock(), allowance=allowance
    )
    grounding = Grounding(wish=Wish(words=UserWords("Blue Train")))

    async def write() -> Used | None:
        with suppress(UpstreamServerError, NotUsable):
            async with service.writing(grounding, payer=ALICE) as increments:
                await anext(increments)
                await anext(increments, None)
        return await service.used(ALICE.user_id)

    assert [await write() for _ in range(3)] == [Used(0, 30), Used(0, 30), Used(1, 30)]


@pytest.mark.parametrize(("texts", "worth"), [(14, False), (15, True)])
def test_allowance_is_worth_saying_once_half_of_it_is_gone(texts: int, *, worth: bool) -> None:
    assert Used(texts, 30).is_worth_saying is worth
