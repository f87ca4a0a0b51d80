"""From errors to sentences, and the edge where nothing escapes."""

import asyncio
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest
from discord import app_commands, ui
from fakes.clock import VirtualClock
from fakes.virtual_time import in_virtual_time

from bot.errors import (
    SENTENCES,
    SERVICE_NAMES,
    Answers,
    CommandTree,
    advice,
    explain,
    query_sentence,
    sentence,
)
from bot.i18n import LANGUAGES, Catalogue, Texts
from bot.logs import CORRELATION_ID
from bot.ui.stream import EditFailed, MessageGone
from services import errors
from services.errors import ExternalServiceException, RateLimitExceeded, ServiceDisabled
from services.music import InvalidQuery, clean_query

CATALOGUE = Catalogue()
_CODE = re.compile(r"`[^`]*`")


def subclasses(kind: type[ExternalServiceException]) -> Iterator[type[ExternalServiceException]]:
    yield kind
    for child in kind.__subclasses__():
        yield from subclasses(child)


# Other tests may have made subclasses of their own: only the tree's.
TREE = sorted(
    {kind for kind in subclasses(ExternalServiceException) if kind.__module__ == errors.__name__},
    key=lambda kind: kind.__name__,
)


def make_error(
    kind: type[ExternalServiceException], service: str = "discogs"
) -> ExternalServiceException:
    if kind is ServiceDisabled:
        return ServiceDisabled(service, "get_release", settings=("DISCOGS_TOKEN",))
    return kind(service, "get_release", 503, "canary: 503 for release 249504")


@pytest.fixture(params=list(LANGUAGES))
def texts(request: pytest.FixtureRequest) -> Texts:
    return CATALOGUE.texts(request.param)


def shown(view: ui.LayoutView) -> str:
    return "\n".join(i.content for i in view.walk_children() if isinstance(i, ui.TextDisplay))


class FakeReply:
    """A reply that records what was said; ``failures`` are raised when an error is shown."""

    user_id = 42
    guild_id: int | None = None
    question_id = 0x12_3456_789A

    def __init__(self, *failures: Exception) -> None:
        self.said: list[str] = []
        self.is_shown = False
        self.shared_channel: int | None = None
        self._failures = list(failures)

    async def acknowledge(self) -> None:
        return

    async def show(self, view: ui.LayoutView) -> None:
        self.said.append(shown(view))
        self.is_shown = True

    async def send_more(self, view: ui.LayoutView) -> discord.Message:
        raise NotImplementedError

    async def place(self, locale: str) -> None:
        del locale

    async def fail(self, view: ui.LayoutView) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.said.append(shown(view))


@pytest.fixture
def reply() -> FakeReply:
    return FakeReply()


@pytest.fixture
def answers() -> Answers:
    return Answers(CATALOGUE)


