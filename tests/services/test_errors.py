import inspect

import pytest

from services import errors
from services.errors import (
    AccessDenied,
    AskedToWait,
    AuthenticationFailed,
    BulkheadFull,
    CircuitOpen,
    DeadlineExceeded,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    OutOfCredit,
    QuotaSpent,
    RateLimitExceeded,
    RefusedLocally,
    ServiceDisabled,
    ServiceDown,
    UpstreamServerError,
    UpstreamTimeout,
    UpstreamUnreachable,
    error_class_for,
)

# Written out from the upstreams' documentation, not taken from the code under test.
EXPECTED: dict[int, type[ExternalServiceException]] = (
    dict.fromkeys(range(400, 500), InvalidRequest)
    | dict.fromkeys(range(500, 600), UpstreamServerError)
    | {
        401: AuthenticationFailed,
        402: OutOfCredit,
        403: AccessDenied,
        404: NotFound,
        408: UpstreamTimeout,
        410: NotFound,
        429: RateLimitExceeded,
        451: AccessDenied,
    }
)


@pytest.mark.parametrize("status", range(400, 600))
def test_every_error_status_has_its_class(status: int) -> None:
    assert error_class_for(status) is EXPECTED[status]


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_that_nobody_followed_is_a_broken_contract(status: int) -> None:
    assert error_class_for(status) is InvalidResponse


@pytest.mark.parametrize(
    ("child", "parent"),
    [
        pytest.param(RateLimitExceeded, ExternalServiceException, id="rate limit"),
        pytest.param(ServiceDown, ExternalServiceException, id="down"),
        pytest.param(UpstreamTimeout, ServiceDown, id="timeout"),
        pytest.param(UpstreamUnreachable, ServiceDown, id="unreachable"),
        pytest.param(UpstreamServerError, ServiceDown, id="server error"),
        pytest.param(AuthenticationFailed, ExternalServiceException, id="authentication"),
        pytest.param(AccessDenied, AuthenticationFailed, id="access denied"),
        pytest.param(InvalidRequest, ExternalServiceException, id="invalid request"),
        pytest.param(NotFound, ExternalServiceException, id="not found"),
        pytest.param(InvalidResponse, ExternalServiceException, id="invalid response"),
        pytest.param(CircuitOpen, RefusedLocally, id="circuit open"),
        pytest.param(AskedToWait, CircuitOpen, id="asked to wait"),
        pytest.param(BulkheadFull, RefusedLocally, id="bulkhead full"),
        pytest.param(DeadlineExceeded, RefusedLocally, id="deadline"),
        pytest.param(QuotaSpent, RefusedLocally, id="quota"),
        pytest.param(ServiceDisabled, RefusedLocally, id="disabled"),
        pytest.param(RefusedLocally, ExternalServiceException, id="refused locally"),
    ],
)
def test_the_tree_is_the_documented_one(
    child: type[ExternalServiceException], parent: type[ExternalServiceException]
) -> None:
    assert child.__mro__[1] is parent


def test_every_error_of_the_module_is_in_the_tree() -> None:
    classes = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    own = [kind for kind in classes if kind.__module__ == errors.__name__]

    assert [kind for kind in own if not issubclass(kind, ExternalServiceException)] == []


def test_an_error_keeps_its_facts() -> None:
    error = UpstreamServerError("discogs", "get_release", 502, "502 (bad gateway)", retry_after=3)

    facts = (error.service, error.operation, error.status_code, error.message, error.retry_after)

    assert facts == ("discogs", "get_release", 502, "502 (bad gateway)", 3)


def test_the_text_of_an_error_names_upstream_operation_and_what_happened() -> None:
    error = NotFound("discogs", "get_release", 404, "404 for release 249504")

    assert str(error) == "discogs.get_release: 404 for release 249504"


def test_an_error_without_a_message_is_named_by_its_class() -> None:
    assert str(UpstreamTimeout("spotify", "search")) == "spotify.search: UpstreamTimeout"


def test_a_retry_after_in_the_past_means_now() -> None:
    assert ServiceDown("spotify", "search", retry_after=-3.0).retry_after == 0.0


def test_an_unknown_retry_after_stays_unknown() -> None:
    assert ServiceDown("spotify", "search").retry_after is None


def test_a_rate_limit_is_a_429_and_no_spent_quota_unless_told() -> None:
    error = RateLimitExceeded("spotify", "search")

    assert (error.status_code, error.is_quota) == (429, False)


def test_a_spent_quota_is_marked() -> None:
    assert RateLimitExceeded("spotify", "search", is_quota=True).is_quota


def test_a_lost_connection_counts_as_sent_unless_it_is_certain_that_it_was_not() -> None:
    doubtful = UpstreamUnreachable("spotify", "search")
    certain = UpstreamUnreachable("spotify", "search", was_sent=False)

    assert (doubtful.was_sent, certain.was_sent) == (True, False)


def test_a_disabled_service_names_the_settings_to_fill_in() -> None:
    error = ServiceDisabled("euria", "generate", settings=["EURIA_TOKEN", "EURIA_PRODUCT_ID"])

    assert error.settings == ("EURIA_TOKEN", "EURIA_PRODUCT_ID")
    assert str(error) == "euria.generate: disabled; set EURIA_TOKEN, EURIA_PRODUCT_ID"
