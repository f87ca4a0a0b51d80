"""The small print of a release, read: companies, credits, identifiers. No I/O."""

from collections.abc import Iterable
from typing import Final

import msgspec

from services.discogs.naming import catalogue_number, display_name, label_name
from services.discogs.release_parts import Company, Identifier, ReleaseCredit
from services.music import clean_text

_BARCODE: Final = "barcode"


class RawCompany(msgspec.Struct, gc=False):
    """A company, with Discogs' name for what it did."""

    name: str = ""
    entity_type_name: str | None = None
    catno: str | None = None


class RawRole(msgspec.Struct, gc=False):
    """An artist who did something; ``tracks`` is a text, and empty for all of them."""

    name: str = ""
    anv: str | None = None
    role: str | None = None
    tracks: str | None = None


class RawIdentifier(msgspec.Struct, gc=False):
    """A barcode, a run-out inscription, or the like."""

    type: str = ""
    value: str | None = None
    description: str | None = None


def read_companies(rows: Iterable[RawCompany]) -> tuple[Company, ...]:
    """Return those with a name, in Discogs' order."""
    return tuple(
        Company(
            role=clean_text(row.entity_type_name or ""),
            name=name,
            catno=catalogue_number(row.catno),
        )
        for row in rows
        if (name := label_name(row.name))
    )


def read_credits(rows: Iterable[RawRole]) -> tuple[ReleaseCredit, ...]:
    """Return those with a name and a role, in Discogs' order."""
    return tuple(
        ReleaseCredit(role=role, name=name, tracks=clean_text(row.tracks or ""))
        for row in rows
        if (name := display_name(row.anv or row.name)) and (role := clean_text(row.role or ""))
    )


def read_identifiers(rows: Iterable[RawIdentifier]) -> tuple[Identifier, ...]:
    """Return those with a value: barcodes first, otherwise in Discogs' order."""
    found = [
        Identifier(
            kind=clean_text(row.type), value=value, description=clean_text(row.description or "")
        )
        for row in rows
        if (value := clean_text(row.value or ""))
    ]
    return tuple(sorted(found, key=lambda each: each.kind.casefold() != _BARCODE))
