"""What Spotify means by a 403: five things, of which none is mended by logging in again.

The bodies are those of https://developer.spotify.com/documentation/web-api/concepts/api-calls and
of reports; only a bare *Forbidden* needs the path to be understood.
"""

import re
from enum import StrEnum
from typing import Final

from services.errors import AccessDenied


class Denial(StrEnum):
    """Why Spotify refuses a request though it knows who asks."""

    NOT_ALLOW_LISTED = "not_allow_listed"
    """The person is not among the five whom the app's owner has entered in the dashboard."""

    ENDPOINT_REMOVED = "endpoint_removed"
    """Development-Mode apps may not use this endpoint, or not any more."""

    NOT_YOURS = "not_yours"
    """A playlist's contents are for its owner and collaborators."""

    MISSING_SCOPE = "missing_scope"
    """The person has not allowed this; only linking anew can."""

    PREMIUM_LAPSED = "premium_lapsed"
    """The app's owner has no Premium any more: every call is refused, for hours after renewal."""


INVALID_LIMIT: Final = "invalid_limit"
"""The reason of a 400 for a page that is larger than this app may ask for."""

_SAID: Final = (
    ("premium subscription required", Denial.PREMIUM_LAPSED),  # plain text, not JSON
    ("insufficient client scope", Denial.MISSING_SCOPE),
    ("not registered in the developer dashboard", Denial.NOT_ALLOW_LISTED),
    ("user may not be registered", Denial.NOT_ALLOW_LISTED),
    ("playlist you don't own", Denial.NOT_YOURS),
    ("invalid limit", INVALID_LIMIT),
)
_FORBIDDEN: Final = "forbidden"
_PLAYLIST: Final = re.compile(r"/playlists/[^/]+")


def reason_of(said: str, path: str) -> str:
    """Return what an error text means: a ``Denial``, ``INVALID_LIMIT``, or nothing.

    Args:
        said: The message of an error body, or a plain text.
        path: What was asked for, below the API's base.
    """
    words = said.lower()
    for part, reason in _SAID:
        if part in words:
            return reason
    if words.strip().rstrip(".") != _FORBIDDEN:
        return ""
    return Denial.NOT_YOURS if _PLAYLIST.match(path) else Denial.ENDPOINT_REMOVED


def denial_of(error: AccessDenied) -> Denial | None:
    """Return what Spotify means by ``error``; None when it is another upstream's, or unknown."""
    if error.service != "spotify" or error.reason not in set(Denial):
        return None
    return Denial(error.reason)
