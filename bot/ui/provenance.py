"""Where an answer comes from and how old it is, in one small line.

Nothing is said of a live or freshly cached answer; a fallback always names itself, its age and
when the real thing may be back.
"""

from typing import Any

from bot.errors import advice, sentence, sentence_with_advice, service_name
from bot.i18n import Texts
from bot.ui.text import timestamp
from services.answers import Answer, Source
from services.errors import ExternalServiceException, ServiceDisabled


def source_line(upstream: str, answer: Answer[Any], texts: Texts) -> str | None:
    """Return what to say of ``answer``, or None when it is as good as live."""
    if not answer.source.is_fallback:
        return None
    error = answer.error if isinstance(answer.error, ExternalServiceException) else None
    if answer.source is Source.STALE and answer.as_of is not None:
        age = texts.gettext(
            "Showing what {service} said {when}.",
            service=service_name(upstream),
            when=timestamp(answer.as_of),
        )
        # Without an error the upstream is well, only slow, or being asked again behind the scenes.
        return f"⚠️ {sentence(error, texts)} {age}" if error is not None else f"⚠️ {age}"
    if error is None:
        return f"⚠️ {advice(answer.retry_at, texts)}"
    return f"⚠️ {sentence_with_advice(error, answer.retry_at, texts)}"


def failure_line(error: ExternalServiceException, texts: Texts) -> str:
    """Return what to say where an upstream gave nothing at all."""
    mark = "⚙️" if isinstance(error, ServiceDisabled) else "⚠️"
    return f"{mark} {sentence_with_advice(error, None, texts)}"
