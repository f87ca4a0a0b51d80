"""What a person has granted: linked accounts and their tokens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from services.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """What an upstream gave us to act for a person.

    It is stored, so a new field needs a default.

    Attributes:
        access: Goes with every request.
        refresh: Gets the next ``access``; None where tokens do not expire.
        secret: The token secret of OAuth 1.0a, which signs; None elsewhere.
        expires_at: When ``access`` ends (aware), or None for never.
        scopes: What was allowed, in the upstream's words.
    """

    access: Secret
    refresh: Secret | None = None
    secret: Secret | None = None
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.expires_at is not None and self.expires_at.tzinfo is None:
            raise ValueError("expires_at: an instant without a time zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A linked account, as stored.

    Attributes:
        user_id: The person's Discord id.
        service: The upstream: ``spotify`` or ``discogs``.
        version: 1 for a new link, and one more with every change of the tokens.
        tokens: Its tokens.
        linked_at: When the person last linked it.
        updated_at: When the tokens last changed.
    """

    user_id: int
    service: str
    version: int
    tokens: TokenSet
    linked_at: datetime
    updated_at: datetime

    def is_same_state_as(self, other: "Grant") -> bool:
        """Return whether both have the same tokens of the same link.

        The version alone does not tell: it starts again when somebody unlinks and links anew.
        """
        return (self.version, self.linked_at) == (other.version, other.linked_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscogsLink:
    """A link as its person may see it.

    Attributes:
        username: As Discogs writes it.
        is_proven: Whether the person has shown that the account is theirs.
        may_write: Whether the bot may change the collection.
        linked_at: UTC.
        copies: How many Discogs counted when it was linked just now; None when that is for the
            owner alone to know, or was not asked.
    """

    username: str
    is_proven: bool
    may_write: bool
    linked_at: datetime
    copies: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotifyLink:
    """A linked Spotify account as its person may see it.

    Attributes:
        name: How Spotify shows the person.
        linked_at: When they allowed it (UTC).
        expires_at: When that ends: six months later, whatever happens.
        is_expiring: Whether that is less than two weeks away.
        is_usable: False when Spotify has refused it since, or its end has come.
        scopes: What was allowed, in Spotify's words.
    """

    name: str
    linked_at: datetime
    expires_at: datetime
    is_expiring: bool
    is_usable: bool
    scopes: frozenset[str]


class NoSuchName(ValueError):  # noqa: N818  # says what is wrong
    """What the person typed cannot be a name on Discogs."""


def encode_tokens(tokens: TokenSet) -> bytes:
    """Return the tokens in the clear: only a cipher may be handed this."""
    return _ENCODER.encode(tokens)


def decode_tokens(content: bytes) -> TokenSet:
    """Return the tokens that were encoded.

    Raises:
        ValueError: They cannot be read by this version; the text quotes nothing of them.
    """
    try:
        return _DECODER.decode(content)
    except msgspec.MsgspecError:
        raise ValueError("the tokens cannot be read by this version") from None


def _reveal(value: Any) -> str:  # noqa: ANN401  # msgspec's hook takes anything
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError  # how msgspec wants to be told


def _hide(_kind: type, value: Any) -> Secret:  # noqa: ANN401  # msgspec's hook takes anything
    if isinstance(value, str):
        return Secret(value)
    raise TypeError("expected a text")


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_reveal)
_DECODER = msgspec.msgpack.Decoder(TokenSet, dec_hook=_hide)
