"""Collections and wantlists of any size, made up as they are read.

Item `n` depends on the seed and `n` (its date on the size too), so a collection of 100,000 costs
nothing until a page of it is asked for. Once the catalogue's own releases are used up, variants of
them follow.
"""

import random
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from typing import Final

from bot.sandbox.catalogue.copies import SORT_KEYS, CollectionItem
from bot.sandbox.catalogue.shelf import Catalogue, default_catalogue, variant_id

ALL_FOLDER: Final = 0
UNCATEGORIZED_FOLDER: Final = 1
FOLDER_NAMES: Final = {1: "Uncategorized", 2: "Salon", 3: "To clean", 4: "À vendre", 5: "Lent 🎁"}
_FOLDER_SHARES: Final = (1, 1, 1, 1, 1, 2, 2, 2, 3, 4, 5)
_CONDITIONS: Final = ("Mint (M)", "Near Mint (NM or M-)", "Very Good Plus (VG+)", "Very Good (VG)")
_REMARKS: Final = (
    "Bought in Lausanne, 2 CHF at the flea market",
    "Cadeau de Zoë — ne pas prêter !",
    "**Signed** on the back (see photo), @everyone asks",
    "Side B skips",
    "新品同様, with obi",
)
_FIRST_DAY: Final = datetime(2009, 1, 3, 12, tzinfo=UTC)
_LAST_DAY: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
DISCOGS_ZONE: Final = timezone(timedelta(hours=-8))
_LONGEST_STEP: Final = timedelta(days=9)
_FIRST_INSTANCE: Final = 100_000_000
_INSTANCES_OF_A_SEED: Final = 1_000_000
_INSTANCE_STEP: Final = 7
_REPEATS_ONE_IN: Final = 25
_MASK: Final = (1 << 64) - 1


class Collection:
    """A deterministic collection; item 0 was added first.

    Attributes:
        catalogue: Where its releases come from.
    """

    def __init__(self, size: int, seed: int, catalogue: Catalogue) -> None:
        """Make up a collection of `size` copies, 0 or more."""
        self._size = size
        self._seed = seed
        self.catalogue = catalogue
        self._release_ids = list(catalogue.pressings)
        self._first_instance = _FIRST_INSTANCE + seed % 1000 * _INSTANCES_OF_A_SEED
        self._orders: dict[int, list[int]] = {}
        self._sorted: dict[str, list[int]] = {}
        self._step = min(_LONGEST_STEP, (_LAST_DAY - _FIRST_DAY) / max(1, size))

    def __len__(self) -> int:
        return self._size

    def item(self, number: int) -> CollectionItem:
        """Return the copy added as number `number`, 0..size-1.

        Raises:
            IndexError: There is no such copy.
        """
        if not 0 <= number < self._size:
            message = f"item {number} of {self._size}"
            raise IndexError(message)
        pressing = self.catalogue.pressing(self._release_id(number))
        if pressing is None:
            message = f"item {number} has no release"
            raise IndexError(message)
        chance = _mixed(self._seed, number, 2)
        return CollectionItem(
            pressing=pressing,
            instance_id=self.instance_id(number),
            folder_id=self._folder_of(number),
            rating=max(0, chance % 11 - 5),
            added_at=self._added_at(number),
            notes=_notes(chance >> 8),
        )

    def instance_id(self, number: int) -> int:
        """Return the instance id of the copy added as number `number`, there or not."""
        return self._first_instance + number * _INSTANCE_STEP

    def number_of(self, instance_id: int) -> int:
        """Return the number that `instance_id` stands for; -1 when it can be none."""
        number, rest = divmod(instance_id - self._first_instance, _INSTANCE_STEP)
        return -1 if rest else number

    def count(self, folder_id: int = ALL_FOLDER) -> int:
        """Return how many copies lie in a folder."""
        return self._size if folder_id == ALL_FOLDER else len(self._folders.get(folder_id, ()))

    def page(
        self, folder_id: int, *, sort: str, descending: bool, offset: int, limit: int
    ) -> list[CollectionItem]:
        """Return some copies of a folder.

        Args:
            folder_id: 0 for all.
            sort: `added`, `artist`, `title`, `label`, `catno`, `format`, `rating` or `year`; any
                other word sorts by `added`.
            descending: Last first.
            offset: Copies to skip.
            limit: Most copies to return.
        """
        numbers: range | list[int] = range(self._size)
        if sort in SORT_KEYS:
            numbers = self._sorted_by(sort)
        if folder_id != ALL_FOLDER:
            inside = self._folders.get(folder_id, set())
            numbers = [number for number in numbers if number in inside]
        if descending:
            numbers = numbers[::-1]
        return [self.item(number) for number in numbers[offset : offset + limit]]

    def copies_of(self, release_id: int) -> list[CollectionItem]:
        """Return every copy of one release."""
        return [self.item(number) for number in self._numbers_by_release.get(release_id, ())]

    @cached_property
    def _folders(self) -> dict[int, set[int]]:
        folders: dict[int, set[int]] = {folder_id: set() for folder_id in FOLDER_NAMES}
        for number in range(self._size):
            folders[self._folder_of(number)].add(number)
        return folders

    @cached_property
    def _numbers_by_release(self) -> dict[int, list[int]]:
        numbers: dict[int, list[int]] = {}
        for number in range(self._size):
            numbers.setdefault(self._release_id(number), []).append(number)
        return numbers

    def _sorted_by(self, sort: str) -> list[int]:
        if sort not in self._sorted:
            key = SORT_KEYS[sort]
            self._sorted[sort] = sorted(range(self._size), key=lambda each: key(self.item(each)))
        return self._sorted[sort]

    def _release_id(self, number: int) -> int:
        if number and _mixed(self._seed, number, 0) % _REPEATS_ONE_IN == 0:
            # A second copy of something bought earlier.
            number = _mixed(self._seed, number, 1) % number
        variant, place = divmod(number, len(self._release_ids))
        return variant_id(self._release_ids[self._order(variant)[place]], variant)

    def _order(self, variant: int) -> list[int]:
        order = self._orders.get(variant)
        if order is None:
            order = list(range(len(self._release_ids)))
            random.Random(f"{self._seed}:{variant}").shuffle(order)
            self._orders[variant] = order
        return order

    def _folder_of(self, number: int) -> int:
        return _FOLDER_SHARES[_mixed(self._seed, number, 3) % len(_FOLDER_SHARES)]

    def _added_at(self, number: int) -> datetime:
        jitter = _mixed(self._seed, number, 4) % 1000 / 1000
        at = _FIRST_DAY + self._step * (number + jitter)
        return at.replace(microsecond=0).astimezone(DISCOGS_ZONE)


