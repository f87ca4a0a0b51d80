"""The file of a backup: one JSON value a line, compressed; see ``backup.py``.

::

    {"format": "aime-backup", "version": 1, "created_at": …, "revision": "0003"}
    {"table": "jobs", "columns": ["id", "kind", …]}
    [1, "descriptions.write_later", …]
    …
    {"rows": {"jobs": 1, …}, "sha256": of all lines before}
"""

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

from services.storage.errors import BackupUnusable

_FORMAT: Final = "aime-backup"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds.

    Attributes:
        revision: Of its tables.
        created_at: When it was taken (UTC).
        rows: How many, by table.
    """

    revision: str
    created_at: datetime
    rows: dict[str, int] = field(default_factory=dict)


class BackupWriter:
    """Writes a backup line by line."""

    def __init__(self, file: TextIO, *, revision: str | None, created_at: datetime) -> None:
        """Write the first line; ``revision`` is that of the tables."""
        self._file = file
        self._digest = hashlib.sha256()
        self._rows: dict[str, int] = {}
        head = {"format": _FORMAT, "version": _VERSION, "created_at": created_at.isoformat()}
        self._line({**head, "revision": revision})

    def table(self, name: str, columns: list[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write a table."""
        self._line({"table": name, "columns": columns})
        self._rows[name] = 0
        for row in rows:
            self._line(list(row))
            self._rows[name] += 1

    def end(self) -> None:
        """Write the last line, without which the file is no backup."""
        self._line({"rows": self._rows, "sha256": self._digest.hexdigest()})

    def _line(self, value: object) -> None:
        line = json.dumps(value, ensure_ascii=False, default=_encode) + "\n"
        self._digest.update(line.encode())
        self._file.write(line)


class BackupReader:
    """Reads a backup from its first line to its last, and believes nothing before it.

    Attributes:
        manifest: Known once all tables were read.
    """

    def __init__(self, path: Path) -> None:
        """Read the file at ``path``."""
        self._path = path
        self._digest = hashlib.sha256()
        self._rows: dict[str, int] = {}
        self.manifest = Manifest(revision="", created_at=datetime.min.replace(tzinfo=UTC))

    def tables(self) -> Iterator[tuple[str, list[str], Iterator[list[Any]]]]:
        """Yield name, columns and rows of each table; read the rows before going on.

        Raises:
            BackupUnusable: It is not a whole backup.
        """
        try:
            yield from self._tables()
        except (
            EOFError,
            gzip.BadGzipFile,
            ValueError,
            KeyError,
            TypeError,
            IndexError,
            zlib.error,
        ):
            raise BackupUnusable("the file is not a whole backup of this bot") from None

    def _tables(self) -> Iterator[tuple[str, list[str], Iterator[list[Any]]]]:
        with gzip.open(self._path, "rt", encoding="utf-8") as file:
            head = self._take(next(file, ""))
            if head["format"] != _FORMAT or head["version"] != _VERSION:
                raise ValueError
            line = self._take(next(file, ""))
            while "table" in line:
                name = str(line["table"])
                self._rows[name] = 0
                after: list[Any] = []
                rows = self._table_rows(file, name, after)
                yield name, [str(column) for column in line["columns"]], rows
                for _ in rows:
                    pass
                line = after.pop()
            self._end(head, line, next(file, None))

    def _table_rows(self, file: TextIO, name: str, after: list[Any]) -> Iterator[list[Any]]:
        for text_line in file:
            before = self._digest.hexdigest() if text_line.startswith('{"rows"') else ""
            line = self._take(text_line)
            if isinstance(line, dict):
                after.append({**line, "digest": before})
                return
            self._rows[name] += 1
            yield line

    def _take(self, text_line: str) -> Any:  # noqa: ANN401  # JSON
        self._digest.update(text_line.encode())
        return json.loads(text_line)

    def _end(self, head: dict[str, Any], last: dict[str, Any], more: str | None) -> None:
        is_whole = last["sha256"] == last["digest"] and last["rows"] == self._rows
        if not is_whole or more is not None:
            raise ValueError
        self.manifest = Manifest(
            revision=str(head["revision"]),
            created_at=datetime.fromisoformat(head["created_at"]),
            rows=self._rows,
        )


def _encode(value: object) -> dict[str, str]:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return {"time": aware.astimezone(UTC).isoformat()}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    raise TypeError(f"a column holds a {type(value).__name__}, which a backup cannot")


def decode(value: Any) -> Any:  # noqa: ANN401  # JSON
    """Return the column's value behind one of the file."""
    if not isinstance(value, dict):
        return value
    if "bytes" in value:
        return base64.b64decode(value["bytes"])
    return datetime.fromisoformat(value["time"])
