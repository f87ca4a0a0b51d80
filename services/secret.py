"""``Secret``: a string that cannot be printed by accident."""

from typing import Final

MASK: Final = "•••"


class Secret:
    """Hold a credential; only ``reveal`` returns it.

    ``repr``, ``str`` and f-strings show a mask, so a secret that slips into a log line, a
    dataclass repr or a traceback stays hidden. Comparison is by value; it is not hashable on
    purpose, so it cannot become a cache key or a metric label.
    """

    __hash__ = None  # type: ignore[assignment]  # a secret must not become a dict key
    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Keep ``value`` out of sight."""
        self._value = value

    def reveal(self) -> str:
        """Return the credential itself, for the one line that sends it."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str, /) -> str:
        return MASK

    def __reduce__(self) -> str:
        message = "a Secret is never pickled"
        raise TypeError(message)
