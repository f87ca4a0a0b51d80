"""``Discovery``: records for a mood, each of them the person's own.

The model is shown a short numbered list of the person's records, and answers with numbers; what
it invents has no number here, and each pick is looked up again before it is shown. It sees
nothing before the person has agreed. Without it, genres and styles decide.
"""

import random
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from services.collection.models import CopiesPage, Filters, Sort, StoredCopy, SyncState
from services.descriptions.allowance import Allowance
from services.descriptions.models import NoText, Payer, UserWords
from services.descriptions.moods import Taste, taste_of
from services.descriptions.prompts import build_picks_prompt
from services.errors import ExternalServiceException, InvalidResponse
from services.euria.models import Completion, Prompt
from services.music import clean_text, fold
from services.resilience.clock import Clock
from services.storage.ai_uses import AiConsentRepository
from services.storage.database import Database, Transaction

MOST_CANDIDATES: Final = 200
MOST_PICKS: Final = 5
_FEWEST_TO_ASK: Final = 2
_LONGEST_REASON: Final = 240
_SHORTEST_WORD: Final = 3
_MOST_WORDS: Final = 8


class Copies(Protocol):
    """``CollectionService``, as far as it is needed here."""

    async def browse(
        self, user_id: int, filters: Filters, *, sort: Sort = ..., page: int = 1, page_size: int = 6
    ) -> CopiesPage:
        """Return one page, after looking for news where that is due."""

    async def get(self, user_id: int, item_id: int) -> StoredCopy | None:
        """Return one of the person's copies."""

    async def genres(self, user_id: int, prefix: str = "") -> tuple[str, ...]:
        """Return the person's genres."""

    async def styles(self, user_id: int, prefix: str = "") -> tuple[str, ...]:
        """Return the person's styles."""


class Candidates(Protocol):
    """``CollectionCandidates``."""

    async def choose(
        self, user_id: int, filters: Iterable[Filters], *, limit: int
    ) -> tuple[StoredCopy, ...]:
        """Return copies to choose from."""


class Thinker(Protocol):
    """What is needed of EurIA."""

    @property
    def is_enabled(self) -> bool:
        """Whether it can be asked at all."""

    async def complete(self, prompt: Prompt) -> Completion:
        """Return a whole answer; raises ExternalServiceException."""


@dataclass(frozen=True, slots=True)
class MoodPick:
    """A record, and why: the model's words, or empty where nobody gave a reason."""

    copy: StoredCopy
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picks:
    """What fits a mood.

    Attributes:
        picks: The best first; none when nothing fits.
        is_by_ai: The model chose.
        candidates: How many records it could choose from.
        state: How the collection stands.
        is_fresh: False when its age exceeds what Discogs' terms allow.
        error: Why the model did not choose though it was asked, or None.
    """

    picks: tuple[MoodPick, ...]
    is_by_ai: bool
    candidates: int
    state: SyncState
    is_fresh: bool = True
    error: ExternalServiceException | NoText | None = None


class _Choice(msgspec.Struct):
    number: int
    reason: str = ""


class _Choices(msgspec.Struct):
    picks: list[_Choice]


