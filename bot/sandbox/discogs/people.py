"""The people whose collections the Discogs stand-in shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.sandbox.catalogue import Catalogue, Collection, CollectionItem, collection, wantlist

OWNER: Final = "crate_digger"
"""The user whom the stand-in's token belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A Discogs user.

    Attributes:
        user_id: Unique number.
        username: Name in every path; compared without case.
        collection: What the user owns.
        wants: What the user wants.
        symbol: Currency symbol in front of collection values.
        is_private: Nobody but the user may see the collection and the wantlist.
    """

    user_id: int
    username: str
    collection: Collection
    wants: Sequence[CollectionItem]
    symbol: str = "€"
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
        collection=collection(copies, user_id, catalogue),
        wants=wantlist(wishes, user_id, catalogue),
        is_private=is_private,
    )


def default_people(catalogue: Catalogue, copies: int) -> list[Person]:
    """Return the token's owner with this many copies, and some neighbours."""
    return [
        make_person(101, OWNER, copies=copies, wishes=14, catalogue=catalogue),
        make_person(202, "vinyl_marie", copies=1_250, wishes=40, catalogue=catalogue),
        make_person(303, "Tape.Hiss-88", copies=3, wishes=0, catalogue=catalogue),
        make_person(404, "empty_shelf", copies=0, wishes=0, catalogue=catalogue),
        make_person(505, "private_paul", copies=60, wishes=5, catalogue=catalogue, is_private=True),
    ]
