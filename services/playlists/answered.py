"""What Spotify really said: a substitute for its answer must not decide what is added."""

from typing import Final, TypeVar

from services.answers import Answer, Source
from services.spotify.models import SpotifyAlbum

_NOTHING: Final = (Source.MINIMAL, Source.EMPTY)

T = TypeVar("T")


def answered(answer: Answer[T]) -> T:
    """Return what Spotify says.

    Raises:
        Exception: Why it was not asked: that it says nothing does not mean that it has nothing.
    """
    if answer.source in _NOTHING and answer.error is not None:
        raise answer.error
    return answer.value


def whole(answer: Answer[SpotifyAlbum]) -> SpotifyAlbum:
    """Return an album whose every track was read, as far as Spotify was asked for them.

    Raises:
        Exception: Why some were not: half an album would be added as if it were all of it.
    """
    album = answered(answer)
    if not album.is_complete and answer.error is not None:
        raise answer.error
    return album
