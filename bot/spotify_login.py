"""Joins what linking Spotify accounts is made of."""

from typing import Final

from bot.collecting import Tools
from bot.delivery.delivery import Delivery
from bot.ui.spotify_account_card import expiring_card
from services.accounts.cipher import TokenCipher
from services.accounts.grants import Grants, OnUnlink
from services.accounts.spotify import SpotifyLinks
from services.accounts.spotify_expiry import WARN_OF_EXPIRY, ExpiryWarnings, SpotifyExpiring
from services.storage.database import Transaction

REFRESH_SECONDS: Final = 1.0
"""How long refreshes under way may take to be stored when the bot stops."""


async def _nothing_more(_transaction: Transaction, _user_id: int) -> None:
    """Nothing but the link itself is stored of an account."""


def make_spotify_links(
    tools: Tools, cipher: TokenCipher, delivery: Delivery, *, on_unlink: OnUnlink = _nothing_more
) -> SpotifyLinks:
    """Join the parts, and register who warns people before a link ends, and how that looks.

    Args:
        tools: What they work with.
        cipher: Encrypts people's tokens.
        delivery: Reaches people.
        on_unlink: Deletes what else is stored of an account.
    """
    database, clock, upstreams = tools.database, tools.clock, tools.upstreams
    warnings = ExpiryWarnings(
        database, queue=tools.jobs.queue, publisher=delivery.publisher, clock=clock
    )
    tools.jobs.handlers.register(WARN_OF_EXPIRY, warnings.warn)
    delivery.renderings.register(SpotifyExpiring, expiring_card)
    return SpotifyLinks(
        database,
        grants=Grants(database, cipher=cipher, clock=clock),
        cipher=cipher,
        oauth=upstreams.spotify_oauth,
        warnings=warnings,
        on_unlink=on_unlink,
        clock=clock,
        missing_settings=upstreams.health.missing_settings("spotify"),
    )
