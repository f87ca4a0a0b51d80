"""The real service against the stand-in: every oddity and fault of a real model, over a socket."""

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest
from fakes.policies import easy_policy

from bot.sandbox.euria import QUIRKS, Behaviour, EuriaStandIn, quirk
from bot.sandbox.faults import Fault, FaultKind
from services.errors import (
    ContentWithheld,
    ExternalServiceException,
    InvalidResponse,
    ModelNotServed,
    OutOfCredit,
    UpstreamServerError,
    UpstreamTimeout,
)
from services.euria.capabilities import Capabilities
from services.euria.models import Message, Prompt, StreamEnd
from services.euria.service import EuriaService
from services.http import HttpClient, open_session
from services.resilience.clock import SystemClock
from services.resilience.config import StreamLimits
from services.secret import Secret

PROMPT = Prompt(
    messages=(Message("user", "Describe the album Homogenic by Björk."),),
    max_tokens=400,
    temperature=0.7,
)
THOUGHTS = ("The user asks", "First the facts", "think>")
TIME = SystemClock()
NOTHING, SOME, ALL = "nothing", "some", "all"


@dataclass
class Heard:
    """What a reader got."""

    text: str = ""
    error: ExternalServiceException | None = None
    ends: list[StreamEnd] = field(default_factory=list)

    @property
    def reason(self) -> str | None:
        return self.ends[-1].finish_reason if self.ends else None


@dataclass
class Duo:
    """The service and the stand-in that it asks."""

    service: EuriaService
    stand_in: EuriaStandIn

    async def hear(self) -> Heard:
        heard = Heard()
        try:
            async with aclosing(self.service.stream(PROMPT, on_end=heard.ends.append)) as stream:
                async for text in stream:
                    heard.text += text
        except ExternalServiceException as error:
            heard.error = error
        return heard


@pytest.fixture
def capabilities() -> Capabilities:
    return Capabilities()


@pytest.fixture
async def duo(capabilities: Capabilities) -> AsyncIterator[Duo]:
    behaviour = Behaviour(first_token_seconds=0.0, chunk_seconds=0.0)
    async with (
        EuriaStandIn(behaviour=behaviour) as stand_in,
        open_session(user_agent="AIME-tests/1.0") as session,
    ):
        service = EuriaService(
            http=HttpClient(session, clock=TIME),
            policy=easy_policy("euria", TIME, attempts=1),
            clock=TIME,
            token=Secret(stand_in.token),
            api_url=stand_in.api_url,
            model=stand_in.model,
            limits=StreamLimits(first=30.0, idle=0.5, whole=30.0),
            capabilities=capabilities,
        )
        yield Duo(service, stand_in)


ODDITIES = [
    pytest.param("reasoning", ALL, "stop", None, id="reasoning beside the text"),
    pytest.param("reasoning_content", ALL, "stop", None, id="reasoning_content"),
    pytest.param("think_block", ALL, "stop", None, id="a think block"),
    pytest.param("think_unclosed", NOTHING, None, InvalidResponse, id="a thought without an end"),
    pytest.param("all_thought", ALL, "stop", None, id="thinking takes all the room"),
    pytest.param("error_at_first", NOTHING, None, UpstreamServerError, id="error at first"),
    pytest.param("error_in_mid_stream", SOME, None, UpstreamServerError, id="error in mid-stream"),
    pytest.param("json_answer", ALL, "stop", None, id="JSON instead of a stream"),
    pytest.param("length", SOME, "length", None, id="cut by its length"),
    pytest.param("content_filter", SOME, "content_filter", None, id="cut by the filter"),
    pytest.param("withheld", NOTHING, None, ContentWithheld, id="withheld by the filter"),
    pytest.param(
        "refusal", "I'm sorry, but I can't help with that request.", "stop", None, id="no"
    ),
    pytest.param("hangs_at_end", ALL, "stop", None, id="says stop, then hangs"),
    pytest.param("retired", NOTHING, None, ModelNotServed, id="a retired model"),
]


