"""``aime demo``: the real bot against stand-ins on this machine, without any key."""

from bot.demo.conversation import demo

__all__ = ["demo"]
