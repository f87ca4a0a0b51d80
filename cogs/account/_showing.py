"""``/account show``: how a person's accounts are linked."""

from bot.i18n import Texts
from bot.ui.account_card import account_panel, discogs_section
from bot.ui.reply import InteractionReply
from bot.ui.spotify_account_card import spotify_section
from cogs.account._ports import Parts


class Showing:
    """Shows the panel, also after something has changed."""

    def __init__(self, parts: Parts) -> None:
        """Ask ``parts``."""
        self._parts = parts

    async def show(self, reply: InteractionReply, texts: Texts, *, headline: str = "") -> None:
        """Show how everything is linked now.

        Args:
            reply: To be answered; acknowledged already.
            texts: The person's language.
            headline: What just happened, safe to show.
        """
        user_id, parts = reply.user_id, self._parts
        linked = await parts.discogs.describe(user_id)
        state = None if linked is None else await parts.copies.state(user_id)
        discogs = discogs_section(
            linked, state, user_id=user_id, has_oauth=parts.discogs.has_oauth, texts=texts
        )
        spotify = spotify_section(
            await parts.spotify.describe(user_id),
            user_id=user_id,
            is_enabled=parts.spotify.is_enabled,
            texts=texts,
        )
        await reply.show(account_panel(discogs, spotify, texts=texts, headline=headline))
