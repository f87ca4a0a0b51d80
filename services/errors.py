"""What can go wrong when an upstream is asked, and the one table from HTTP status to error.

The names of the four main classes are the ADR's::

    ExternalServiceException    service, operation, status_code | None, message, retry_after | None
    +-- RateLimitExceeded       429; retry_after in seconds; is_quota for a spent allowance
    +-- ServiceDown             UpstreamTimeout, UpstreamUnreachable, UpstreamServerError (any 5xx)
    +-- AuthenticationFailed    401; AccessDenied (403, 451: never a reason to refresh), under it
                                OutOfCredit (402) and ModelNotServed
    +-- InvalidRequest          every other 4xx; ContentWithheld (it will not write about that)
    +-- NotFound                404, 410
    +-- InvalidResponse         an answer arrived but broke the contract
    +-- OutcomeUnknown          a change was sent, and nobody knows whether it was made
    +-- RefusedLocally          nothing was sent: CircuitOpen (AskedToWait), BulkheadFull,
                                DeadlineExceeded, QuotaSpent, ServiceDisabled; NotLinked, LinkAgain
                                (no usable account of this person's: only they can mend it)

Callers choose by class or attribute, never by text. ``str(error)`` is for logs: it reads
``upstream.operation: what happened`` and holds no token, no user text and no response body.
"""

import math
from collections.abc import Sequence
from typing import Final

LONGEST_RETRY_AFTER_SECONDS: Final = 30 * 86_400.0
"""Beyond this, a Retry-After is a stranger's joke; no date may overflow because of it."""


class ExternalServiceException(Exception):
    """Any failure of an upstream call.

    Attributes:
        service: The upstream: ``spotify``, ``discogs`` or ``euria``.
        operation: The named call without the upstream, such as ``get_release``.
        status_code: The HTTP status, or None when no answer arrived.
        message: What happened, for logs; never shown to users.
        retry_after: Seconds until trying again makes sense, or None when nobody knows.
        reason: What the upstream means by it, as a fixed word of that upstream's package, where
            one status has several meanings; empty when the class says it all.
    """

    reason: str = ""

    def __init__(
        self,
        service: str,
        operation: str,
        status_code: int | None = None,
        message: str = "",
        *,
        retry_after: float | None = None,
    ) -> None:
        """Store the facts; ``retry_after`` (seconds) is kept between 0 and 30 days."""
        super().__init__(service, operation, status_code, message)
        self.service = service
        self.operation = operation
        self.status_code = status_code
        self.message = message or type(self).__name__
        self.retry_after = _sane(retry_after)

    def __str__(self) -> str:
        return f"{self.service}.{self.operation}: {self.message}"


def _sane(retry_after: float | None) -> float | None:
    """Headers are strangers' text: no date may overflow, and not-a-number says nothing."""
    if retry_after is None or math.isnan(retry_after):
        return None
    return min(max(0.0, retry_after), LONGEST_RETRY_AFTER_SECONDS)


class RateLimitExceeded(ExternalServiceException):
    """The upstream answered 429; ``is_quota`` when a daily allowance is spent (do not retry)."""

    def __init__(
        self,
        service: str,
        operation: str,
        status_code: int | None = 429,
        message: str = "",
        *,
        retry_after: float | None = None,
        is_quota: bool = False,
    ) -> None:
        """Store the facts; ``retry_after`` is in seconds."""
        super().__init__(service, operation, status_code, message, retry_after=retry_after)
        self.is_quota = is_quota


class ServiceDown(ExternalServiceException):
    """No usable answer: a timeout, a broken connection or a 5xx."""


class UpstreamTimeout(ServiceDown):
    """The upstream did not answer within the limit of one attempt."""


class UpstreamUnreachable(ServiceDown):
    """No connection, or it broke before the answer was complete.

    Attributes:
        was_sent: False only when it is certain that the request never left this machine.
    """

    def __init__(
        self,
        service: str,
        operation: str,
        status_code: int | None = None,
        message: str = "",
        *,
        retry_after: float | None = None,
        was_sent: bool = True,
    ) -> None:
        """Store the facts; ``retry_after`` is in seconds."""
        super().__init__(service, operation, status_code, message, retry_after=retry_after)
        self.was_sent = was_sent


