"""What stands on a sleeve beside title and tracks: who made the record, and by what it is known."""

import msgspec


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """A company that had a part in making a release.

    Attributes:
        role: In Discogs' English: ``Pressed By``, ``Mastered At``, …
        name: Without Discogs' trailing number.
        catno: The number under which it did that, or None.
    """

    role: str
    name: str
    catno: str | None = None


class ReleaseCredit(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody credited beside the main artists.

    Attributes:
        role: In Discogs' English: ``Producer``, ``Written-By [All Tracks]``, …
        name: Display name.
        tracks: Which ones (``A1 to A3``); empty for all of them.
    """

    role: str
    name: str
    tracks: str = ""


class Identifier(msgspec.Struct, frozen=True, kw_only=True):
    """A barcode, a run-out inscription, or the like.

    Attributes:
        kind: In Discogs' English: ``Barcode``, ``Matrix / Runout``, …
        value: As it was entered.
        description: Where it is found (``Side A``); empty for nothing said.
    """

    kind: str
    value: str
    description: str = ""
