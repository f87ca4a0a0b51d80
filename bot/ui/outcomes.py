"""The truth about a change that failed: nothing has changed, or nobody knows."""

from bot.errors import advice, is_temporary, sentence
from bot.i18n import Texts
from services.errors import (
    AccessDenied,
    AuthenticationFailed,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    OutcomeUnknown,
    ServiceDown,
)


def why_not(error: ExternalServiceException, texts: Texts) -> str:
    """Return why Discogs did not make a change in what belongs to a person.

    ``sentence`` speaks of the bot's own key and words; here the person's link was refused, or what
    they wanted.
    """
    if isinstance(error, AccessDenied):
        return texts.gettext("Discogs doesn't let me change that.")
    if isinstance(error, AuthenticationFailed):
        return texts.gettext(
            "My link to your Discogs account no longer works. Please link it again with "
            "`/account link-discogs`."
        )
    if isinstance(error, InvalidRequest):
        return texts.gettext("Discogs doesn't take that.")
    return sentence(error, texts)


def change_failed(error: ExternalServiceException, texts: Texts) -> str:
    """Return why, and how things stand now."""
    if isinstance(error, OutcomeUnknown):
        return sentence(error, texts)
    # It was sent, and a second look shows that nothing came of it so far.
    is_late = isinstance(error, (ServiceDown, InvalidResponse))
    as_before = (
        texts.gettext("As far as I can see, nothing has changed.")
        if is_late
        else texts.gettext("Nothing has changed.")
    )
    parts = [why_not(error, texts), as_before]
    if is_temporary(error):
        parts.append(advice(None, texts))
    return " ".join(parts)
