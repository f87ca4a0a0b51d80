"""EurIA's error bodies."""

from http import HTTPStatus
from typing import Any

from bot.sandbox.euria.streaming import Json
from bot.sandbox.faults import Fault, status_of
from bot.sandbox.server import RefusedError


def envelope(code: str, description: str, **more: Any) -> Json:  # noqa: ANN401  # any JSON
    """Return an error in Infomaniak's own shape."""
    return {"result": "error", "error": {"code": code, "description": description} | more}


def invalid(attribute: str, description: str, context: Json) -> RefusedError:
    """Return the refusal of one field of a request, such as the model."""
    detail = {
        "code": "validation_rule_in",
        "description": description,
        "context": {"attribute": attribute} | context,
    }
    body = envelope("validation_failed", "Validation failed", errors=[detail])
    return RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, body)


def fault_body(fault: Fault) -> object:
    """Return the body of a fault's status."""
    status = status_of(fault)
    if status == HTTPStatus.UNAUTHORIZED:
        return envelope("not_authorized", "Authorization required")
    phrase = HTTPStatus(status).phrase
    return envelope(phrase.lower().replace(" ", "_"), phrase)
