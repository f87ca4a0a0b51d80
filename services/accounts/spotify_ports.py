"""What linking Spotify accounts asks of Spotify."""

from typing import Protocol

from services.secret import Secret
from services.spotify.oauth_protocol import ConsentRequest, SpotifyProfile, UserTokens


class OAuth(Protocol):
    """``SpotifyOAuth``, which says what is raised."""

    @property
    def is_brought_back(self) -> bool:
        """Whether everybody's browser finds the redirect address."""

    def ask(self) -> ConsentRequest:
        """Return a new request for a permission."""

    async def exchange(self, code: str, verifier: Secret, /) -> UserTokens:
        """Return the tokens for a code."""

    async def profile(self, access: Secret, /) -> SpotifyProfile:
        """Return whom a token speaks for."""

    async def refresh(self, token: Secret, /) -> UserTokens:
        """Return new tokens."""
