"""``PickWriter``: a haiku or two sentences about the record to play, written by EurIA.

It is told what Discogs' catalogue has of that one record, and nothing of anybody's collection: not
whose it is, nor why it was picked. The text counts against the allowance of whoever made the digest
and of the server; one that was written before is free.
"""

from typing import Final

import msgspec

from services.descriptions.models import AlbumFacts, Grounding, NoText, Payer, Target, Wish
from services.descriptions.service import DescriptionService
from services.digests.content_models import DigestPick
from services.digests.time_left import TimeLeft
from services.errors import ServiceDisabled

_SECONDS: Final = 45.0
_GROUND_SECONDS: Final = 6.0


class PickWriter:
    """Writes through ``DescriptionService``, whose facts and prompts hold no word of Spotify's."""

    def __init__(self, descriptions: DescriptionService) -> None:
        """Write with ``descriptions``."""
        self._descriptions = descriptions

    async def ground(self, pick: DigestPick, language: str, time_left: TimeLeft) -> DigestPick:
        """Return the pick with as many facts as Discogs tells in time; raises only bugs."""
        if time_left.seconds < _GROUND_SECONDS:
            return pick
        grounding = await self._descriptions.ground(_wish(pick, language), pick.facts)
        facts = grounding.facts
        return msgspec.structs.replace(pick, facts=facts) if isinstance(facts, AlbumFacts) else pick

    async def write(
        self, pick: DigestPick, language: str, payer: Payer, time_left: TimeLeft
    ) -> DigestPick:
        """Return the pick with its text; without one, and not owed, when EurIA will not write it.

        Raises:
            ExternalServiceException: EurIA cannot now.
        """
        grounding = Grounding(wish=_wish(pick, language), facts=pick.facts)
        text = ""
        try:
            async with time_left.limit("euria", "generate_description", _SECONDS):
                text = await self._written(grounding, payer)
        except (NoText, ServiceDisabled):
            pass  # now or later: the template is what there is
        return msgspec.structs.replace(pick, text=text, is_owed=False)

    async def _written(self, grounding: Grounding, payer: Payer) -> str:
        kept = await self._descriptions.kept(grounding)
        if kept is not None:
            return kept.text
        async with self._descriptions.writing(grounding, payer=payer) as increments:
            return "".join([increment async for increment in increments])


def _wish(pick: DigestPick, language: str) -> Wish:
    target = Target("r", pick.facts.release_id)
    return Wish(target=target, form=pick.form, language=language)
