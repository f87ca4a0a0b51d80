"""The people who have an account at the Spotify stand-in."""

from dataclasses import dataclass
from typing import Final

from bot.sandbox.spotify.objects import Json

LISTENER: Final = "marie.listens"
"""Whom the stand-in's page proposes first."""


@dataclass(slots=True, kw_only=True)
class SpotifyPerson:
    """A Spotify user; everything but the ids may change while the stand-in runs.

    Attributes:
        user_id: The old kind of id, which stands in addresses.
        account_id: The one that never changes; Spotify has told it since May 2026.
        display_name: None for people who have given none.
        is_allow_listed: Whether the app's owner has entered them among the five people who may
            use an app in Development Mode; the others can log in, and are then refused.
        tells_account_id: False for an answer as it was before May 2026.
    """

    user_id: str
    account_id: str
    display_name: str | None
    is_allow_listed: bool = True
    tells_account_id: bool = True

    def as_json(self, *, api_url: str) -> Json:
        """Return the person as ``GET /me`` does in Development Mode: no e-mail, no country."""
        told = {"account_id": self.account_id} if self.tells_account_id else {}
        return {
            "display_name": self.display_name,
            "external_urls": {"spotify": f"https://open.spotify.com/user/{self.user_id}"},
            "href": f"{api_url}/users/{self.user_id}",
            "id": self.user_id,
            **told,
            "images": [],
            "type": "user",
            "uri": f"spotify:user:{self.user_id}",
        }


def default_people() -> dict[str, SpotifyPerson]:
    """Return everybody by ``user_id``: two who may use the app, and one whom nobody entered."""
    everybody = (
        SpotifyPerson(
            user_id=LISTENER, account_id="7hQ2mVx0aWcR9tYkL4pZsE", display_name="Marie Listens"
        ),
        SpotifyPerson(
            user_id="31tapehiss88", account_id="1dNf8KbU5gJxT3oPrC6wMa", display_name=None
        ),
        SpotifyPerson(
            user_id="stranger_sam",
            account_id="5vYj0SeH2iQzB7lDnX9uGk",
            display_name="Sam Stranger",
            is_allow_listed=False,
        ),
    )
    return {person.user_id: person for person in everybody}
