"""``DescriptionService``: look the facts up on Discogs, then have EurIA write from them.

Nothing of Spotify is imported here, nor may it be (an import contract says so): its Developer
Policy (III.14) forbids feeding its content to a language model.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from services.answers import Answer
from services.discogs.models import DiscogsKind, DiscogsResults, Release, SearchHit
from services.errors import DeadlineExceeded, ExternalServiceException
from services.euria.models import DescriptionRequest, Length, Subject
from services.music import MAX_QUERY_LENGTH, clean_query, clean_text, fold, query_key
from services.resilience.cache import Cache
from services.resilience.clock import Clock
from services.resilience.deadline import deadline

_LOOKUP_SECONDS: Final = 3.0
_KEEP_SECONDS: Final = 7 * 86_400.0
_KEPT_TEXTS: Final = 500


class ReleaseSearch(Protocol):
    """What is needed of Discogs."""

    async def search(self, query: str, kind: DiscogsKind | None) -> Answer[DiscogsResults]:
        """Return hits; raises ExternalServiceException."""

    async def get_release(self, release_id: int) -> Answer[Release]:
        """Return one release; raises ExternalServiceException."""


class Writer(Protocol):
    """What is needed of EurIA."""

    def generate_description(self, request: DescriptionRequest) -> AsyncGenerator[str, None]:
        """Yield text increments; raises ExternalServiceException."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounding:
    """What is known about a topic before anything is written.

    Attributes:
        topic: What the user typed, cleaned.
        subject: Album or artist, or None.
        hit: The Discogs release whose title and artist the topic names, or None.
        error: Why Discogs could not be asked, or None.
    """

    topic: str
    subject: Subject | None
    hit: SearchHit | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class KeptText:
    """A text written earlier, and when (UTC)."""

    text: str
    written_at: datetime


class DescriptionService:
    """Writes about an album or artist, from facts where Discogs has them."""

    def __init__(self, *, discogs: ReleaseSearch, euria: Writer, clock: Clock) -> None:
        """Ask ``discogs`` for facts and ``euria`` for words."""
        self._discogs = discogs
        self._euria = euria
        self._clock = clock
        self._kept = Cache(capacity=_KEPT_TEXTS, clock=clock)

    async def ground(self, topic: str, subject: Subject | None = None) -> Grounding:
        """Return what Discogs knows about ``topic``, within 3 s; without it, just the topic.

        Raises:
            InvalidQuery: ``topic`` has fewer than 2 or more than 200 characters, or no words.
        """
        topic = clean_query(topic)
        if subject is Subject.ARTIST:
            return Grounding(topic=topic, subject=subject)
        try:
            async with deadline(self._clock, _LOOKUP_SECONDS, expired=_lookup_expired):
                answer = await self._discogs.search(topic, DiscogsKind.RELEASE)
        except ExternalServiceException as error:
            return Grounding(topic=topic, subject=subject, error=error)
        hit = next((hit for hit in answer.value.hits if _is_named(topic, hit)), None)
        return Grounding(topic=topic, subject=subject, hit=hit, error=answer.error)

    async def ground_release(self, release_id: int) -> Grounding:
        """Return one release as a topic with its facts.

        Raises:
            ExternalServiceException: As ``DiscogsService.get_release``.
        """
        release = (await self._discogs.get_release(release_id)).value
        names = " – ".join(name for name in (release.title, release.artist) if name)
        return Grounding(
            topic=clean_text(names[:MAX_QUERY_LENGTH]),
            subject=Subject.ALBUM,
            hit=_hit_of(release),
        )

    async def kept(self, grounding: Grounding, length: Length, language: str) -> KeptText | None:
        """Return the text written earlier for the same request, or None."""
        key = _key(grounding, length, language)
        entry = await self._kept.get(key, max_age=_KEEP_SECONDS)
        if entry is None:
            return None
        return KeptText(str(entry.value), entry.as_of)

    async def write(
        self, grounding: Grounding, length: Length, language: str
    ) -> AsyncGenerator[str, None]:
        """Yield the text as it is written; a complete, grounded one is kept for the next asker.

        Args:
            grounding: From ``ground``.
            length: Short or long.
            language: English name of the language to write in.

        Raises:
            ExternalServiceException: As ``EuriaService.generate_description``.
        """
        request = DescriptionRequest(
            topic=grounding.topic,
            subject=grounding.subject,
            facts=facts_of(grounding.hit),
            length=length,
            language=language,
        )
        parts: list[str] = []
        async with aclosing(self._euria.generate_description(request)) as stream:
            async for text in stream:
                parts.append(text)
                yield text
        if grounding.error is None:  # written blind, it must not stand for a week
            await self._kept.set(_key(grounding, length, language), "".join(parts))


def facts_of(hit: SearchHit | None) -> tuple[str, ...]:
    """Return a release as facts for a prompt: catalogue facts only, no prices, no images."""
    if hit is None:
        return ()
    rows = (
        ("Title", hit.title),
        ("Artist", hit.artist),
        ("Year of this pressing (the music may be older)", str(hit.year or "")),
        ("Labels", ", ".join(hit.labels)),
        ("Genres", ", ".join(hit.genres)),
        ("Styles", ", ".join(hit.styles)),
    )
    return tuple(f"{name}: {value}" for name, value in rows if value)


def _hit_of(release: Release) -> SearchHit:
    """Return the same facts as a search would have found them."""
    return SearchHit(
        kind=DiscogsKind.RELEASE,
        discogs_id=release.release_id,
        title=release.title,
        artist=release.artist,
        year=release.year,
        country=release.country,
        formats=release.formats,
        labels=release.labels,
        genres=release.genres,
        styles=release.styles,
        image_url=release.image_url,
        url=release.url,
    )


def _is_named(topic: str, hit: SearchHit) -> bool:
    """True when every word of the title, and of nothing else but the artist, is in the topic."""
    asked = set(fold(topic).split())
    title, artist = set(fold(hit.title).split()), set(fold(hit.artist).split())
    return bool(title) and title <= asked and asked <= title | artist | {"by", "the", "de", "par"}


def _key(grounding: Grounding, length: Length, language: str) -> str:
    return f"{language}:{length}:{grounding.subject or 'any'}:{query_key(grounding.topic)}"


def _lookup_expired() -> DeadlineExceeded:
    message = f"no facts within {_LOOKUP_SECONDS:g} s"
    return DeadlineExceeded("discogs", "search", None, message)
