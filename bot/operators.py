"""Who runs this bot, as Discord knows it."""

import discord


class Operators:
    """The owner of the application at Discord; nobody until the bot has logged in."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._user_id: int | None = None

    def learn(self, application: discord.AppInfo | None) -> None:
        """Take the owner from what Discord says about the application; a team has one, too."""
        if application is None:
            return
        team = application.team
        self._user_id = team.owner_id if team is not None else application.owner.id

    def __contains__(self, user_id: object) -> bool:
        return user_id is not None and user_id == self._user_id
