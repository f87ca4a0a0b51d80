"""What the cogs are handed: the services, and what renders for them."""

from dataclasses import dataclass

from bot.delivery.door import Door
from bot.errors import Answers
from bot.ui.stream import ProgressiveMessages
from services.catalogue.service import CatalogueService
from services.descriptions.later import Promises
from services.descriptions.service import DescriptionService
from services.health import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a cog may ask for; made in ``bot/app.py``."""

    catalogue: CatalogueService
    descriptions: DescriptionService
    late_descriptions: Promises
    health: Health
    messages: ProgressiveMessages
    door: Door
    answers: Answers
