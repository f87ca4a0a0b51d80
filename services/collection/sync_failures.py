"""What a failure means for a sync: is it over, and why, or is it tried again, and when."""

from datetime import datetime
from typing import Final

from services.collection.models import SyncProblem
from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    ExternalServiceException,
    LinkAgain,
    NotFound,
    NotLinked,
    ServiceDisabled,
)

GIVE_UP_SECONDS: Final = 86_400.0
_FIRST_PAUSE_SECONDS: Final = 15.0
_LONGEST_PAUSE_SECONDS: Final = 1_800.0


def final_problem(error: ExternalServiceException, *, is_owner: bool) -> SyncProblem | None:
    """Return why trying again is pointless, or None when it is not.

    Args:
        error: What Discogs, or this side, answered.
        is_owner: It was asked in the owner's name.
    """
    if isinstance(error, NotFound):  # of page 1, which every user has
        return SyncProblem.NO_SUCH_USER
    if isinstance(error, AccessDenied):
        return SyncProblem.PRIVATE
    if isinstance(error, AuthenticationFailed):
        # Strangers are told either of the two about a private collection.
        return SyncProblem.REFUSED if is_owner else SyncProblem.PRIVATE
    if isinstance(error, (NotLinked, LinkAgain)):
        return SyncProblem.REFUSED
    if isinstance(error, ServiceDisabled):
        return SyncProblem.UNAVAILABLE
    return None


def pause_seconds(
    error: ExternalServiceException, failing_since: datetime, now: datetime
) -> float | None:
    """Return how long to wait before the next try; None: it was tried for a day."""
    age = (now - failing_since).total_seconds()
    if age > GIVE_UP_SECONDS:
        return None
    # More patient with every hour, and never earlier than Discogs asks for.
    patience = min(max(_FIRST_PAUSE_SECONDS, age / 4), _LONGEST_PAUSE_SECONDS)
    return min(max(patience, error.retry_after or 0.0), GIVE_UP_SECONDS)
