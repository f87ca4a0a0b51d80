"""Records to choose from: those that fit first, then others, and never anybody else's."""

from fakes.chance import seeded
from fakes.copies import make_copy, store

from services.collection.candidates import CollectionCandidates
from services.collection.models import Filters
from services.storage.database import Database

ALICE, BOB = 42, 43


async def test_what_fits_comes_first_and_the_rest_fills_up(database: Database) -> None:
    hers = [make_copy(n, f"Jazz {n}", styles=("Modal",)) for n in range(1, 4)]
    hers += [make_copy(n, f"Rock {n}", styles=("Punk",)) for n in range(4, 20)]
    await store(database, ALICE, *hers)
    await store(database, BOB, make_copy(99, "Bob's", styles=("Modal",)))
    candidates = CollectionCandidates(database, chance=seeded(1))

    chosen = await candidates.choose(ALICE, [Filters(style="modal")], limit=10)

    assert {copy.title for copy in chosen[:3]} == {"Jazz 1", "Jazz 2", "Jazz 3"}
    assert len(chosen) == len({copy.item_id for copy in chosen}) == 10
    assert "Bob's" not in {copy.title for copy in chosen}


async def test_one_filter_leaves_room_for_the_next(database: Database) -> None:
    many = [make_copy(n, f"Rock {n}", styles=("Punk",)) for n in range(1, 101)]
    await store(database, ALICE, *many, make_copy(101, "Jazz", styles=("Modal",)))
    candidates = CollectionCandidates(database, chance=seeded(1))
    filters = [Filters(style="punk"), Filters(style="modal")]

    chosen = await candidates.choose(ALICE, filters, limit=80)

    assert "Jazz" in {copy.title for copy in chosen[:61]}