def collection(size: int, seed: int, catalogue: Catalogue | None = None) -> Collection:
    """Return the collection that this size and seed stand for.

    Args:
        size: Number of copies, 0 to 100,000.
        seed: Any number; the same one gives the same collection.
        catalogue: Where its releases come from; the sandbox's own by default.
    """
    return Collection(size, seed, catalogue or default_catalogue())


def wantlist(size: int, seed: int, catalogue: Catalogue | None = None) -> list[CollectionItem]:
    """Return a wantlist that a small collection with the same seed does not overlap.

    Args:
        size: Number of wishes; cut to the number of releases in the catalogue.
        seed: The seed of the owner's collection.
        catalogue: Where its releases come from; the sandbox's own by default.
    """
    shelf = catalogue or default_catalogue()
    whole = Collection(len(shelf.pressings), seed, shelf)
    wishes: dict[int, CollectionItem] = {}
    # From the end: a collection with this seed takes the same releases from the beginning.
    for number in reversed(range(len(whole))):
        item = whole.item(number)
        wishes.setdefault(item.pressing.edition.release_id, item)
    return list(wishes.values())[:size]


def _mixed(seed: int, number: int, salt: int) -> int:
    """Return 64 well-mixed bits (splitmix64); much cheaper than a `Random` per item."""
    bits = (
        seed * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03 + salt * 0x8CB92BA72F3D8DD7
    ) & _MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
    return bits ^ (bits >> 31)


def _notes(chance: int) -> dict[int, str]:
    notes: dict[int, str] = {}
    if chance % 5:
        notes[1] = _CONDITIONS[chance // 5 % len(_CONDITIONS)]
        notes[2] = _CONDITIONS[chance // 20 % len(_CONDITIONS)]
    if chance % 9 == 0:
        notes[3] = _REMARKS[chance // 9 % len(_REMARKS)]
    return notes
