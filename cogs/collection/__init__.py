"""``/collection``: the asker's own records."""

from cogs.collection._cog import Collection, setup

__all__ = ["Collection", "setup"]
