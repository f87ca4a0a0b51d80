"""``DigestHiding``: a member leaves a digest, and what it told of them goes from the message."""

from enum import Enum, auto
from typing import Protocol

from services.delivery import DiscordUnavailable, LateEdit
from services.digests.mending import DigestMending
from services.digests.models import Slot
from services.digests.posts import DigestPosts


class Leaving(Protocol):
    """Who has joined what; see ``DigestMembers``."""

    async def leave(self, digest_id: int, guild_id: int, user_id: int, /) -> bool:
        """Tell nothing of this person any more; False when it did not."""


class Hidden(Enum):
    """What became of it."""

    HIDDEN = auto()  # the message tells nothing of them any more
    LATER = auto()  # it will not, as soon as Discord can be reached
    LEFT = auto()  # they have left; this message told nothing of them, or cannot be changed
    NOT_IN = auto()  # they were not in it


class DigestHiding:
    """Everything raises ``DatabaseUnavailable``."""

    def __init__(self, *, members: Leaving, posts: DigestPosts, mending: DigestMending) -> None:
        """Take people out of ``members`` and ``posts``; ``mending`` does what must wait."""
        self._members = members
        self._posts = posts
        self._mending = mending

    async def hide(self, guild_id: int, slot: Slot, user_id: int) -> Hidden:
        """Have a server's digest tell nothing more of this person, in this message nor later."""
        has_left = await self._members.leave(slot.digest_id, guild_id, user_id)
        post = await self._posts.get(guild_id, slot)
        if post is None or not post.content.tells_of(user_id):
            return Hidden.LEFT if has_left else Hidden.NOT_IN
        await self._posts.change(guild_id, slot, lambda content: content.without(user_id))
        try:
            outcome = await self._posts.show(guild_id, slot)
        except DiscordUnavailable:
            await self._mending.show_later(guild_id, slot)
            return Hidden.LATER
        # Superseded: somebody's change came after this one, and shows it as well.
        is_shown = outcome in (LateEdit.DONE, LateEdit.SUPERSEDED)
        return Hidden.HIDDEN if is_shown else Hidden.LEFT
