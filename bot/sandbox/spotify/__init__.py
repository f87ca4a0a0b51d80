"""Spotify's Web API and accounts service, as a Development-Mode app of 2026 meets them."""

from bot.sandbox.spotify.stand_in import SpotifyStandIn

__all__ = ["SpotifyStandIn"]
