"""What ``/collection export`` writes: CSV for Discogs' importer, JSON, Markdown.

Batch by batch, so that ten thousand copies neither fill the memory nor hold up the event loop.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

import msgspec

from services.collection.models import ExportFormat, StoredCopy
from services.music import clean_text

_DISCOGS: Final = "Data provided by Discogs (https://www.discogs.com)"
_RELEASE_URL: Final = "https://www.discogs.com/release/{release_id}"
_EXTENSIONS: Final = {
    ExportFormat.CSV: "csv",
    ExportFormat.JSON: "json",
    ExportFormat.MARKDOWN: "md",
}
# The header of Discogs' own export; its importer goes by these names.
_CSV_COLUMNS: Final = (
    "Catalog#",
    "Artist",
    "Title",
    "Label",
    "Format",
    "Rating",
    "Released",
    "release_id",
    "CollectionFolder",
    "Date Added",
)
_FIELD_PREFIX: Final = "Collection "
# What makes spreadsheets take a cell for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>#|~])")
_FILE_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")


class Exporter(Protocol):
    """Writes a file batch by batch."""

    def add(self, copies: Iterable[StoredCopy]) -> None:
        """Write more copies."""

    def finish(self) -> bytes:
        """Return the whole file."""


def make_exporter(
    kind: ExportFormat, *, username: str, fields: Mapping[int, str], now: datetime
) -> Exporter:
    """Return what writes a file of that kind.

    Args:
        kind: Which.
        username: Whose collection, on Discogs.
        fields: What the person calls the note fields, by Discogs' numbers.
        now: When (aware).
    """
    if kind is ExportFormat.CSV:
        return CsvExporter([name for _, name in sorted(fields.items())])
    if kind is ExportFormat.JSON:
        return JsonExporter(username, now)
    return MarkdownExporter(username, now)


def file_name(kind: ExportFormat, username: str, now: datetime) -> str:
    """Return a name that every file system takes."""
    name = _FILE_NAME.sub("_", username).strip("._") or "collection"
    return f"discogs-{name}-{now.astimezone(UTC):%Y-%m-%d}.{_EXTENSIONS[kind]}"


class CsvExporter:
    """Writes what Discogs' own importer takes, and what no spreadsheet runs.

    A text that a spreadsheet would take for a formula gets an apostrophe in front. The importer
    finds releases by ``release_id``, which is a number and stays as it is.
    """

    def __init__(self, fields: Iterable[str]) -> None:
        """Write the header; ``fields`` are the names of the note fields."""
        self._fields = list(dict.fromkeys(fields))
        self._text = io.StringIO()
        self._writer = csv.writer(self._text)
        self._writer.writerow(
            [*_CSV_COLUMNS, *(_harmless(f"{_FIELD_PREFIX}{name}") for name in self._fields)]
        )

    def add(self, copies: Iterable[StoredCopy]) -> None:
        """Write a line for each copy."""
        self._writer.writerows(self._cells(copy) for copy in copies)

    def finish(self) -> bytes:
        """Return the file, in UTF-8 as Discogs writes it: without a byte-order mark."""
        return self._text.getvalue().encode()

    def _cells(self, copy: StoredCopy) -> list[str]:
        notes = dict(copy.notes)
        return [
            _harmless(", ".join(line.catno or "none" for line in copy.labels)),
            _harmless(copy.artist),
            _harmless(copy.title),
            _harmless(", ".join(line.name for line in copy.labels)),
            _harmless(formats_of(copy)),
            str(copy.rating or ""),
            str(copy.year or 0),
            str(copy.release_id or ""),
            _harmless(copy.folder),
            f"{copy.added_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if copy.added_at else "",
            *(_harmless(notes.get(name, "")) for name in self._fields),
        ]


class JsonExporter:
    """Writes every field; dates in ISO 8601."""

    def __init__(self, username: str, now: datetime) -> None:
        """Write for ``username``."""
        self._head = {"username": username, "exported_at": now, "source": _DISCOGS}
        self._copies: list[bytes] = []
        self._encoder = msgspec.json.Encoder()

    def add(self, copies: Iterable[StoredCopy]) -> None:
        """Write an object for each copy."""
        self._copies += [self._encoder.encode(copy) for copy in copies]

    def finish(self) -> bytes:
        """Return the file."""
        head = self._encoder.encode(self._head)[:-1]
        return head + b',"copies":[\n' + b",\n".join(self._copies) + b"\n]}\n"


class MarkdownExporter:
    """Writes a table that people read."""

    def __init__(self, username: str, now: datetime) -> None:
        """Write the heading."""
        self._lines = [
            f"# Records of {_escaped(username)}",
            "",
            f"{_DISCOGS}, {now.astimezone(UTC):%Y-%m-%d}",
            "",
            "| Artist | Title | Year | Format | Label | Rating | Folder |",
            "|---|---|---|---|---|---|---|",
        ]

    def add(self, copies: Iterable[StoredCopy]) -> None:
        """Write a line for each copy."""
        self._lines += [_markdown_row(copy) for copy in copies]

    def finish(self) -> bytes:
        """Return the file."""
        return ("\n".join(self._lines) + "\n").encode()


def formats_of(copy: StoredCopy) -> str:
    """Return the formats as Discogs' own export writes them: ``2xVinyl, LP, Album``."""
    return " + ".join(
        ", ".join(
            [
                f"{each.quantity}x{each.name}" if each.quantity > 1 else each.name,
                *each.descriptions,
                *([each.text] if each.text else []),
            ]
        )
        for each in copy.formats
    )


def _markdown_row(copy: StoredCopy) -> str:
    title = _escaped(copy.title)
    if copy.release_id:
        title = f"[{title}]({_RELEASE_URL.format(release_id=copy.release_id)})"
    labels = ", ".join(" ".join(filter(None, (line.name, line.catno))) for line in copy.labels)
    cells = (
        _escaped(copy.artist),
        title,
        str(copy.year or ""),
        _escaped(formats_of(copy)),
        _escaped(labels),
        "★" * copy.rating,
        _escaped(copy.folder),
    )
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", clean_text(text))


def _harmless(text: str) -> str:
    # Spaces in front do not keep every spreadsheet from looking further.
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
