"""``/digest``: what a channel is told, on time and once, about its members' collections."""

from cogs.digest._cog import Digest, setup

__all__ = ["Digest", "setup"]
