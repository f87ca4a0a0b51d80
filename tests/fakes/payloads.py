"""Recorded and hand-made bodies: ``tests/payloads`` and, where present, the shared recordings."""

from pathlib import Path

_TESTS = Path(__file__).resolve().parent.parent


def payload(name: str) -> bytes:
    """Return the bytes of ``tests/payloads/<name>``."""
    return (_TESTS / "payloads" / name).read_bytes()


def recordings(upstream: str, pattern: str) -> list[Path]:
    """Return the recorded answers of ``upstream`` that match ``pattern``; empty where absent.

    They lie in ``shared/recordings`` beside a checkout, at any level above it.
    """
    for parent in _TESTS.parents:
        folder = parent / "shared" / "recordings" / upstream
        if folder.is_dir():
            return sorted(folder.glob(pattern))
    return []
