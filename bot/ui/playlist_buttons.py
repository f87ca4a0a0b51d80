"""The button on a card that puts what it shows into a playlist, and the ids that go with it."""

from typing import Final

from bot.i18n import Texts
from bot.ui.buttons import Button, button, own_id
from services.spotify.models import SpotifyKind

ADD_PREFIX: Final = "playlist:add"
INTO_PREFIX: Final = "playlist:into"
PICK_PREFIX: Final = "playlist:pick"
OPEN_PREFIX: Final = "playlist:open"
PAGE_PREFIX: Final = "playlist:page"
TRACKS_PREFIX: Final = "playlist:tracks"
START_PREFIX: Final = "playlist:start"
DROP_PREFIX: Final = "playlist:drop"
CANCEL_PREFIX: Final = "playlist:cancel"
MORE_PREFIX: Final = "playlist:more"
WATCH_PREFIX: Final = "playlist:watch"

ADDABLE: Final = frozenset({SpotifyKind.ALBUM, SpotifyKind.TRACK})


def add_button(kind: SpotifyKind, spotify_id: str, owner: int, texts: Texts) -> Button:
    """Return the button for an album or a track.

    Args:
        kind: One of ``ADDABLE``.
        spotify_id: Of what is added.
        owner: Who may press it.
        texts: Their language.
    """
    label = texts.gettext("Add to playlist")
    return button(label, own_id(ADD_PREFIX, owner, kind.value, spotify_id), emoji="🎶")
