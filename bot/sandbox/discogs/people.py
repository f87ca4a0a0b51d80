"""The people whose collections the Discogs stand-in shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.sandbox.catalogue import (
    Catalogue,
    CollectionItem,
    LivingCollection,
    collection,
    wantlist,
)

OWNER: Final = "crate_digger"
"""The user whom the stand-in's token belongs to."""

OWNER_ID: Final = 101
"""What stays when that user is renamed."""


@dataclass(slots=True, kw_only=True)
class Person:
    """A Discogs user; everything but the number may change while the stand-in runs.

    Attributes:
        user_id: Unique number.
        username: Name in every path; compared without case. Set it, and the user is renamed.
        collection: What the user owns.
        wants: What the user wants.
        symbol: Currency symbol in front of collection values.
        currency: Of the prices that the user wants to see.
        is_private: Nobody but the user may see the collection and the wantlist.
    """

    user_id: int
    username: str
    collection: LivingCollection
    wants: list[CollectionItem]
    symbol: str = "€"
    currency: str = "EUR"
    is_private: bool = False

    def user_data(self, release_id: int) -> dict[str, bool]:
        """Return what searches by this user say about a release."""
        wanted = {each.pressing.edition.release_id for each in self.wants}
        return {
            "in_wantlist": release_id in wanted,
            "in_collection": bool(self.collection.copies_of(release_id)),
        }


def make_person(
    user_id: int,
    username: str,
    *,
    copies: int,
    wishes: int,
    catalogue: Catalogue,
    is_private: bool = False,
) -> Person:
    """Return a user whose collection follows from the user id and these sizes."""
    return Person(
        user_id=user_id,
        username=username,
        collection=LivingCollection(collection(copies, user_id, catalogue)),
        wants=wantlist(wishes, user_id, catalogue),
        is_private=is_private,
    )


def default_people(catalogue: Catalogue, copies: int) -> list[Person]:
    """Return the token's owner with this many copies, and some neighbours."""
    return [
        make_person(OWNER_ID, OWNER, copies=copies, wishes=14, catalogue=catalogue),
        make_person(202, "vinyl_marie", copies=1_250, wishes=40, catalogue=catalogue),
        make_person(303, "Tape.Hiss-88", copies=3, wishes=0, catalogue=catalogue),
        make_person(404, "empty_shelf", copies=0, wishes=0, catalogue=catalogue),
        make_person(505, "private_paul", copies=60, wishes=5, catalogue=catalogue, is_private=True),
    ]


class People:
    """The users of Discogs; their names are compared without case."""

    def __init__(self, everybody: list[Person]) -> None:
        """Begin with these."""
        self._by_id = {person.user_id: person for person in everybody}

    def __getitem__(self, username: str) -> Person:
        person = self.get(username)
        if person is None:
            raise KeyError(username)
        return person

    def __iter__(self) -> Iterator[Person]:
        return iter(self._by_id.values())

    def get(self, username: str) -> Person | None:
        """Return the user with this name, or None."""
        wanted = username.lower()
        return next((each for each in self if each.username.lower() == wanted), None)

    def by_id(self, user_id: int | None) -> Person | None:
        """Return the user with this number, or None."""
        return None if user_id is None else self._by_id.get(user_id)

    def add(self, person: Person) -> None:
        """Add a user, in place of any with the same number or name."""
        namesake = self.get(person.username)
        if namesake is not None:
            del self._by_id[namesake.user_id]
        self._by_id[person.user_id] = person

    def ids(self) -> dict[str, int]:
        """Return the numbers by lower-case name."""
        return {person.username.lower(): person.user_id for person in self}
