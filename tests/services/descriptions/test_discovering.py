"""Records for a mood: chosen by a model among one's own, or by genre and style."""

from collections.abc import Iterable
from typing import Any

import pytest
from fakes.accounts import ImpatientClock
from fakes.chance import seeded
from fakes.shown_copies import make_copy, make_page

from services.collection.models import CopiesPage, Filters, Sort, StoredCopy
from services.descriptions.discovering import Discovery, MoodPick, Picks
from services.descriptions.models import Payer, UserWords
from services.descriptions.moods import taste_of
from services.errors import ExternalServiceException, InvalidResponse, UpstreamTimeout
from services.euria.models import Completion, Prompt
from services.storage.database import Database

ALICE, BOB = 42, 43
CALM = make_copy(item_id=11, title="Calm", styles=("Ambient",), notes=(("Notes", "secret note"),))
LOUD = make_copy(item_id=12, title="Loud", styles=("Punk",), rating=5)
OLD = make_copy(item_id=13, title="Old", styles=(), year=1974, thumb_url="https://i.discogs.com/x")


class Shelf:
    """Alice's records."""

    def __init__(self, *copies: StoredCopy) -> None:
        self.copies = list(copies)

    async def browse(
        self,
        _user_id: int,
        _filters: Filters,
        *,
        sort: Sort = Sort.ADDED,
        page: int = 1,
        page_size: int = 6,
    ) -> CopiesPage:
        del sort, page, page_size
        return make_page(*self.copies)

    async def get(self, user_id: int, item_id: int) -> StoredCopy | None:
        return next((c for c in self.copies if user_id == ALICE and c.item_id == item_id), None)

    async def genres(self, _user_id: int, _prefix: str = "") -> tuple[str, ...]:
        return ("Jazz",)

    async def styles(self, _user_id: int, _prefix: str = "") -> tuple[str, ...]:
        return ("Punk",)

    async def choose(
        self, _user_id: int, _filters: Iterable[Filters], *, limit: int
    ) -> tuple[StoredCopy, ...]:
        return tuple(self.copies[:limit])


class Model:
    """A model that answers with what it is told to."""

    is_enabled = True

    def __init__(self, answer: object = None) -> None:
        self.answer = answer
        self.prompts: list[Prompt] = []

    async def complete(self, prompt: Prompt) -> Completion:
        self.prompts.append(prompt)
        if isinstance(self.answer, ExternalServiceException):
            raise self.answer
        return Completion(text="", finish_reason="stop", usage=None, value=self.answer)


async def pick(
    database: Database, model: Model, *, mood: str = "calm", shelf: Shelf | None = None
) -> Picks:
    shelf = shelf or Shelf(CALM, LOUD, OLD)
    discovery = Discovery(
        database,
        copies=shelf,
        candidates=shelf,
        euria=model,
        clock=ImpatientClock(),
        chance=seeded(1),
    )
    await discovery.agree(ALICE)
    return await discovery.pick(UserWords(mood), "en", Payer(ALICE))


def choosing(*numbers: Any) -> Model:  # noqa: ANN401  # also what no model should say
    return Model({"picks": [{"number": number, "reason": "Why not."} for number in numbers]})


async def test_model_sees_numbers_titles_and_styles_and_nothing_else(database: Database) -> None:
    model = choosing(1)

    await pick(database, model)

    [prompt] = model.prompts
    told = prompt.messages[-1].content
    assert "<mood>calm</mood>" in told
    assert "1. John Coltrane – Calm (1958, Ambient)" in told
    for hidden in ("secret note", "i.discogs.com", str(ALICE), "digger", "★", "Blue Note"):
        assert hidden not in told


async def test_picks_are_the_records_behind_the_numbers_each_once(database: Database) -> None:
    picks = await pick(database, choosing(2, 1, 2, 99, 0, -1))

    assert picks.picks == (MoodPick(LOUD, "Why not."), MoodPick(CALM, "Why not."))
    assert picks.is_by_ai


async def test_record_that_was_removed_meanwhile_is_no_pick(database: Database) -> None:
    shelf = Shelf(CALM, LOUD)
    model = choosing(1, 2)
    complete = model.complete

    async def remove_first(prompt: Prompt) -> Completion:
        shelf.copies = [LOUD]
        return await complete(prompt)

    model.complete = remove_first  # type: ignore[method-assign]  # the fake's own

    picks = await pick(database, model, shelf=shelf)

    assert [each.copy for each in picks.picks] == [LOUD]


async def test_model_that_finds_nothing_is_believed(database: Database) -> None:
    picks = await pick(database, choosing())

    assert (picks.picks, picks.is_by_ai, picks.error) == ((), True, None)


@pytest.mark.parametrize(
    ("model", "error"),
    [
        pytest.param(Model(UpstreamTimeout("euria", "complete")), UpstreamTimeout, id="away"),
        pytest.param(Model("prose"), InvalidResponse, id="no list"),
        pytest.param(choosing(98, 99), InvalidResponse, id="inventions only"),
        pytest.param(choosing("one"), InvalidResponse, id="no numbers"),
    ],
)
async def test_model_of_no_use_leaves_what_genres_and_styles_say(
    database: Database, model: Model, error: type[Exception]
) -> None:
    picks = await pick(database, model)

    assert [each.copy for each in picks.picks] == [CALM]
    assert (picks.is_by_ai, type(picks.error)) == (False, error)


async def test_nobody_is_shown_to_a_model_without_their_own_yes(database: Database) -> None:
    shelf, model = Shelf(CALM, LOUD), choosing(1)
    discovery = Discovery(
        database,
        copies=shelf,
        candidates=shelf,
        euria=model,
        clock=ImpatientClock(),
        chance=seeded(1),
    )
    await discovery.agree(BOB)

    before = await discovery.pick(UserWords("calm"), "en", Payer(ALICE))
    await discovery.agree(ALICE)
    await discovery.agree(ALICE)
    agreed = await discovery.has_agreed(ALICE)
    await discovery.disagree(ALICE)

    assert model.prompts == []
    assert not before.is_by_ai
    assert (agreed, await discovery.has_agreed(ALICE)) == (True, False)
    assert await discovery.has_agreed(BOB)


@pytest.mark.parametrize(
    ("mood", "names", "decades"),
    [
        pytest.param("something calm", {"Ambient", "Modal"}, (), id="English"),
        pytest.param("un matin tranquille", {"Bossa Nova", "Ambient"}, (), id="French"),
        pytest.param("punk!", {"Punk"}, (), id="a style of one's own"),
        pytest.param("the 70s", set(), (1970,), id="decade"),
        pytest.param("années 1980", set(), (1980,), id="decade in French"),
        pytest.param("zzz", set(), (), id="unknown"),
    ],
)
def test_mood_means_genres_styles_and_decades(
    mood: str, names: set[str], decades: tuple[int, ...]
) -> None:
    taste = taste_of(UserWords(mood), ("Punk", "Jazz"))

    assert names <= set(taste.names)
    assert bool(taste.names) is bool(names)
    assert taste.decades == decades
