"""Checks one JSON object field by field, the way Discord reports it."""

from collections.abc import Collection
from typing import Any

from bot.sandbox.discord.errors import ErrorTree, Path
from bot.sandbox.discord.snowflakes import Json


class Form:
    """One JSON object being checked; mistakes land in a tree shared with its parents."""

    def __init__(self, data: Json, tree: ErrorTree, path: Path = ()) -> None:
        """Check `data`, which stands at `path` in the request."""
        self.data = data
        self.tree = tree
        self.path = path

    def fail(self, field: str | None, code: str, message: str) -> None:
        """Note a mistake in a field, or in the object as a whole."""
        self.tree.add(self.path if field is None else (*self.path, field), code, message)

    def text(
        self, field: str, *, maximum: int, minimum: int = 0, required: bool = False
    ) -> str | None:
        """Return a string of allowed length in characters, or None when absent or wrong."""
        value = self._present(field, required=required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fail(field, "BASE_TYPE_BAD_TYPE", "Could not interpret value as string.")
            return None
        if minimum and not minimum <= len(value) <= maximum:
            self._bad_length(field, minimum, maximum)
        elif len(value) > maximum:
            self.fail(field, "BASE_TYPE_MAX_LENGTH", f"Must be {maximum} or fewer in length.")
        return value

    def integer(
        self, field: str, *, minimum: int, maximum: int, required: bool = False
    ) -> int | None:
        """Return a whole number in range, or None when absent or wrong."""
        value = self._present(field, required=required)
        if value is None:
            return None
        # Discord takes snowflakes and permission sets as strings or numbers.
        if isinstance(value, bool) or not str(value).lstrip("-").isdigit():
            message = f'Value "{value}" is not int.'
            self.fail(field, "NUMBER_TYPE_COERCE", message)
            return None
        number = int(value)
        if number < minimum:
            message = f"int value should be greater than or equal to {minimum}."
            self.fail(field, "NUMBER_TYPE_MIN", message)
        elif number > maximum:
            message = f"int value should be less than or equal to {maximum}."
            self.fail(field, "NUMBER_TYPE_MAX", message)
        return number

    def one_of(self, field: str, allowed: Collection[Any], *, required: bool = False) -> Any:  # noqa: ANN401  the value's type is that of `allowed`
        """Return a value that is among those allowed, or None when absent or wrong."""
        value = self._present(field, required=required)
        if value is None or value in allowed:
            return value
        choices = ", ".join(map(repr, sorted(allowed)))
        self.fail(field, "BASE_TYPE_CHOICES", f"Value must be one of ({choices}).")
        return None

    def objects(
        self, field: str, *, maximum: int, minimum: int = 0, required: bool = False
    ) -> list["Form"]:
        """Return the objects of a list of allowed length; those of a wrong list are left out."""
        value = self._present(field, required=required)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fail(field, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if minimum and not minimum <= len(value) <= maximum:
            self._bad_length(field, minimum, maximum)
            return []
        if len(value) > maximum:
            self.fail(field, "BASE_TYPE_MAX_LENGTH", f"Must be {maximum} or fewer in length.")
            return []
        entries = [self._child((field, index), entry) for index, entry in enumerate(value)]
        return [entry for entry in entries if entry is not None]

    def nested(self, field: str, *, required: bool = False) -> "Form | None":
        """Return a nested object, or None when absent or wrong."""
        value = self._present(field, required=required)
        return None if value is None else self._child((field,), value)

    def _present(self, field: str, *, required: bool) -> Any:  # noqa: ANN401  JSON
        value = self.data.get(field)
        if value is None and required:
            self.fail(field, "BASE_TYPE_REQUIRED", "This field is required")
        return value

    def _bad_length(self, field: str, minimum: int, maximum: int) -> None:
        message = f"Must be between {minimum} and {maximum} in length."
        self.fail(field, "BASE_TYPE_BAD_LENGTH", message)

    def _child(self, steps: Path, value: object) -> "Form | None":
        path = (*self.path, *steps)
        if isinstance(value, dict):
            return Form(value, self.tree, path)
        self.tree.add(path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return None
