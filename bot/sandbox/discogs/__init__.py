"""Discogs' API v2 as its documentation and real answers show it."""

from bot.sandbox.discogs.moving_window import MovingWindow
from bot.sandbox.discogs.people import Person
from bot.sandbox.discogs.stand_in import DiscogsStandIn

__all__ = ["DiscogsStandIn", "MovingWindow", "Person"]
