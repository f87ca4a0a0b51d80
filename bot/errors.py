"""From an error to the one sentence a user reads, and the edge where nothing escapes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import discord
from discord import app_commands

from bot.i18n import N_, Catalogue, Texts
from bot.logs import CORRELATION_ID
from bot.ui.notices import notice
from bot.ui.refusals import REFUSALS
from bot.ui.reply import InteractionReply, Reply
from bot.ui.stream import EditFailed, MessageGone
from bot.ui.text import timestamp
from services import errors
from services.music import MAX_QUERY_LENGTH, MIN_QUERY_LENGTH, InvalidQuery
from services.spotify.denials import Denial, denial_of

_LOGGER = logging.getLogger(__name__)

_A_MINUTE: Final = 60.0

SERVICE_NAMES: Final = {"spotify": "Spotify", "discogs": "Discogs", "euria": "EurIA"}

SENTENCES: Final[dict[type[errors.ExternalServiceException], str]] = {
    errors.RateLimitExceeded: N_("{service} is asking me to slow down."),
    errors.UpstreamTimeout: N_("{service} is taking too long to answer."),
    errors.ServiceDown: N_("{service} isn't answering right now."),
    errors.OutOfCredit: N_(
        "This bot's credit with {service} is used up. Whoever runs the bot can top it up."
    ),
    errors.AccessDenied: N_(
        "{service} doesn't let this bot do that. Whoever runs the bot can find out why with "
        "`aime doctor`."
    ),
    errors.AuthenticationFailed: N_(
        "{service} rejected this bot's key. Whoever runs the bot can mend it with `aime doctor`."
    ),
    errors.InvalidRequest: N_("{service} didn't understand that. Simpler words may work."),
    errors.ContentWithheld: N_("{service} won't write about that. Other words may work."),
    errors.NotFound: N_("{service} has no such entry; it may have been deleted."),
    errors.InvalidResponse: N_("{service} sent an answer I couldn't read."),
    errors.OutcomeUnknown: N_(
        "I can't tell whether {service} did that: its answer got lost. Look again in a minute, "
        "before you try once more."
    ),
    errors.CircuitOpen: N_("{service} has been failing, so I'm giving it a rest."),
    errors.AskedToWait: N_("{service} asked me to hold off for a while."),
    errors.BulkheadFull: N_("Too many people are asking {service} through me right now."),
    errors.DeadlineExceeded: N_("{service} didn't answer in time."),
    errors.QuotaSpent: N_("I've used up my requests to {service} for now."),
    errors.ServiceDisabled: N_(
        "{service} isn't set up on this bot. Whoever runs it can fill in {settings}."
    ),
    errors.NotLinked: N_(
        "You haven't linked your {service} account yet. `/account link-{account}` does that in a "
        "minute."
    ),
    errors.LinkAgain: N_(
        "My link to your {service} account no longer works. Please link it again with "
        "`/account link-{account}`."
    ),
    errors.ExternalServiceException: N_("{service} couldn't help this time."),
}
"""The closest class in an error's ancestry decides."""

DENIAL_SENTENCES: Final = {
    Denial.NOT_ALLOW_LISTED: N_(
        "Spotify lets at most five people use this bot with their own account, and you aren't one "
        "of them yet. Whoever runs the bot can add you in Spotify's developer dashboard."
    ),
    Denial.ENDPOINT_REMOVED: N_(
        "Spotify no longer gives that to small bots like this one. There's nothing to mend on "
        "your side."
    ),
    Denial.NOT_YOURS: N_(
        "Spotify opens a playlist's tracks only to its owner and collaborators, and that one isn't "
        "yours. Pick one from `/playlist list`."
    ),
    Denial.MISSING_SCOPE: N_(
        "You haven't allowed me to do that on Spotify yet. `/account link-spotify` asks you for it."
    ),
    Denial.PREMIUM_LAPSED: N_(
        "Spotify only answers this bot while its owner has Premium, and that has run out. Once "
        "it's renewed, it takes a few hours."
    ),
}
"""What a refusal of Spotify's means, where it says so."""

_QUERY_SENTENCES: Final = {
    "too_short": N_("That's too short to search for: give me at least {minimum} characters."),
    "too_long": N_(
        "That's {length} characters; I can search for up to {maximum}. Artist and title will do."
    ),
    "no_record": N_(
        "That link leads to no record. Give me one to an album, an artist or a track, or words."
    ),
    "no_words": N_("I need a letter or a number to search for: an artist, a title, anything."),
}


def service_name(upstream: str) -> str:
    """Return the name by which people know an upstream; its own when it has no other."""
    return SERVICE_NAMES.get(upstream, upstream)


def sentence(error: errors.ExternalServiceException, texts: Texts) -> str:
    """Return what happened, in the user's words; no advice, no details."""
    template = next(SENTENCES[kind] for kind in type(error).__mro__ if kind in SENTENCES)
    denial = denial_of(error) if isinstance(error, errors.AccessDenied) else None
    if denial is not None:
        template = DENIAL_SENTENCES[denial]
    settings = ", ".join(f"`{name}`" for name in getattr(error, "settings", ()))
    name = service_name(error.service)
    return texts.gettext(template, service=name, settings=settings, account=error.service)


def advice(retry_at: datetime | None, texts: Texts) -> str:
    """Return when to try again."""
    if retry_at is None:
        return texts.gettext("Try again in a minute.")
    return texts.gettext("Try again {when}.", when=timestamp(retry_at))


