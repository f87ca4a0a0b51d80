"""``DescriptionService``: look the facts up on Discogs, then have EurIA write from them.

Nothing of Spotify is imported here, nor may it be (an import contract says so): its Developer
Policy (III.14) forbids feeding its content to a language model.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Protocol

from services.descriptions.allowance import Allowance, Used
from services.descriptions.broadcast import Broadcast, OnPlace
from services.descriptions.grounding import Discogs, Grounder
from services.descriptions.kept import KeptTexts, key_of
from services.descriptions.models import Facts, Grounding, KeptText, NotUsable, Payer, TextCut, Wish
from services.descriptions.prompts import build_prompt
from services.descriptions.review import RefusalGate, is_broken
from services.errors import ExternalServiceException
from services.euria.models import Prompt, StreamEnd
from services.resilience.cache_store import CacheStore
from services.resilience.clock import Clock


class Writer(Protocol):
    """What is needed of EurIA."""

    @property
    def model(self) -> str:
        """The model that writes."""

    def stream(
        self,
        prompt: Prompt,
        *,
        on_end: Callable[[StreamEnd], None] | None = None,
        on_place: OnPlace | None = None,
    ) -> AsyncGenerator[str, None]:
        """Yield text increments; raises ExternalServiceException."""


class DescriptionService:
    """Writes about records and artists, from facts where Discogs has them."""

    def __init__(
        self,
        *,
        discogs: Discogs,
        euria: Writer,
        clock: Clock,
        store: CacheStore | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        """Set who knows and who writes.

        Args:
            discogs: Is asked for facts.
            euria: Is asked for words.
            clock: Where time comes from.
            store: Where finished texts outlive the process; None: nowhere.
            allowance: Limits how many texts people have written; None: nobody does.
        """
        self._grounder = Grounder(discogs, clock=clock)
        self._euria = euria
        self._kept = KeptTexts(clock=clock, store=store)
        self._allowance = allowance
        self._under_way: dict[str, Broadcast] = {}

    async def ground(self, wish: Wish, known: Facts | None = None) -> Grounding:
        """Return what Discogs knows of ``wish`` within 5 s.

        Args:
            wish: What is wanted.
            known: What is there without asking; all there is where Discogs says nothing.
        """
        return await self._grounder.ground(wish, known)

    async def kept(self, grounding: Grounding) -> KeptText | None:
        """Return the text written earlier from the same facts, or None."""
        return await self._kept.find(self._key(grounding))

    async def used(self, user_id: int) -> Used | None:
        """Return how many texts a person has had written today; None when nobody knows."""
        return await self._allowance.used(user_id) if self._allowance is not None else None

    @asynccontextmanager
    async def writing(
        self, grounding: Grounding, *, payer: Payer | None = None, on_place: OnPlace | None = None
    ) -> AsyncIterator[AsyncGenerator[str, None]]:
        """Have it written, and yield the text as it comes, inside the block.

        Who asks for what is being written already follows that, from its beginning and for free.
        A whole text is kept for the next asker. The text ends when its last follower leaves.

        Args:
            grounding: From ``ground``.
            payer: Whose allowance it counts against; None: nobody's.
            on_place: Told the place in EurIA's queue; 1 is next.

        Raises:
            AllowanceSpent: Nothing more for ``payer`` today, and nothing is being written.
            NotUsable: It was refused, or is no text.
            TextCut: It is not whole; what was yielded stands.
            ExternalServiceException: As ``EuriaService.stream``.
        """
        key = self._key(grounding)
        if key not in self._under_way:
            await self._begin(key, grounding, payer)
        async with self._under_way[key].follow(on_place) as increments:
            yield increments

    async def aclose(self) -> None:
        """Give texts that are still to be stored a moment."""
        await self._kept.aclose()

    async def _begin(self, key: str, grounding: Grounding, payer: Payer | None) -> None:
        number = None
        if payer is not None and self._allowance is not None:
            number = await self._allowance.take(payer)
        if key in self._under_way:  # somebody else began meanwhile: theirs is followed
            await self._give_back(number)
            return
        self._under_way[key] = Broadcast(
            lambda on_place: self._write(key, grounding, number, on_place),
            name=f"text {key[-12:]}",
            on_end=lambda: self._forget(key),
        )

    def _forget(self, key: str) -> None:
        self._under_way.pop(key, None)

    async def _write(
        self, key: str, grounding: Grounding, number: int | None, on_place: OnPlace
    ) -> AsyncGenerator[str, None]:
        """Yield the text; give its price back when nothing of it can be shown."""
        parts: list[str] = []
        try:
            async with aclosing(self._gated(grounding, on_place)) as increments:
                async for text in increments:
                    parts.append(text)
                    yield text
        except (ExternalServiceException, NotUsable):
            if not parts:
                await self._give_back(number)
            raise
        whole = "".join(parts)
        if is_broken(whole, grounding.wish.form):
            raise NotUsable("broken")
        await self._kept.keep(key, whole)

    async def _gated(self, grounding: Grounding, on_place: OnPlace) -> AsyncGenerator[str, None]:
        """Yield the model's text unless it begins as a refusal."""
        ends: list[StreamEnd] = []
        gate = RefusalGate()
        stream = self._euria.stream(build_prompt(grounding), on_end=ends.append, on_place=on_place)
        async with aclosing(stream):
            async for text in stream:
                shown = gate.feed(text)
                if gate.is_refusal:
                    raise NotUsable("refusal")
                if shown:
                    yield shown
        rest = gate.close()
        if rest:
            yield rest
        if ends and ends[-1].is_cut:
            raise TextCut(ends[-1].finish_reason)

    async def _give_back(self, number: int | None) -> None:
        if self._allowance is not None:
            await self._allowance.give_back(number)

    def _key(self, grounding: Grounding) -> str:
        return key_of(build_prompt(grounding), self._euria.model)
