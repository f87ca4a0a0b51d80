"""Discord's limits on a message that a bot sends or edits.

A bot's `content` ends at 2,000 characters although the OpenAPI says 4,000 for some routes.
"""

from bot.sandbox.discord.component_checks import check_components
from bot.sandbox.discord.forms import Form
from bot.sandbox.discord.mentions import check_allowed_mentions

_CONTENT_MAXIMUM = 2_000
_MOST_EMBEDS = 10
_MOST_FIELDS = 25
_EMBED_TOTAL = 6_000
_MOST_FILES = 10
_URL_MAXIMUM = 2_048
_LEGACY_FIELDS = ("content", "embeds", "poll", "sticker_ids")
_QUESTION_MAXIMUM = 300
_ANSWER_MAXIMUM = 55
_MOST_ANSWERS = 10
_MOST_HOURS = 768


def check_message(form: Form, *, v2: bool) -> None:
    """Note the mistakes of a message body.

    Args:
        form: The body.
        v2: Whether the message carries IS_COMPONENTS_V2 once the body is applied.
    """
    form.text("content", maximum=_CONTENT_MAXIMUM)
    _check_embeds(form)
    form.objects("attachments", maximum=_MOST_FILES)
    check_allowed_mentions(form)
    check_components(form, v2=v2)
    _check_poll(form)
    if not v2:
        return
    for field in _LEGACY_FIELDS:
        if form.data.get(field):
            message = f"The '{field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            form.fail(field, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)


def _check_embeds(form: Form) -> None:
    embeds = form.objects("embeds", maximum=_MOST_EMBEDS)
    total = sum(_check_embed(embed) for embed in embeds)
    if total > _EMBED_TOTAL:
        message = f"Embed size exceeds maximum size of {_EMBED_TOTAL}"
        form.fail("embeds", "MAX_EMBED_SIZE_EXCEEDED", message)


def _check_embed(embed: Form) -> int:
    """Note the mistakes of one embed and return how many of its characters count."""
    counted = [
        embed.text("title", maximum=256),
        embed.text("description", maximum=4_096),
    ]
    embed.text("url", maximum=_URL_MAXIMUM)
    embed.integer("color", minimum=0, maximum=0xFFFFFF)
    for name, field, maximum in (("footer", "text", 2_048), ("author", "name", 256)):
        part = embed.nested(name)
        if part is not None:
            counted.append(part.text(field, maximum=maximum))
            part.text("icon_url", maximum=_URL_MAXIMUM)
    for name in ("image", "thumbnail"):
        part = embed.nested(name)
        if part is not None:
            part.text("url", maximum=_URL_MAXIMUM, required=True)
    for field_form in embed.objects("fields", maximum=_MOST_FIELDS):
        counted.append(field_form.text("name", maximum=256, minimum=1, required=True))
        counted.append(field_form.text("value", maximum=1_024, minimum=1, required=True))
    return sum(len(text) for text in counted if text)


def _check_poll(form: Form) -> None:
    poll = form.nested("poll")
    if poll is None:
        return
    question = poll.nested("question", required=True)
    if question is not None:
        question.text("text", minimum=1, maximum=_QUESTION_MAXIMUM, required=True)
    poll.integer("duration", minimum=1, maximum=_MOST_HOURS)
    for answer in poll.objects("answers", minimum=1, maximum=_MOST_ANSWERS, required=True):
        media = answer.nested("poll_media", required=True)
        if media is not None:
            media.text("text", minimum=1, maximum=_ANSWER_MAXIMUM, required=True)