def is_temporary(error: errors.ExternalServiceException) -> bool:
    """Return whether waiting may help, rather than the user or the operator doing something."""
    lasting = (
        errors.ServiceDisabled,
        errors.NotLinked,
        errors.LinkAgain,
        errors.AuthenticationFailed,
        errors.NotFound,
        errors.InvalidRequest,
        errors.OutcomeUnknown,
    )
    return not isinstance(error, lasting)


def sentence_with_advice(
    error: errors.ExternalServiceException, retry_at: datetime | None, texts: Texts
) -> str:
    """Return what happened and, where waiting may help, when to try again."""
    said = sentence(error, texts)
    if retry_at is None and (error.retry_after or 0.0) > _A_MINUTE:
        # Real time, also where a demo has moved ours: Discord's clients count from it.
        now = discord.utils.utcnow()  # noqa: TID251
        retry_at = now + timedelta(seconds=error.retry_after or 0.0)
    return f"{said} {advice(retry_at, texts)}" if is_temporary(error) else said


def query_sentence(error: InvalidQuery, texts: Texts) -> str:
    """Return what is wrong with what the user typed, and what would work."""
    return texts.gettext(
        _QUERY_SENTENCES[error.reason],
        minimum=MIN_QUERY_LENGTH,
        maximum=MAX_QUERY_LENGTH,
        length=error.length,
    )


def explain(error: Exception, texts: Texts) -> str:
    """Return the whole text for an error that nothing better could be made of."""
    if isinstance(error, InvalidQuery):
        return query_sentence(error, texts)
    if isinstance(error, errors.ExternalServiceException):
        return sentence_with_advice(error, None, texts)
    return texts.gettext(
        "Something broke on my side, not yours. It's been noted as `{reference}`; please try "
        "again, and mention that reference if it keeps happening.",
        reference=CORRELATION_ID.get(),
    )


class Answers:
    """Every answer under way: nothing escapes as silence, not even a shutdown."""

    def __init__(self, languages: Catalogue) -> None:
        """Speak the asker's language."""
        self._languages = languages
        self._under_way: set[asyncio.Task[Any]] = set()
        self._is_closing = False

    def texts(self, locale: discord.Locale | None) -> Texts:
        """Return the texts of a reader's language."""
        return self._languages.texts(locale)

    @asynccontextmanager
    async def to(self, reply: Reply, locale: discord.Locale | None) -> AsyncIterator[Texts]:
        """Answer with a sentence whatever goes wrong in the block; log only what is our fault.

        The block's log lines, and the sentence for an unexpected error, carry a short reference.
        """
        texts = self._languages.texts(locale)
        token = CORRELATION_ID.set(_reference(reply))
        task = asyncio.current_task()
        if task is not None:
            self._under_way.add(task)
        try:
            yield texts
        except asyncio.CancelledError:
            if self._is_closing and not reply.is_shown:
                await _fail(reply, texts.gettext("I'm restarting. Try again in a minute."))
            raise
        except MessageGone:
            _LOGGER.info("the answer's message is gone")
        except Exception as error:  # noqa: BLE001  # the edge: nothing escapes as silence
            await report(error, reply, texts)
        finally:
            if task is not None:
                self._under_way.discard(task)
            CORRELATION_ID.reset(token)

    async def drain(self, seconds: float) -> None:
        """End every answer under way with a sentence, within ``seconds``."""
        self._is_closing = True
        under_way = set(self._under_way)
        for task in under_way:
            task.cancel()
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=seconds)
            if late:
                _LOGGER.warning("%s answers were not finished in time", len(late))


async def report(error: Exception, reply: Reply, texts: Texts) -> None:
    """Tell the user about ``error`` and log it by its kind."""
    if isinstance(error, errors.ExternalServiceException):
        _LOGGER.info("answered with an error: %s", error)
    elif isinstance(error, discord.HTTPException):
        _LOGGER.warning("Discord refused an answer: %s %s", error.status, error.code)
    elif isinstance(error, EditFailed):
        _LOGGER.warning("the answer could not be shown: %s", error)
    elif not isinstance(error, InvalidQuery):
        _LOGGER.error("unexpected error", exc_info=error)
    await _fail(reply, explain(error, texts))


def _reference(reply: Reply) -> str:
    return f"{reply.question_id:x}"[-8:]


async def _fail(reply: Reply, text: str) -> None:
    try:
        await reply.fail(notice(text))
    except discord.HTTPException as failure:
        _LOGGER.warning("the error could not be shown: %s %s", failure.status, failure.code)
    except REFUSALS as failure:
        _LOGGER.warning("the error could not be shown: %s", type(failure).__name__)


class CommandTree(app_commands.CommandTree[discord.Client]):
    """The command tree whose errors become sentences."""

    def __init__(self, client: discord.Client, *, catalogue: Catalogue) -> None:
        """Every command works in servers, direct messages and for user installs."""
        super().__init__(
            client,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=True
            ),
        )
        self._catalogue = catalogue

    async def on_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Answer for what a command let through."""
        cause = getattr(error, "original", error)
        texts = self._catalogue.texts(interaction.locale)
        reply = InteractionReply(interaction)
        token = CORRELATION_ID.set(_reference(reply))
        try:
            await report(cause, reply, texts)
        finally:
            CORRELATION_ID.reset(token)