class UpstreamServerError(ServiceDown):
    """The upstream answered with a status of 500 or above."""


class AuthenticationFailed(ExternalServiceException):
    """The upstream rejected our credentials (401): refresh once, then give up."""


class AccessDenied(AuthenticationFailed):
    """The upstream knows who asks and refuses (403, 451): refreshing cannot help."""


class OutOfCredit(AccessDenied):
    """The operator's credit with the upstream is used up (402): only they can mend it."""


class ModelNotServed(AccessDenied):
    """The upstream has no such language model as the settings name."""


class InvalidRequest(ExternalServiceException):
    """The upstream calls our request wrong (a 4xx without a class of its own)."""


class ContentWithheld(InvalidRequest):
    """The upstream's content filter left nothing of the answer."""


class NotFound(ExternalServiceException):
    """The upstream has no such thing (404, 410)."""


class InvalidResponse(ExternalServiceException):
    """An answer arrived but broke the contract: bad JSON, missing field, truncated stream."""


class OutcomeUnknown(ExternalServiceException):
    """A change was sent, and neither its answer nor a second look tells whether it was made.

    Attributes:
        failure: What came instead of an answer.
    """

    def __init__(
        self,
        service: str,
        operation: str,
        status_code: int | None = None,
        message: str = "",
        *,
        retry_after: float | None = None,
        failure: ExternalServiceException | None = None,
    ) -> None:
        """Store the facts; ``retry_after`` is in seconds."""
        super().__init__(service, operation, status_code, message, retry_after=retry_after)
        self.failure = failure


class RefusedLocally(ExternalServiceException):
    """Nothing was sent: this side refused the call."""


class CircuitOpen(RefusedLocally):
    """The upstream failed so often that it is left alone until ``retry_after``."""


class AskedToWait(CircuitOpen):
    """The upstream itself asked to be left alone until ``retry_after``."""


class BulkheadFull(RefusedLocally):
    """Too many calls already wait for this upstream."""


class DeadlineExceeded(RefusedLocally):
    """The time for the whole operation ran out before an answer was complete."""


class QuotaSpent(RefusedLocally):
    """Our own allowance for this upstream is used up until ``retry_after``."""


class ServiceDisabled(RefusedLocally):
    """The upstream is switched off or lacks its keys.

    Attributes:
        settings: The names of the settings that would enable it.
    """

    def __init__(self, service: str, operation: str, *, settings: Sequence[str]) -> None:
        """Name the settings to fill in."""
        super().__init__(service, operation, None, f"disabled; set {', '.join(settings)}")
        self.settings = tuple(settings)


class NotLinked(RefusedLocally):
    """The person has not linked an account of this upstream."""


class LinkAgain(RefusedLocally):
    """The person's account was linked, but its tokens are of no use any more."""


STATUS_ERRORS: Final[dict[int, type[ExternalServiceException]]] = {
    401: AuthenticationFailed,
    402: OutOfCredit,
    403: AccessDenied,
    404: NotFound,
    408: UpstreamTimeout,  # the server gave up waiting: repeating is safe
    410: NotFound,
    429: RateLimitExceeded,
    451: AccessDenied,
}
"""Statuses with a meaning of their own; ``error_class_for`` decides all others by their hundred."""

_FIRST_ERROR_STATUS = 400
_FIRST_SERVER_ERROR = 500


def error_class_for(status: int) -> type[ExternalServiceException]:
    """Return the error class of an HTTP status.

    Args:
        status: 400 or above; a redirect that nobody followed counts as a broken contract.
    """
    if status in STATUS_ERRORS:
        return STATUS_ERRORS[status]
    if status >= _FIRST_SERVER_ERROR:
        return UpstreamServerError
    if status >= _FIRST_ERROR_STATUS:
        return InvalidRequest
    return InvalidResponse
