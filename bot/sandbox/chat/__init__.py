"""The chat page: a Discord client in the browser, as far as this bot uses Discord.

`ChatServer` serves it. The page keeps nothing itself: the server sends everything a person may see
when the page connects, and each change afterwards.
"""

from bot.sandbox.chat.server import ChatServer

__all__ = ["ChatServer"]
