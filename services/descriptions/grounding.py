"""``Grounder``: what Discogs knows of what somebody wants to read about, within five seconds.

It asks in steps, each of which knows more than the one before. When the time is over, or Discogs
fails, what is known by then is what the text is written from, and the reader is told.
"""

from collections.abc import AsyncIterator
from typing import Final, Protocol

from services.answers import Answer
from services.descriptions.facts import (
    facts_of_artist,
    facts_of_hit,
    facts_of_release,
    with_master,
    with_records,
)
from services.descriptions.models import ArtistFacts, DayFacts, Facts, Grounding, UserWords, Wish
from services.discogs.models import (
    Artist,
    DiscogsKind,
    DiscogsResults,
    Master,
    Release,
    SearchHit,
)
from services.errors import DeadlineExceeded, ExternalServiceException
from services.euria.models import Subject
from services.music import MAX_QUERY_LENGTH, MIN_QUERY_LENGTH, fold
from services.resilience.clock import Clock
from services.resilience.deadline import deadline

BUDGET_SECONDS: Final = 5.0
_LINKING_WORDS: Final = frozenset({"by", "the", "de", "par"})


class Discogs(Protocol):
    """What is needed of Discogs; ``DiscogsDatabase`` says what is raised."""

    async def search(self, query: str, kind: DiscogsKind | None) -> Answer[DiscogsResults]:
        """Return hits."""

    async def get_release(self, release_id: int) -> Answer[Release]:
        """Return a pressing."""

    async def get_master(self, master_id: int) -> Answer[Master]:
        """Return a work."""

    async def get_artist(self, artist_id: int) -> Answer[Artist]:
        """Return an artist."""


class Grounder:
    """Looks facts up."""

    def __init__(self, discogs: Discogs, *, clock: Clock) -> None:
        """Ask ``discogs``."""
        self._discogs = discogs
        self._clock = clock

    async def ground(self, wish: Wish, known: Facts | None = None) -> Grounding:
        """Return what Discogs knows of ``wish`` within 5 s, or ``known``; raises only bugs."""
        facts = known
        error: ExternalServiceException | None = None
        try:
            async with deadline(self._clock, BUDGET_SECONDS, expired=_too_slow):
                async for step, step_error in self._steps(wish):
                    facts, error = step or facts, step_error or error
        except ExternalServiceException as failure:
            error = failure
        return Grounding(wish=wish, facts=facts, error=error)

    async def _steps(
        self, wish: Wish
    ) -> AsyncIterator[tuple[Facts | None, ExternalServiceException | None]]:
        """Yield more and more facts, each with why they may be out of date."""
        if wish.target.kind == "d":
            yield DayFacts(self._clock.now().date()), None
        elif wish.target.kind == "r":
            async for step in self._release(wish.target.number):
                yield step
        elif wish.target.kind == "a":
            async for step in self._artist(wish.target.number):
                yield step
        elif wish.words is not None:
            async for step in self._named(wish.words, wish.subject):
                yield step

    async def _named(
        self, words: UserWords, subject: Subject | None
    ) -> AsyncIterator[tuple[Facts | None, ExternalServiceException | None]]:
        if subject is not Subject.ARTIST:
            answer = await self._discogs.search(words.text, DiscogsKind.RELEASE)
            hit = next((hit for hit in answer.value.hits if _is_named(words.text, hit)), None)
            yield (None if hit is None else facts_of_hit(hit)), _error_of(answer)
            if hit is not None:
                async for step in self._release(hit.discogs_id):
                    yield step
            if hit is not None or subject is Subject.ALBUM:
                return
        answer = await self._discogs.search(words.text, DiscogsKind.ARTIST)
        asked = fold(words.text)
        artist = next((hit for hit in answer.value.hits if fold(hit.title) == asked), None)
        yield None, _error_of(answer)
        if artist is not None:
            yield ArtistFacts(artist_id=artist.discogs_id, name=artist.title, url=artist.url), None
            async for step in self._artist(artist.discogs_id):
                yield step

    async def _release(
        self, release_id: int
    ) -> AsyncIterator[tuple[Facts | None, ExternalServiceException | None]]:
        release = await self._discogs.get_release(release_id)
        facts = facts_of_release(release.value)
        yield facts, _error_of(release)
        if release.value.master_id is not None:
            master = await self._discogs.get_master(release.value.master_id)
            yield with_master(facts, master.value), _error_of(master)

    async def _artist(
        self, artist_id: int
    ) -> AsyncIterator[tuple[Facts | None, ExternalServiceException | None]]:
        artist = await self._discogs.get_artist(artist_id)
        facts = facts_of_artist(artist.value)
        yield facts, _error_of(artist)
        if MIN_QUERY_LENGTH <= len(facts.name) <= MAX_QUERY_LENGTH:
            works = await self._discogs.search(facts.name, DiscogsKind.MASTER)
            yield with_records(facts, works.value.hits), _error_of(works)


def _is_named(topic: str, hit: SearchHit) -> bool:
    """True when every word of the title, and of nothing else but the artist, is in the topic."""
    asked = set(fold(topic).split())
    title, artist = set(fold(hit.title).split()), set(fold(hit.artist).split())
    return bool(title) and title <= asked and asked <= title | artist | _LINKING_WORDS


def _error_of(answer: Answer[object]) -> ExternalServiceException | None:
    """Return why an answer may be out of date."""
    error = answer.error
    return error if isinstance(error, ExternalServiceException) else None


def _too_slow() -> DeadlineExceeded:
    message = f"no more facts within {BUDGET_SECONDS:g} s"
    return DeadlineExceeded("discogs", "ground", None, message)
