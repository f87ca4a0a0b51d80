"""``/account show``: how a person's accounts are linked."""

from bot.i18n import Texts
from bot.ui.account_card import account_panel
from bot.ui.reply import InteractionReply
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
        linked = await self._parts.discogs.describe(reply.user_id)
        state = None if linked is None else await self._parts.copies.state(reply.user_id)
        panel = account_panel(
            linked,
            state,
            user_id=reply.user_id,
            has_oauth=self._parts.discogs.has_oauth,
            texts=texts,
            headline=headline,
        )
        await reply.show(panel)
