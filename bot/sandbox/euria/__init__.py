"""EurIA, Infomaniak's OpenAI-compatible language model service, with a very modest model."""

from bot.sandbox.euria.behaviour import Behaviour
from bot.sandbox.euria.quirks import QUIRKS, quirk
from bot.sandbox.euria.stand_in import EuriaStandIn, RecordedChat

__all__ = ["QUIRKS", "Behaviour", "EuriaStandIn", "RecordedChat", "quirk"]
