"""Logging: one handler, a correlation id on every line, and no secret on any.

Redaction happens last, on the rendered line with its traceback, so it does not matter how a
secret got there: as an argument, inside an exception's text or in a library's message.
"""

import contextlib
import json
import logging
import re
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, TextIO

from services.secret import MASK

CORRELATION_ID: ContextVar[str] = ContextVar("correlation_id", default="-")
"""Short id of the interaction or message being answered; shown to users with unknown errors."""

QUIET_LIBRARIES: Final = (
    "discord",
    "aiohttp",
    "asyncio",
    "aiocache",
    "alembic",
    "sqlalchemy",
    "aiosqlite",
)
_SHORTEST_SECRET: Final = 4
# Credentials that are not settings (fetched tokens) are caught by what stands around them.
_CREDENTIAL = re.compile(
    r"(?i)(\bbearer\s+|\b(?:basic|bot)\s+(?=\S{16})"
    r"|(?:access_token|refresh_token|client_secret)\W{1,4}"
    r"|(?:token|secret|signature)(?:=[\"']?|[\"']\s?:\s?[\"']))[A-Za-z0-9._~+/=%\-]{8,}"
)
# Interaction tokens are credentials for 15 minutes and part of webhook URLs.
_WEBHOOK_TOKEN = re.compile(r"((?:webhooks|interactions)/\d+/)[\w.\-]+")


class Redactor:
    """Replaces secrets in rendered text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Hide each of ``secrets``; texts below 4 characters would hide ordinary words."""
        known = sorted({s for s in secrets if len(s) >= _SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def redact(self, text: str) -> str:
        """Return ``text`` without secrets."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        return _WEBHOOK_TOKEN.sub(rf"\g<1>{MASK}", _CREDENTIAL.sub(rf"\g<1>{MASK}", text))


class ConsoleFormatter(logging.Formatter):
    """One readable line per record."""

    def __init__(self, redactor: Redactor) -> None:
        """Redact every line."""
        super().__init__(
            "%(asctime)s %(levelname)-7s %(correlation_id)s %(name)s: %(message)s", "%H:%M:%S"
        )
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Return the redacted line, traceback included."""
        record.correlation_id = CORRELATION_ID.get()
        return self._redactor.redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object per record."""

    def __init__(self, redactor: Redactor) -> None:
        """Redact every value."""
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Return the redacted object, traceback included."""
        fields = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "correlation_id": CORRELATION_ID.get(),
            "message": self._redactor.redact(record.getMessage()),
        }
        if record.exc_info:
            fields["exception"] = self._redactor.redact(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=False)


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines; one that cannot be formatted is named, without its arguments."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's own name
        """Say where the line is; logging itself would print what it holds, secrets included."""
        text = "a log line could not be written: line %s of %s"
        where = (record.lineno, record.module)
        note = logging.LogRecord(
            record.name, logging.ERROR, record.pathname, record.lineno, text, where, None
        )
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(self.format(note) + self.terminator)


def set_up_logging(
    *, level: str, log_format: str, secrets: Iterable[str], stream: TextIO | None = None
) -> None:
    """Replace the root logger's handlers by one that redacts.

    Args:
        level: Of our own loggers; libraries are never below WARNING unless it is DEBUG.
        log_format: ``console`` or ``json``.
        secrets: Texts that must not appear.
        stream: Where to write; standard error by default.
    """
    redactor = Redactor(secrets)
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(
        JsonFormatter(redactor) if log_format == "json" else ConsoleFormatter(redactor)
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for library in QUIET_LIBRARIES:
        quiet = logging.INFO if level == "DEBUG" else logging.WARNING
        logging.getLogger(library).setLevel(max(logging.getLevelName(level), quiet))
