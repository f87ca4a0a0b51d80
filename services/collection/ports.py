"""What the collection asks of accounts, of syncs and of Discogs."""

from collections.abc import Callable, Collection
from typing import Protocol

from services.discogs.accounts import DiscogsAccount
from services.discogs.shelf_models import Copy, Wish


class Accounts(Protocol):
    """Who has linked what."""

    async def account(self, user_id: int, /) -> DiscogsAccount | None:
        """Return the person's account, or None."""


class Sync(Protocol):
    """What keeps the stored copies what Discogs has."""

    async def start(self, user_id: int, /) -> bool:
        """Have the collection read; False when that is under way."""

    async def freshen(self, user_id: int, /, within: float) -> bool:
        """Look for new copies for at most ``within`` seconds; True when it is current now."""


class EditShelf(Protocol):
    """What changes one copy on Discogs; ``DiscogsShelf`` says what is raised."""

    async def set_rating(self, copy: Copy, rating: int, /) -> None:
        """Rate it: 1 to 5, or 0 for none."""

    async def set_note(self, copy: Copy, field_id: int, text: str, /) -> None:
        """Write one of its notes; an empty text removes it."""

    async def move(self, copy: Copy, folder_id: int, /) -> None:
        """Put it into another folder, 1 or more."""


class Shelf(EditShelf, Protocol):
    """What changes a person's copies on Discogs; ``DiscogsShelf`` says what is raised."""

    async def copies_of(self, release_id: int, /) -> tuple[Copy, ...]:
        """Return every copy of one release."""

    async def add(self, release_id: int, /, *, before: Collection[int] | None) -> int:
        """Add a copy unless one has appeared since ``before``; returns its instance id."""

    async def remove(self, copy: Copy, /) -> None:
        """Take a copy out of the collection; one that is gone already is no error."""


OpenEditShelf = Callable[[DiscogsAccount], EditShelf]
"""Returns what belongs to an account."""
OpenShelf = Callable[[DiscogsAccount], Shelf]


class WantlistReading(Protocol):
    """What keeps the stored wishes what Discogs has; see ``WantlistSync``."""

    async def start(self, user_id: int, /) -> bool:
        """Have the wantlist read; False when that is under way."""

    async def freshen(self, user_id: int, /, within: float) -> bool:
        """Have it read now, for at most ``within`` seconds; False when it may be old then."""


class WishShelf(Protocol):
    """What changes a wantlist on Discogs; ``DiscogsShelf`` says what is raised."""

    async def add_wish(self, release_id: int, /) -> Wish | None:
        """Put a release on the list."""

    async def remove_wish(self, release_id: int, /) -> None:
        """Take a release off the list; one that is not on it is no error."""


OpenWishShelf = Callable[[DiscogsAccount], WishShelf]
"""Likewise."""
