"""What the parts of ``/collection`` have in common."""

from discord.ext import commands

from bot.errors import Answers
from cogs.collection._ports import Handle, Parts


class Part(commands.Cog):
    """Some commands of ``/collection``, with their suggestions, buttons and forms.

    The cog inherits from all of its parts, since discord.py wants a group's commands in one class.
    """

    def __init__(self, parts: Parts, *, answers: Answers) -> None:
        """Answer with ``answers``."""
        super().__init__()
        self._parts = parts
        self._answers = answers
        self._handlers: dict[str, Handle] = {}
        """Who handles the buttons and forms, by the prefixes of their custom ids."""
