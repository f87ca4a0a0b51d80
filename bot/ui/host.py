"""What a cog's ``setup`` is given: a place to be added to, and services to take from."""

from typing import Any, Protocol, TypeVar

from discord import app_commands
from discord.ext import commands

S_co = TypeVar("S_co", covariant=True)


class Host(Protocol[S_co]):
    """The bot, as far as a cog may know it; ``S_co`` names the services the cog needs."""

    @property
    def services(self) -> S_co:
        """The services to hand to the cog."""

    async def add_cog(self, cog: commands.Cog, /) -> None:
        """Add the cog to the bot."""


class MenuHost(Host[S_co], Protocol[S_co]):
    """A bot for a cog that also has entries in menus of messages or people."""

    @property
    def tree(self) -> app_commands.CommandTree[Any]:
        """Where such entries are added."""
