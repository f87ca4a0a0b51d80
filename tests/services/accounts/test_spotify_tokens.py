"""What is kept of Spotify's tokens, when an answer leaves something out."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from fakes.accounts import NOW, USER, ImpatientClock, make_tokens

from services.accounts.models import Grant, TokenSet
from services.accounts.spotify_tokens import Refreshing, new_tokens
from services.errors import LinkAgain
from services.secret import Secret
from services.spotify.accounts import SCOPES
from services.spotify.oauth_protocol import ConsentRequest, SpotifyProfile, UserTokens

BARE = UserTokens(access=Secret("new"), refresh=None, seconds=3_600, scopes=())


@dataclass
class BareOAuth:
    """Answers with as little as Spotify may."""

    is_brought_back: bool = False

    def ask(self) -> ConsentRequest:
        raise NotImplementedError

    async def exchange(self, code: str, verifier: Secret) -> UserTokens:
        raise NotImplementedError

    async def profile(self, access: Secret) -> SpotifyProfile:
        raise NotImplementedError

    async def refresh(self, token: Secret) -> UserTokens:
        assert token == Secret("old-refresh")
        return BARE


def grant_of(tokens: TokenSet) -> Grant:
    return Grant(
        user_id=USER, service="spotify", version=1, tokens=tokens, linked_at=NOW, updated_at=NOW
    )


async def test_refresh_that_names_no_scopes_keeps_them() -> None:
    refresh = Refreshing(BareOAuth(), clock=ImpatientClock())

    tokens = await refresh(grant_of(make_tokens("old")))

    assert tokens == TokenSet(
        access=Secret("new"),
        expires_at=NOW + timedelta(hours=1),
        scopes=make_tokens("old").scopes,
    )


async def test_link_without_a_refresh_token_is_linked_again() -> None:
    refresh = Refreshing(BareOAuth(), clock=ImpatientClock())

    with pytest.raises(LinkAgain):
        await refresh(grant_of(make_tokens("old", refresh=None)))


def test_consent_that_names_no_scopes_is_for_what_was_asked() -> None:
    assert new_tokens(BARE, NOW).scopes == SCOPES
