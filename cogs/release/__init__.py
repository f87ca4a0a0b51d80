"""``/release``: one pressing on Discogs."""

from cogs.release._cog import Releases, setup

__all__ = ["Releases", "setup"]
