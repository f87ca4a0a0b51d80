"""The pages that upstreams send people back to after they have allowed the bot."""

from bot.callbacks.discogs import DISCOGS_CALLBACK, DiscogsCallback
from bot.callbacks.spotify import SpotifyCallback

__all__ = ["DISCOGS_CALLBACK", "DiscogsCallback", "SpotifyCallback"]
