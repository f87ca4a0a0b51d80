"""How Discord says no: the error codes used here and the tree of a form's mistakes.

https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from bot.sandbox.discord.snowflakes import Json

Path = tuple[str | int, ...]


class ApiError(Exception):
    """A refusal that becomes a Discord-shaped error body."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        errors: Json | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Describe the refusal.

        Args:
            status: HTTP status.
            code: Discord's JSON error code; 0 is its general one.
            message: Discord's sentence.
            errors: The tree of `code` 50035.
            extra: Further members of the body, such as `retry_after`.
        """
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.extra = dict(extra or {})

    @property
    def body(self) -> Json:
        """The JSON body that tells the client."""
        body: Json = {"message": self.message, "code": self.code}
        if self.errors is not None:
            body["errors"] = self.errors
        return body | self.extra


class ErrorTree:
    """Collects the mistakes of one form at the paths where they were made."""

    def __init__(self) -> None:
        """Start without mistakes."""
        self._root: Json = {}

    def add(self, path: Path, code: str, message: str) -> None:
        """Note one mistake; an empty path means the form as a whole."""
        node = self._root
        for step in path:
            node = node.setdefault(str(step), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def raise_if_any(self) -> None:
        """Refuse the form when a mistake was noted.

        Raises:
            ApiError: 400 with code 50035.
        """
        if self._root:
            raise ApiError(HTTPStatus.BAD_REQUEST, 50035, "Invalid Form Body", errors=self._root)


def unknown(code: int, thing: str) -> ApiError:
    """Return the refusal for something that is not there, such as 10008 "Message"."""
    return ApiError(HTTPStatus.NOT_FOUND, code, f"Unknown {thing}")


def unauthorized() -> ApiError:
    """Return the refusal for a missing or wrong bot token."""
    return ApiError(HTTPStatus.UNAUTHORIZED, 0, "401: Unauthorized")


def no_such_route() -> ApiError:
    """Return the refusal for an address that Discord, or this stand-in, does not have."""
    return ApiError(HTTPStatus.NOT_FOUND, 0, "404: Not Found")


def missing_access() -> ApiError:
    """Return the refusal for a place that the bot cannot see."""
    return ApiError(HTTPStatus.FORBIDDEN, 50001, "Missing Access")


def missing_permissions() -> ApiError:
    """Return the refusal for something the bot may not do in a place it can see."""
    return ApiError(HTTPStatus.FORBIDDEN, 50013, "Missing Permissions")


def empty_message() -> ApiError:
    """Return the refusal for a message in which there is nothing to see."""
    return ApiError(HTTPStatus.BAD_REQUEST, 50006, "Cannot send an empty message")
