"""``/wantlist``: what the asker is looking for."""

from cogs.wantlist._cog import Wantlist, setup

__all__ = ["Wantlist", "setup"]
