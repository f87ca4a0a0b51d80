"""What EurIA's errors mean: every envelope that was seen, before a stream and inside one.

Only codes are read, never prose: it may quote the prompt, and prompts hold what people typed.
"""

from collections.abc import Iterator
from typing import Final

from services.errors import (
    AuthenticationFailed,
    ExternalServiceException,
    InvalidRequest,
    ModelNotServed,
    NotFound,
    OutOfCredit,
    RateLimitExceeded,
    UpstreamServerError,
    error_class_for,
)
from services.http import ErrorDetail, read_json

_CLASSES: Final[dict[str, type[ExternalServiceException]]] = {
    "validation_failed": InvalidRequest,
    "bad_request": InvalidRequest,
    "BadRequestError": InvalidRequest,
    "invalid_request_error": InvalidRequest,
    "not_authorized": AuthenticationFailed,
    "AuthenticationError": AuthenticationFailed,
    "method_not_found": NotFound,
    "NotFoundError": NotFound,
    "model_not_found": ModelNotServed,
    "insufficient_quota": OutOfCredit,
    "payment_required": OutOfCredit,
    "rate_limit_exceeded": RateLimitExceeded,
    "RateLimitError": RateLimitExceeded,
}
"""The codes and types that are words; everything else inside a stream is the server's trouble."""

_MODEL_CODES: Final = frozenset({"model_not_found"})
_STATUS_DIGITS: Final = 3


def read_error(body: bytes) -> ErrorDetail:
    """Return the code of Infomaniak's envelope, the model server's, or OpenAI's."""
    return ErrorDetail(next(_codes(read_json(body)), ""))


def names_the_model(body: bytes) -> bool:
    """Return whether an error is about the model that was asked for."""
    value = read_json(body)
    if not _MODEL_CODES.isdisjoint(_codes(value)):
        return True
    return any(_is_about_model(part) for part in _parts(value))


def error_inside(body: bytes, operation: str) -> ExternalServiceException:
    """Return the error that a body with status 200 carries: its code may be a status."""
    code = read_error(body).message
    if names_the_model(body):
        kind: type[ExternalServiceException] = ModelNotServed
    elif code.isascii() and code.isdigit() and len(code) == _STATUS_DIGITS:
        kind = error_class_for(int(code))
    else:
        kind = _CLASSES.get(code, UpstreamServerError)
    return kind("euria", operation, None, f"error inside the answer ({code})")


def _codes(value: object) -> Iterator[str]:
    """Yield the codes of an error body, the innermost first."""
    if not isinstance(value, dict):
        return
    for envelope in (value.get("error"), value):
        if isinstance(envelope, dict):
            code = envelope.get("code") or envelope.get("type")
            if isinstance(code, str | int):
                yield str(code)


def _parts(value: object) -> Iterator[dict[str, object]]:
    """Yield the objects that may name what is wrong: OpenAI's error, Infomaniak's details."""
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        return
    yield error
    details = error.get("errors")
    for detail in details if isinstance(details, list) else []:
        context = detail.get("context") if isinstance(detail, dict) else None
        if isinstance(context, dict):
            yield context


def _is_about_model(part: dict[str, object]) -> bool:
    return part.get("param") == "model" or part.get("attribute") == "model"
