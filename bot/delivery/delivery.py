"""Joins what reaches Discord outside of interactions."""

from dataclasses import dataclass

from bot.delivery.door import Door
from bot.delivery.editor import LateEditor
from bot.delivery.publisher import ChannelPublisher
from bot.delivery.renderings import Renderings
from bot.i18n import Catalogue
from services.accounts.cipher import TokenCipher
from services.resilience.clock import Clock
from services.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The door to Discord, and what goes through it.

    Attributes:
        door: Opened once the bot has logged in.
        renderings: How the values look that services hand over; whoever makes them registers.
        editor: Changes messages late.
        publisher: Posts to channels and to people.
    """

    door: Door
    renderings: Renderings
    editor: LateEditor
    publisher: ChannelPublisher


def make_delivery(
    database: Database, languages: Catalogue, cipher: TokenCipher, *, clock: Clock
) -> Delivery:
    """Join the parts; the door is closed."""
    door, renderings = Door(), Renderings(languages)
    return Delivery(
        door=door,
        renderings=renderings,
        editor=LateEditor(database, door=door, renderings=renderings, cipher=cipher, clock=clock),
        publisher=ChannelPublisher(door=door, renderings=renderings),
    )
