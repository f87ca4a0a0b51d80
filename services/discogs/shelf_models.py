"""What Discogs tells about one person's records: copies, wishes, folders, fields, value.

*User data* in the words of Discogs' terms: it is shown to whom it belongs, and goes to nobody else.
"""

from datetime import datetime

import msgspec


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One carrier of a release: ``2 × Vinyl``, ``LP, Album``, ``180 g``.

    Attributes:
        name: ``Vinyl``, ``CD``, …
        quantity: 1 or more; 1 where Discogs says nothing sensible.
        descriptions: ``LP``, ``Album``, ``Reissue``, …
        text: Free text of whoever entered it; empty for none.
    """

    name: str
    quantity: int = 1
    descriptions: tuple[str, ...] = ()
    text: str = ""


class LabelLine(msgspec.Struct, frozen=True, kw_only=True):
    """A label and the catalogue number under which it issued the release, or None."""

    name: str
    catno: str | None = None


class Pressing(msgspec.Struct, frozen=True, kw_only=True):
    """What a shelf says about a release (Discogs' ``basic_information``).

    Attributes:
        release_id: Discogs release id.
        title: The title.
        artist: Display name: credits joined as Discogs joins them.
        master_id: The work it is an edition of, or None.
        year: The pressing's year, or None when unknown.
        country: Or None; shelves seldom tell it.
        formats: In Discogs' order.
        labels: In Discogs' order.
        genres: Discogs' genres.
        styles: Discogs' styles.
        thumb_url: Small picture, verbatim (the URL is signed), or None.
        cover_url: Large picture, likewise.
    """

    release_id: int
    title: str
    artist: str
    master_id: int | None = None
    year: int | None = None
    country: str | None = None
    formats: tuple[Format, ...] = ()
    labels: tuple[LabelLine, ...] = ()
    genres: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    thumb_url: str | None = None
    cover_url: str | None = None


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """One copy in a collection.

    Attributes:
        instance_id: Unique in its collection; the same release may be owned several times.
        pressing: What it is a copy of.
        folder_id: 1 or more; 1 is "Uncategorized". 0 where a public collection hides folders.
        rating: 0 (none) to 5.
        added_at: When it was added (aware, UTC), or None when Discogs' text is no date.
        notes: The owner's texts by field id, empty ones left out.
    """

    instance_id: int
    pressing: Pressing
    folder_id: int = 1
    rating: int = 0
    added_at: datetime | None = None
    notes: tuple[tuple[int, str], ...] = ()


class CollectionPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a collection.

    Attributes:
        copies: At most 100; Discogs may leave some out of a full page.
        page: 1 or more.
        pages: How many there are now; 1 for an empty collection.
        total: Copies in the whole folder now.
        unreadable: How many more are on the page, whose ids could not be read.
    """

    copies: tuple[Copy, ...]
    page: int
    pages: int
    total: int
    unreadable: int = 0

    @property
    def entries(self) -> tuple[tuple[int, datetime | None], ...]:
        """What identifies each copy, and when it was added."""
        return tuple((copy.instance_id, copy.added_at) for copy in self.copies)


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of a collection; 0 holds everything, 1 is "Uncategorized"."""

    folder_id: int
    name: str
    count: int = 0


class NoteField(msgspec.Struct, frozen=True, kw_only=True):
    """A field that the owner can fill in for each copy.

    Attributes:
        field_id: 1 media condition, 2 sleeve condition, 3 notes, unless the owner changed them.
        name: As the owner calls it.
        options: What may be chosen; empty for free text.
    """

    field_id: int
    name: str
    options: tuple[str, ...] = ()


class CollectionValue(msgspec.Struct, frozen=True, kw_only=True):
    """Discogs' estimate, in its own words (``CHF 1,234.50``): shown, never parsed."""

    minimum: str
    median: str
    maximum: str


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One release on a wantlist.

    Attributes:
        pressing: What is wanted.
        rating: 0 (none) to 5.
        added_at: When it was added (aware, UTC), or None when Discogs does not tell.
        notes: Empty for none, and for strangers.
    """

    pressing: Pressing
    rating: int = 0
    added_at: datetime | None = None
    notes: str = ""


class WantlistPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a wantlist; see ``CollectionPage``."""

    wishes: tuple[Wish, ...]
    page: int
    pages: int
    total: int
    unreadable: int = 0

    @property
    def entries(self) -> tuple[tuple[int, datetime | None], ...]:
        """What identifies each wish, and when it was added."""
        return tuple((wish.pressing.release_id, wish.added_at) for wish in self.wishes)


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A Discogs user.

    Attributes:
        discogs_id: Stays when the user is renamed.
        username: As the user writes it.
        collection_size: Copies; None when only the owner may know.
        currency: In which they want prices (``EUR``); None when only the owner may know.
    """

    discogs_id: int
    username: str
    collection_size: int | None = None
    currency: str | None = None