@pytest.fixture
def references(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The reference that stands on each line of the log."""
    seen: list[str] = []

    class Watch(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            del record
            seen.append(CORRELATION_ID.get())
            return True

    caplog.handler.addFilter(Watch())
    return seen


def fail_with(error: Exception) -> None:
    raise error


REFERENCE = "3456789a"  # the last eight digits of the question's id


# --- Sentences


@pytest.mark.parametrize("kind", TREE)
def test_every_error_of_the_tree_has_a_sentence_that_names_the_service(
    kind: type[ExternalServiceException], texts: Texts
) -> None:
    said = sentence(make_error(kind), texts)

    assert "Discogs" in said
    assert "{" not in said


@pytest.mark.parametrize("kind", TREE)
@pytest.mark.parametrize("service", list(SERVICE_NAMES))
def test_sentence_gives_no_internals_away(
    kind: type[ExternalServiceException], service: str, texts: Texts
) -> None:
    said = explain(make_error(kind, service), texts)

    assert "canary" not in said
    assert "get_release" not in said
    assert not re.search(r"\d", said)
    assert kind.__name__ not in said
    assert service not in _CODE.sub("", said).replace(SERVICE_NAMES[service], "")


def test_sentence_of_an_unknown_class_is_its_nearest_ancestors(texts: Texts) -> None:
    class Overslept(errors.UpstreamTimeout):
        pass

    overslept = sentence(Overslept("discogs", "search"), texts)

    assert overslept == sentence(errors.UpstreamTimeout("discogs", "search"), texts)


def test_sentence_of_a_disabled_service_names_settings_and_never_values(texts: Texts) -> None:
    error = ServiceDisabled("euria", "x", settings=("EURIA_TOKEN", "EURIA_PRODUCT_ID"))

    assert "`EURIA_TOKEN`, `EURIA_PRODUCT_ID`" in explain(error, texts)


def test_sentences_are_different_in_every_language() -> None:
    said = {
        language: [sentence(make_error(kind), CATALOGUE.texts(language)) for kind in TREE]
        for language in LANGUAGES
    }

    assert all(a != b for a, b in zip(said["en"], said["fr"], strict=True))


def test_every_sentence_is_for_a_class_of_the_tree() -> None:
    assert set(SENTENCES) <= set(TREE)


@pytest.mark.parametrize(
    "kind",
    [
        errors.NotFound,
        errors.InvalidRequest,
        errors.AuthenticationFailed,
        errors.AccessDenied,
        errors.NotLinked,
        errors.LinkAgain,
        ServiceDisabled,
    ],
)
def test_nobody_is_told_to_try_again_where_that_cannot_help(
    kind: type[ExternalServiceException],
) -> None:
    assert "Try again" not in explain(make_error(kind), CATALOGUE.texts("en"))


@pytest.mark.parametrize(
    "kind", [errors.UpstreamTimeout, errors.CircuitOpen, errors.BulkheadFull, RateLimitExceeded]
)
def test_passing_trouble_comes_with_advice(kind: type[ExternalServiceException]) -> None:
    assert "Try again" in explain(make_error(kind), CATALOGUE.texts("en"))


@pytest.mark.parametrize("kind", [RateLimitExceeded, errors.QuotaSpent, errors.CircuitOpen])
def test_advice_is_honest_when_the_wait_is_known_to_be_long(
    kind: type[ExternalServiceException],
) -> None:
    error = kind("discogs", "get_release", retry_after=3_600.0)

    said = explain(error, CATALOGUE.texts("en"))

    assert "in a minute" not in said
    assert "<t:" in said


def test_advice_is_an_instant_where_it_is_known(texts: Texts) -> None:
    assert "<t:1795392000:R>" in advice(datetime(2026, 11, 23, tzinfo=UTC), texts)
    assert "<t:" not in advice(None, texts)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("a", "at least 2 characters", id="too short"),
        pytest.param("a" * 201, "That's 201 characters; I can search for up to 200", id="too long"),
        pytest.param("!!!", "a letter or a number", id="no words"),
    ],
)
def test_query_sentence_says_what_would_work(typed: str, expected: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        clean_query(typed)

    assert expected in query_sentence(caught.value, CATALOGUE.texts("en"))
    assert expected in explain(caught.value, CATALOGUE.texts("en"))


# --- Answers.to


async def test_answer_that_succeeds_says_nothing_more(answers: Answers, reply: FakeReply) -> None:
    async with answers.to(reply, discord.Locale.french) as texts:
        assert texts.language == "fr"

    assert reply.said == []


async def test_unexpected_error_is_told_with_the_reference_that_is_in_the_log(
    answers: Answers,
    reply: FakeReply,
    caplog: pytest.LogCaptureFixture,
    references: list[str],
) -> None:
    async with answers.to(reply, None):
        fail_with(KeyError("canary"))

    [said] = reply.said
    [record] = caplog.records
    assert f"`{REFERENCE}`" in said
    assert "canary" not in said
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert references == [REFERENCE]


async def test_error_of_an_upstream_is_told_and_is_no_alarm(
    answers: Answers, reply: FakeReply, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        async with answers.to(reply, None):
            fail_with(errors.UpstreamTimeout("discogs", "search", None, "no answer"))

    assert reply.said == ["Discogs is taking too long to answer. Try again in a minute."]
    assert [record.levelno for record in caplog.records] == [logging.INFO]


async def test_invalid_query_is_told_and_not_logged(
    answers: Answers, reply: FakeReply, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        async with answers.to(reply, None):
            clean_query("a")

    assert "too short" in reply.said[0]
    assert caplog.records == []


async def test_message_that_is_gone_is_not_talked_to(answers: Answers, reply: FakeReply) -> None:
    async with answers.to(reply, None):
        fail_with(MessageGone("10008"))

    assert reply.said == []


async def test_final_edit_that_failed_is_in_the_log_under_the_reference_it_gives(
    answers: Answers, reply: FakeReply, caplog: pytest.LogCaptureFixture
) -> None:
    # The sentence says "it's been noted as …".
    async with answers.to(reply, None):
        fail_with(EditFailed("400 50035"))

    assert REFERENCE in reply.said[0]
    assert "400 50035" in caplog.text


def refusal(status: int, code: int) -> discord.HTTPException:
    response = SimpleNamespace(status=status, reason="")
    body: dict[str, Any] = {"code": code, "message": "canary"}
    return discord.HTTPException(cast("Any", response), body)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(refusal(404, 10062), id="unknown interaction"),
        pytest.param(aiohttp.ServerDisconnectedError(), id="connection lost"),
        pytest.param(ConnectionResetError(104, "reset"), id="connection reset"),
        pytest.param(TimeoutError(), id="socket timeout"),
    ],
)
async def test_error_that_cannot_be_shown_does_not_escape(
    answers: Answers, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    reply = FakeReply(failure)

    async with answers.to(reply, None):
        fail_with(errors.UpstreamTimeout("discogs", "search"))

    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "canary" not in caplog.text


async def test_reference_does_not_outlive_its_answer(answers: Answers, reply: FakeReply) -> None:
    async with answers.to(reply, None):
        assert CORRELATION_ID.get() == REFERENCE

    assert CORRELATION_ID.get() == "-"


# --- Cancellation and shutting down


def start_waiting(answers: Answers, reply: FakeReply) -> asyncio.Task[None]:
    """Return the task of an answer that waits for ever."""

    async def answer() -> None:
        async with answers.to(reply, None):
            await asyncio.Event().wait()

    return asyncio.create_task(answer())


@in_virtual_time
async def test_draining_ends_an_answer_with_one_sentence(clock: VirtualClock) -> None:
    answers, reply = Answers(CATALOGUE), FakeReply()
    task = start_waiting(answers, reply)
    await clock.pass_time(1)

    await answers.drain(6)

    assert reply.said == ["I'm restarting. Try again in a minute."]
    assert task.cancelled()


@in_virtual_time
async def test_draining_leaves_an_answer_that_was_shown(clock: VirtualClock) -> None:
    answers, reply = Answers(CATALOGUE), FakeReply()
    reply.is_shown = True
    task = start_waiting(answers, reply)
    await clock.pass_time(1)

    await answers.drain(6)

    assert reply.said == []
    assert task.cancelled()


@in_virtual_time
async def test_cancellation_without_a_shutdown_says_nothing(clock: VirtualClock) -> None:
    reply = FakeReply()
    task = start_waiting(Answers(CATALOGUE), reply)
    await clock.pass_time(1)

    task.cancel()
    await asyncio.wait({task})

    assert reply.said == []
    assert task.cancelled()


@in_virtual_time
async def test_draining_takes_no_longer_than_it_may(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    answers = Answers(CATALOGUE)

    async def stubborn() -> None:
        async with answers.to(FakeReply(), None):
            try:
                await asyncio.Event().wait()
            finally:
                await clock.pass_time(60)

    task = asyncio.create_task(stubborn())
    await clock.pass_time(1)

    await answers.drain(6)

    assert clock.elapsed == 7
    assert "1 answers were not finished in time" in caplog.text
    await asyncio.wait({task})


@in_virtual_time
async def test_draining_without_answers_takes_no_time(clock: VirtualClock) -> None:
    await Answers(CATALOGUE).drain(6)

    assert clock.elapsed == 0


# --- The command tree's edge


class _Response:
    type = None

    def __init__(self) -> None:
        self.said: list[tuple[str, bool]] = []

    def is_done(self) -> bool:
        return False

    async def send_message(self, *, view: ui.LayoutView, ephemeral: bool, **_: object) -> None:
        self.said.append((shown(view), ephemeral))


class _Interaction:
    id = FakeReply.question_id
    type = discord.InteractionType.application_command
    locale = discord.Locale.french
    user = SimpleNamespace(id=42)
    guild_id = None
    message = None

    def __init__(self) -> None:
        self.response = _Response()


@pytest.fixture
async def tree() -> CommandTree:
    client = discord.Client(intents=discord.Intents.none())
    return CommandTree(client, catalogue=CATALOGUE)


async def _fail_in(tree: CommandTree, error: app_commands.AppCommandError) -> tuple[str, bool]:
    interaction = _Interaction()
    await tree.on_error(cast("discord.Interaction", interaction), error)
    [said] = interaction.response.said
    return said


async def test_error_that_a_command_let_through_is_told_to_the_asker(tree: CommandTree) -> None:
    command = cast("app_commands.Command[Any, ..., Any]", SimpleNamespace(name="search"))
    error = app_commands.CommandInvokeError(command, errors.UpstreamTimeout("discogs", "search"))

    said, is_ephemeral = await _fail_in(tree, error)

    assert is_ephemeral
    assert said.startswith("Discogs")
    assert "Réessaie" in said


async def test_error_that_a_command_let_through_has_a_reference_that_is_in_the_log(
    tree: CommandTree, references: list[str]
) -> None:
    said, _ = await _fail_in(tree, app_commands.CommandNotFound("old", []))

    [reference] = re.findall(r"`([^`]+)`", said)
    assert reference == REFERENCE
    assert references == [REFERENCE]


async def test_commands_work_everywhere(tree: CommandTree) -> None:
    assert tree.allowed_installs.to_array() == [0, 1]
    assert tree.allowed_contexts.to_array() == [0, 1, 2]