@pytest.mark.parametrize(("name", "text", "reason", "error"), ODDITIES)
async def test_an_oddity_never_shows_a_thought_and_never_loses_a_word(
    duo: Duo, name: str, text: str, reason: str | None, error: type[Exception] | None
) -> None:
    whole = (await duo.hear()).text
    duo.stand_in.faults.set(quirk(name))

    heard = await duo.hear()

    assert not any(thought in heard.text for thought in THOUGHTS)
    assert (heard.reason, type(heard.error) if heard.error else None) == (reason, error)
    if text == SOME:
        assert whole.startswith(heard.text)
        assert "" < heard.text < whole
    else:
        assert heard.text == {NOTHING: "", ALL: whole}.get(text, text)


def test_every_oddity_of_the_stand_in_has_its_case() -> None:
    cases = {param.values[0] for param in ODDITIES}

    assert set(QUIRKS) - cases == {"think_unopened"}  # below


@pytest.mark.parametrize("capabilities", [Capabilities(begins_in_thought=True)])
async def test_a_thought_without_a_beginning_is_not_shown_of_a_model_that_is_known_for_it(
    duo: Duo,
) -> None:
    duo.stand_in.faults.set(quirk("think_unopened"))

    heard = await duo.hear()

    assert heard.text == duo.stand_in.chats[-1].text


async def test_a_thought_without_a_beginning_tells_the_operator_which_setting_helps(
    duo: Duo, caplog: pytest.LogCaptureFixture
) -> None:
    duo.stand_in.faults.set(quirk("think_unopened"))

    with caplog.at_level(logging.WARNING, logger="services.euria"):
        heard = await duo.hear()

    assert "EURIA_MODEL_CAPABILITIES can say that it begins_in_thought" in caplog.text
    assert "think>" not in heard.text


async def test_a_retired_model_is_logged_with_those_that_are_served(
    duo: Duo, caplog: pytest.LogCaptureFixture
) -> None:
    duo.stand_in.faults.set(quirk("retired"))

    with caplog.at_level(logging.ERROR, logger="services.euria"):
        await duo.hear()

    assert "set EURIA_MODEL to one of these: mistral3, google/gemma-4-31B-it" in caplog.text


@pytest.mark.parametrize("capabilities", [Capabilities(supports_reasoning_effort=True)])
async def test_a_model_that_can_stop_thinking_is_asked_once(duo: Duo) -> None:
    duo.stand_in.faults.set(quirk("all_thought"))

    heard = await duo.hear()

    assert (heard.text, heard.error) == (duo.stand_in.chats[0].text, None)
    assert len(duo.stand_in.chats) == 1


@pytest.mark.parametrize(
    ("fault", "text", "error"),
    [
        pytest.param(Fault(kind=FaultKind.NO_DONE, after=8), SOME, InvalidResponse, id="no end"),
        pytest.param(Fault(kind=FaultKind.STALL, after=8), SOME, UpstreamTimeout, id="a stall"),
        pytest.param(Fault(kind=FaultKind.STATUS, status=402), NOTHING, OutOfCredit, id="402"),
        pytest.param(Fault(kind=FaultKind.WRONG_TYPE), NOTHING, InvalidResponse, id="HTML"),
    ],
)
async def test_a_broken_stream_leaves_what_it_said_and_tells_why(
    duo: Duo, fault: Fault, text: str, error: type[Exception]
) -> None:
    duo.stand_in.faults.set(fault)

    heard = await duo.hear()

    assert (bool(heard.text), type(heard.error), heard.ends) == (text == SOME, error, [])


async def test_the_stand_in_sees_a_reader_who_stops(duo: Duo) -> None:
    duo.stand_in.behaviour.chunk_seconds = 0.2

    async with aclosing(duo.service.stream(PROMPT)) as stream:
        await anext(stream)
    await duo.stand_in.idle()

    assert (duo.stand_in.aborted_streams, duo.stand_in.finished_streams) == (1, 0)
