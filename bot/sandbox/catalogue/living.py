"""A collection whose owner buys, sells and tidies up while it is being read."""

from bisect import bisect_left
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.sandbox.catalogue.collections import (
    ALL_FOLDER,
    DISCOGS_ZONE,
    UNCATEGORIZED_FOLDER,
    Collection,
)
from bot.sandbox.catalogue.copies import SORT_KEYS, CollectionItem

_STEP: Final = timedelta(seconds=1)


class LivingCollection:
    """A made-up collection with changes on top; as cheap as it was until the first of them."""

    def __init__(self, base: Collection) -> None:
        """Begin with what `base` holds."""
        self._base = base
        self._numbers = list(range(len(base)))
        self._next_number = len(base)
        self._changed: dict[int, CollectionItem] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def item(self, position: int) -> CollectionItem:
        """Return a copy by its place in the order of adding, 0 is the oldest.

        Raises:
            IndexError: There is no such place.
        """
        return self._item(self._numbers[position])

    def count(self, folder_id: int = ALL_FOLDER) -> int:
        """Return how many copies lie in a folder."""
        if folder_id == ALL_FOLDER:
            return len(self._numbers)
        if self._is_untouched:
            return self._base.count(folder_id)
        return sum(self._item(number).folder_id == folder_id for number in self._numbers)

    def page(
        self, folder_id: int, *, sort: str, descending: bool, offset: int, limit: int
    ) -> list[CollectionItem]:
        """Return some copies of a folder; the arguments are those of `Collection.page`."""
        if self._is_untouched:
            return self._base.page(
                folder_id, sort=sort, descending=descending, offset=offset, limit=limit
            )
        numbers = self._numbers
        if sort in SORT_KEYS:
            key = SORT_KEYS[sort]
            numbers = sorted(numbers, key=lambda number: key(self._item(number)))
        if folder_id != ALL_FOLDER:
            numbers = [each for each in numbers if self._item(each).folder_id == folder_id]
        if descending:
            numbers = numbers[::-1]
        return [self._item(number) for number in numbers[offset : offset + limit]]

    def copies_of(self, release_id: int) -> list[CollectionItem]:
        """Return every copy of one release."""
        if self._is_untouched:
            return self._base.copies_of(release_id)
        items = {item.instance_id: item for item in self._base.copies_of(release_id)}
        items |= {
            item.instance_id: item
            for item in self._changed.values()
            if item.pressing.edition.release_id == release_id
        }
        return [item for item in items.values() if self._has(item.instance_id)]

    def find(self, instance_id: int) -> CollectionItem | None:
        """Return the copy with this id, or None."""
        return self._item(self._number(instance_id)) if self._has(instance_id) else None

    def add(
        self,
        release_id: int,
        *,
        folder_id: int = UNCATEGORIZED_FOLDER,
        added_at: datetime | None = None,
    ) -> CollectionItem:
        """Add a copy as the newest.

        Args:
            release_id: Of what.
            folder_id: Where to.
            added_at: When; now, or a second after the newest, by default.

        Raises:
            KeyError: The catalogue has no such release.
        """
        pressing = self._base.catalogue.pressing(release_id)
        if pressing is None:
            raise KeyError(release_id)
        number = self._next_number
        self._next_number += 1
        item = CollectionItem(
            pressing=pressing,
            instance_id=self._base.instance_id(number),
            folder_id=folder_id,
            rating=0,
            added_at=added_at or self._now(),
            notes={},
        )
        self._changed[number] = item
        self._numbers.append(number)
        return item

    def remove(self, instance_id: int) -> None:
        """Take a copy out; its id is never used again.

        Raises:
            ValueError: There is no such copy.
        """
        number = self._number(instance_id)
        self._numbers.remove(number)
        self._changed.pop(number, None)

    def change(
        self,
        instance_id: int,
        *,
        folder_id: int | None = None,
        rating: int | None = None,
        notes: dict[int, str] | None = None,
    ) -> None:
        """Change what is given about a copy.

        Raises:
            ValueError: There is no such copy.
        """
        if not self._has(instance_id):
            message = f"no copy {instance_id}"
            raise ValueError(message)
        number = self._number(instance_id)
        item = self._item(number)
        self._changed[number] = replace(
            item,
            folder_id=item.folder_id if folder_id is None else folder_id,
            rating=item.rating if rating is None else rating,
            notes=item.notes if notes is None else notes,
        )

    @property
    def _is_untouched(self) -> bool:
        return not self._changed and len(self._numbers) == len(self._base) == self._next_number

    def _item(self, number: int) -> CollectionItem:
        changed = self._changed.get(number)
        return self._base.item(number) if changed is None else changed

    def _number(self, instance_id: int) -> int:
        return self._base.number_of(instance_id)

    def _has(self, instance_id: int) -> bool:
        """Tell whether a copy is there; numbers only ever grow, so they are sorted."""
        number = self._number(instance_id)
        place = bisect_left(self._numbers, number)
        return self._numbers[place : place + 1] == [number]

    def _now(self) -> datetime:
        now = datetime.now(UTC).replace(microsecond=0)
        if self._numbers:
            now = max(now, self.item(-1).added_at + _STEP)
        return now.astimezone(DISCOGS_ZONE)
