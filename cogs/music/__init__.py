"""``/album``, ``/artist`` and ``/track``: cards from Spotify, with what the asker owns."""

from cogs.music._cog import Music, setup

__all__ = ["Music", "setup"]
