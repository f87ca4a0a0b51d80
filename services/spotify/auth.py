"""The app's own token (client-credentials flow), shared by all calls."""

import base64

import msgspec

from services.errors import AccessDenied, InvalidRequest
from services.http import HttpClient, Request, parse_body
from services.resilience.auth import Grant, SharedCredential
from services.resilience.clock import Clock
from services.secret import Secret
from services.spotify.protocol import read_error

_TOKEN_SKEW_SECONDS = 60.0  # renew early: a token must not expire between here and Spotify


class _Grant(msgspec.Struct):
    access_token: str
    expires_in: float = 3600.0


_GRANT_DECODER = msgspec.json.Decoder(_Grant)


class ClientCredentials:
    """Keeps a valid app token; https://developer.spotify.com/documentation/web-api/tutorials.

    Attributes:
        credential: The token as a policy sees it, for ``Call.credential``.
    """

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: Secret,
        accounts_url: str,
        http: HttpClient,
        clock: Clock,
    ) -> None:
        """Use the app's credentials at ``accounts_url`` (without ``/api/token``)."""
        self._client_id = client_id
        self._client_secret = client_secret
        self._accounts_url = accounts_url
        self._http = http
        self.credential = SharedCredential("spotify", self._fetch, clock=clock)

    async def token(self) -> Secret:
        """Return a token with at least a minute to live.

        Raises:
            AccessDenied: Spotify refuses the client id or secret.
            ExternalServiceException: The accounts host does not answer properly, or did not
                within the last 5 s.
        """
        return await self.credential.get()

    async def _fetch(self) -> Grant[Secret]:
        authorization = basic_authorization(self._client_id, self._client_secret)
        request = Request(
            service="spotify",
            operation="fetch_token",
            method="POST",
            url=f"{self._accounts_url}/api/token",
            headers={"Authorization": authorization.reveal()},
            form={"grant_type": "client_credentials"},
            read_error=read_error,
        )
        try:
            response = await self._http.send(request)
        except InvalidRequest as error:
            # 400 invalid_client: asking again with the same pair cannot help.
            raise AccessDenied(
                "spotify", "fetch_token", error.status_code, error.message
            ) from error
        grant = parse_body(request, response, _GRANT_DECODER.decode)
        return Grant(Secret(grant.access_token), grant.expires_in - _TOKEN_SKEW_SECONDS)


def basic_authorization(client_id: str, client_secret: Secret) -> Secret:
    """Return the header by which the accounts host knows an app (RFC 7617)."""
    pair = f"{client_id}:{client_secret.reveal()}".encode()
    return Secret(f"Basic {base64.b64encode(pair).decode()}")
