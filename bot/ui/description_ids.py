"""What the message of a text carries from one press to the next: ids, topic and text."""

from typing import Final

import discord

from bot.ui.markdown import CURSOR
from bot.ui.text import unescape
from services.descriptions.models import Form, Target, Wish
from services.euria.models import Subject

STOP_PREFIX: Final = "describe:stop"
AGAIN_PREFIX: Final = "describe:again"
ABOUT_PREFIX: Final = "describe:about"
MATCH_PREFIX: Final = "describe:match"
TOPIC_HEADING: Final = "## "
ANY_SUBJECT: Final = "any"


def wish_id(wish: Wish) -> tuple[str, str, str]:
    """Return what a button carries of a wish: everything but words, which stand above it."""
    return (wish.form, wish.subject or ANY_SUBJECT, str(wish.target))


def read_wish(rest: tuple[str, ...], language: str) -> Wish | None:
    """Return the wish of a button, still without words; None for what no button carries."""
    if len(rest) not in (2, 3):  # buttons of earlier versions carry no target
        return None
    target = Target.parse(rest[2]) if len(rest) == 3 else Target()  # noqa: PLR2004  # as above
    if rest[0] not in set(Form) or target is None:
        return None
    subject = Subject(rest[1]) if rest[1] in set(Subject) else None
    return Wish(form=Form(rest[0]), subject=subject, target=target, language=language)


def shown_of(message: discord.Message) -> tuple[str, str] | None:
    """Return topic and text that a description message shows, or None when it is no such message.

    Both as they were before escaping; the cursor of a text under way is not part of it.
    """
    for component in message.components:
        if not isinstance(component, discord.Container):
            continue
        texts = [
            each.content for each in component.children if isinstance(each, discord.TextDisplay)
        ]
        if texts and texts[0].startswith(TOPIC_HEADING):
            body = texts[1] if len(texts) > 1 else ""
            topic = unescape(texts[0].removeprefix(TOPIC_HEADING))
            return topic, unescape(body.removesuffix(CURSOR))
    return None
