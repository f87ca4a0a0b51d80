"""The buttons that turn the pages of a list."""

from collections.abc import Iterator
from typing import Final

from bot.ui.buttons import Button, own_id

_FIRST: Final = "⏮️"
_PREVIOUS: Final = "◀️"
_NEXT: Final = "▶️"
_LAST: Final = "⏭️"


def page_buttons(prefix: str, user_id: int, key: str, *, at: int, last: int) -> Iterator[Button]:
    """Yield the four of them.

    Args:
        prefix: Of their custom ids, which go on with ``key``, the page to show and their place.
        user_id: Who may press them.
        key: Finds again what is shown.
        at: The page shown now.
        last: The last page.
    """
    turns = (
        (_FIRST, 1, at == 1),
        (_PREVIOUS, max(1, at - 1), at == 1),
        (_NEXT, min(last, at + 1), at == last),
        (_LAST, last, at == last),
    )
    for place, (emoji, target, is_off) in enumerate(turns):
        # The place makes the ids of one message differ where two lead to the same page.
        custom_id = own_id(prefix, user_id, key, target, place)
        yield Button(emoji=emoji, custom_id=custom_id, disabled=is_off)
