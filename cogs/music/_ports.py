"""What the cards of Spotify ask of the services."""

from typing import Protocol

from bot.errors import Answers
from bot.ui.choices import SuggestingMusic
from bot.ui.music_message import MusicMessages


class Services(Protocol):
    """What the cog takes from the bot."""

    @property
    def music_messages(self) -> MusicMessages: ...
    @property
    def music_suggestions(self) -> SuggestingMusic: ...
    @property
    def answers(self) -> Answers: ...
