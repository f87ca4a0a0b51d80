"""Joins what EurIA's texts are made of: facts, words, what is kept, what comes later."""

from dataclasses import dataclass

from bot.collecting import Tools
from bot.delivery.delivery import Delivery
from bot.ui.description_card import late_description_card
from bot.ui.stream import ProgressiveMessages
from bot.ui.written_message import WrittenMessages
from services.collection.candidates import CollectionCandidates
from services.collection.service import CollectionService
from services.descriptions.allowance import Allowance
from services.descriptions.discovering import Discovery
from services.descriptions.late_models import WRITE_LATER, LateDescription
from services.descriptions.later import LateDescriptions
from services.descriptions.service import DescriptionService
from services.resilience.clock import system_random
from services.storage.resilience import DatabaseCacheStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Everything that writes."""

    descriptions: DescriptionService
    later: LateDescriptions
    written: WrittenMessages
    discovery: Discovery


def make_writing(
    tools: Tools,
    collection: CollectionService,
    *,
    delivery: Delivery,
    messages: ProgressiveMessages,
) -> Writing:
    """Join the parts, and register who writes late texts and how they look."""
    delivery.renderings.register(LateDescription, late_description_card)
    database, upstreams, clock = tools.database, tools.upstreams, tools.clock
    allowance = Allowance(database, clock=clock)
    descriptions = DescriptionService(
        discogs=upstreams.discogs,
        euria=upstreams.euria,
        clock=clock,
        store=DatabaseCacheStore(database, clock=clock),
        allowance=allowance,
    )
    later = LateDescriptions(
        descriptions=descriptions, queue=tools.jobs.queue, editor=delivery.editor, clock=clock
    )
    tools.jobs.handlers.register(WRITE_LATER, later.write)
    discovery = Discovery(
        database,
        copies=collection,
        candidates=CollectionCandidates(database, chance=system_random()),
        euria=upstreams.euria,
        clock=clock,
        chance=system_random(),
        allowance=allowance,
    )
    written = WrittenMessages(descriptions=descriptions, later=later, messages=messages)
    return Writing(descriptions=descriptions, later=later, written=written, discovery=discovery)
