import pytest

from services.errors import AccessDenied
from services.spotify.denials import INVALID_LIMIT, Denial, denial_of
from services.spotify.protocol import read_error

LAPSED = (
    b"Active premium subscription required for the owner of the app. When the subscription is "
    b"renewed, it can take a few hours until requests work again."
)


def _json(message: str) -> bytes:
    return f'{{"error":{{"status":403,"message":"{message}"}}}}'.encode()


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        (LAPSED, "/search", Denial.PREMIUM_LAPSED),
        (_json(LAPSED.decode()), "/search", Denial.PREMIUM_LAPSED),
        (_json("Insufficient client scope"), "/me/playlists", Denial.MISSING_SCOPE),
        (
            _json("User not registered in the Developer Dashboard"),
            "/me",
            Denial.NOT_ALLOW_LISTED,
        ),
        (
            _json("Check settings on developer.spotify.com, the user may not be registered."),
            "/me",
            Denial.NOT_ALLOW_LISTED,
        ),
        (_json("Forbidden"), "/artists/a/top-tracks", Denial.ENDPOINT_REMOVED),
        (_json("Forbidden."), "/search", Denial.ENDPOINT_REMOVED),
        (_json("Forbidden"), "/playlists/abc/items", Denial.NOT_YOURS),
        (_json("You cannot add tracks to a playlist you don't own."), "/x", Denial.NOT_YOURS),
        (_json("Invalid limit"), "/search", INVALID_LIMIT),
        (_json("Something new"), "/search", ""),
        (b"<html>403 Forbidden</html>", "/search", ""),
        (b"", "/search", ""),
    ],
)
def test_a_refusal_is_understood_by_its_body_and_path(
    body: bytes, path: str, expected: str
) -> None:
    assert read_error(body, path).reason == expected


def test_a_denial_is_spotifys_only() -> None:
    spotify, discogs, unknown = (
        AccessDenied(service, "ask", 403) for service in ("spotify", "discogs", "spotify")
    )
    spotify.reason = discogs.reason = Denial.NOT_YOURS

    assert [denial_of(error) for error in (spotify, discogs, unknown)] == [
        Denial.NOT_YOURS,
        None,
        None,
    ]
