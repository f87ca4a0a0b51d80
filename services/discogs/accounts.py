"""Whose shelf is asked for, and in whose name."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from services.secret import Secret

Authorization = Callable[[], Secret]
"""Makes the value of the ``Authorization`` header, anew for every request."""

_MOST_CHARACTERS: Final = 100
# A path of dots alone would climb out of ``/users``.
_USERNAME: Final = re.compile(rf"(?!\.+\Z)[^\s/?#%\\\x00-\x1f\x7f]{{1,{_MOST_CHARACTERS}}}")
_PAGE: Final = re.compile(r"(?:https?://)?(?:www\.)?discogs\.com/(?:[a-z]{2}/)?user/([^/?#\s]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscogsAccount:
    """An account of Discogs, as one person uses it here.

    Attributes:
        user_id: The person's Discord id; goes into cache keys, so that answers never mix.
        username: As Discogs writes it.
        authorization: In the name of the account's owner; None: it is asked for as by a stranger,
            who may read what is public and write nothing.

    Raises:
        ValueError: ``username`` cannot be a name on Discogs.
    """

    user_id: int
    username: str
    authorization: Authorization | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if _USERNAME.fullmatch(self.username) is None:
            raise ValueError("no name of a Discogs user")

    @property
    def may_write(self) -> bool:
        """Whether the owner has allowed it."""
        return self.authorization is not None


def parse_username(text: str) -> str | None:
    """Return the name that somebody typed: itself, ``@name`` or the address of its page.

    None when it cannot be a name.
    """
    text = text.strip()
    page = _PAGE.match(text)
    name = page[1] if page else text.removeprefix("@")
    return name if _USERNAME.fullmatch(name) else None