class Discovery:
    """Picks records for moods."""

    def __init__(
        self,
        database: Database,
        *,
        copies: Copies,
        candidates: Candidates,
        euria: Thinker,
        clock: Clock,
        chance: random.Random,
        allowance: Allowance | None = None,
    ) -> None:
        """Pick among ``copies``; remember in ``database`` who lets ``euria`` see theirs."""
        self._database = database
        self._consents = AiConsentRepository()
        self._copies = copies
        self._candidates = candidates
        self._euria = euria
        self._clock = clock
        self._chance = chance
        self._allowance = allowance

    @property
    def has_ai(self) -> bool:
        """Whether there is a model to agree to."""
        return self._euria.is_enabled

    async def has_agreed(self, user_id: int) -> bool:
        """Return whether the model may see a list of the person's records.

        Raises:
            DatabaseUnavailable: Nobody knows: it may not.
        """
        async with self._database.read() as transaction:
            return await self._consents.exists(transaction, user_id)

    async def agree(self, user_id: int) -> None:
        """Remember that the person agrees."""
        async with self._database.write() as transaction:
            await self._consents.put(transaction, user_id, self._clock.now())

    async def disagree(self, user_id: int) -> None:
        """Remember that the person does not agree (any more)."""
        async with self._database.write() as transaction:
            await self.forget(transaction, user_id)

    async def forget(self, transaction: Transaction, user_id: int) -> None:
        """Forget that a person agreed, as part of unlinking."""
        await self._consents.delete(transaction, user_id)

    async def pick(self, mood: UserWords, language: str, payer: Payer) -> Picks:
        """Return up to five records of ``payer`` for a mood; the model chooses if it may.

        Raises:
            NotLinked: The person has no collection here.
            DatabaseUnavailable: Of the storage.
        """
        user_id = payer.user_id
        page = await self._copies.browse(user_id, Filters(), page_size=1)
        taste = taste_of(mood, await self._named(user_id, mood))
        copies = await self._candidates.choose(user_id, taste.filters, limit=MOST_CANDIDATES)
        error: ExternalServiceException | NoText | None = None
        picks: tuple[MoodPick, ...] | None = None
        if len(copies) >= _FEWEST_TO_ASK and self.has_ai and await self.has_agreed(user_id):
            try:
                picks = await self._ask(mood, copies, language, payer)
            except (ExternalServiceException, NoText) as failure:
                error = failure
        return Picks(
            picks=self._by_taste(taste, copies) if picks is None else picks,
            is_by_ai=picks is not None,
            candidates=len(copies),
            state=page.state,
            is_fresh=page.is_fresh,
            error=error,
        )

    async def _named(self, user_id: int, mood: UserWords) -> list[str]:
        """Return the person's genres and styles with words that are in the mood, too."""
        words = [word for word in fold(mood.text).split() if len(word) >= _SHORTEST_WORD]
        known: list[str] = []
        for word in words[:_MOST_WORDS]:
            known += await self._copies.styles(user_id, word)
            known += await self._copies.genres(user_id, word)
        return known

    async def _ask(
        self, mood: UserWords, copies: tuple[StoredCopy, ...], language: str, payer: Payer
    ) -> tuple[MoodPick, ...]:
        """Return what the model chose among ``copies``; none when nothing fits, it says.

        Raises:
            AllowanceSpent: The person has had enough for today.
            InvalidResponse: It answered with something else, or with inventions only.
            ExternalServiceException: It did not answer.
        """
        number = await self._allowance.take(payer) if self._allowance is not None else None
        try:
            answer = await self._euria.complete(build_picks_prompt(mood, copies, language))
        except ExternalServiceException:
            if self._allowance is not None:
                await self._allowance.give_back(number)
            raise
        try:
            choices = msgspec.convert(answer.value, _Choices).picks
        except msgspec.ValidationError:
            raise InvalidResponse("euria", "pick", None, "no list of picks") from None
        picks = [pick async for pick in self._verified(choices, copies, payer.user_id)]
        if choices and not picks:
            raise InvalidResponse("euria", "pick", None, "picks that nobody owns")
        return tuple(picks)

    async def _verified(
        self, choices: list[_Choice], copies: tuple[StoredCopy, ...], user_id: int
    ) -> AsyncIterator[MoodPick]:
        """Yield the choices that are still the person's own, each once."""
        seen: set[int] = set()
        for choice in choices:
            if choice.number in seen or not 1 <= choice.number <= len(copies):
                continue
            seen.add(choice.number)
            copy = await self._copies.get(user_id, copies[choice.number - 1].item_id)
            if copy is not None:
                yield MoodPick(copy, clean_text(choice.reason)[:_LONGEST_REASON])
            if len(seen) == MOST_PICKS:
                return

    def _by_taste(self, taste: Taste, copies: tuple[StoredCopy, ...]) -> tuple[MoodPick, ...]:
        """Return the records that fit best by genre, style and decade; chance among equals."""
        fitting = [copy for copy in copies if taste.score(copy)]
        self._chance.shuffle(fitting)
        fitting.sort(key=taste.score, reverse=True)
        return tuple(MoodPick(copy) for copy in fitting[:MOST_PICKS])
