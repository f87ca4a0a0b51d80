"""What is asked again, what an answer costs, how it ended, and what only the operator can mend."""

import asyncio
import json
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any

import pytest
from fakes.clock import VirtualClock
from fakes.policies import easy_policy
from fakes.quota import MemoryQuotaStore
from fakes.transport import Piece, StreamingTransport
from fakes.virtual_time import in_virtual_time, settle

from services.errors import (
    AskedToWait,
    ContentWithheld,
    InvalidResponse,
    ModelNotServed,
    OutOfCredit,
    QuotaSpent,
    UpstreamUnreachable,
)
from services.euria.budget import TokenBudget
from services.euria.capabilities import Capabilities
from services.euria.models import Message, Prompt, StreamEnd, Usage
from services.euria.service import EuriaService
from services.resilience.config import StreamLimits
from services.resilience.policy import Policy
from services.secret import Secret

USAGE = Usage(prompt_tokens=61, completion_tokens=212)
PROMPT = Prompt(messages=(Message("user", "x" * 30),), max_tokens=100, temperature=0.0)
PICKS = Prompt(messages=PROMPT.messages, max_tokens=100, temperature=0.0, json_schema={})


def _event(content: str | None = None, reason: str | None = None, **delta: str) -> bytes:
    fields = {"content": content, **delta}
    choice = {"index": 0, "delta": fields, "finish_reason": reason}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


def _whole(content: str | None, reason: str = "stop", **more: object) -> bytes:
    message = {"role": "assistant", "content": content}
    return json.dumps({"choices": [{"message": message, "finish_reason": reason}], **more}).encode()


TEXT, DONE = _event("Le disque"), b"data: [DONE]\n\n"
COST = b'data: {"choices":[],"usage":{"prompt_tokens":61,"completion_tokens":212}}\n\n'
THOUGHT_ONLY: Sequence[Piece] = [_event(reasoning="hm" * 90), _event(reason="length"), DONE]
NO_SUCH_MODEL = (
    b'{"result":"error","error":{"code":"validation_failed","errors":'
    b'[{"code":"validation_rule_in","context":{"attribute":"model"}}]}}'
)


class Studio:
    """EuriaService over scripted answers."""

    def __init__(
        self,
        clock: VirtualClock,
        *answers: Sequence[Piece],
        capabilities: Capabilities | None = None,
        budget: TokenBudget | None = None,
    ) -> None:
        self.transport = StreamingTransport(*answers)
        self.policy: Policy = easy_policy("euria", clock, attempts=3)
        self.ends: list[StreamEnd] = []
        self.service = EuriaService(
            http=self.transport,
            policy=self.policy,
            clock=clock,
            token=Secret("canary-4f9a"),
            api_url="https://api.infomaniak.test/2/ai/42/openai/v1",
            model="the/model",
            limits=StreamLimits(first=30, idle=30, whole=120),
            capabilities=capabilities,
            budget=budget,
        )

    async def read(self) -> str:
        stream = self.service.stream(PROMPT, on_end=self.ends.append)
        async with aclosing(stream):
            return "".join([text async for text in stream])

    @property
    def bodies(self) -> list[Any]:
        return [request.json for request in self.transport.requests]


# Thinking that takes all the room


@in_virtual_time
async def test_an_answer_that_is_all_thought_is_asked_for_once_more_with_more_room(
    clock: VirtualClock,
) -> None:
    studio = Studio(clock, THOUGHT_ONLY, [TEXT, _event(reason="stop"), DONE])

    assert await studio.read() == "Le disque"
    assert [body["max_tokens"] for body in studio.bodies] == [100, 400]
    assert studio.policy.breaker.failure_count == 0


@in_virtual_time
async def test_an_answer_that_is_all_thought_twice_is_an_error(clock: VirtualClock) -> None:
    studio = Studio(clock, THOUGHT_ONLY)

    with pytest.raises(InvalidResponse):
        await studio.read()

    assert (len(studio.bodies), studio.ends) == (2, [])


@in_virtual_time
async def test_more_room_ends_where_the_model_does(clock: VirtualClock) -> None:
    capabilities = Capabilities(max_output=150, supports_reasoning_effort=True)
    studio = Studio(clock, THOUGHT_ONLY, [TEXT, DONE], capabilities=capabilities)

    await studio.read()

    asked = [(body["max_tokens"], body["reasoning_effort"]) for body in studio.bodies]
    assert asked == [(100, "none"), (150, "none")]


@in_virtual_time
async def test_a_whole_answer_that_is_all_thought_is_asked_for_once_more(
    clock: VirtualClock,
) -> None:
    studio = Studio(clock, [_whole(None, "length")], [_whole("Le disque")])

    assert (await studio.service.complete(PROMPT)).text == "Le disque"
    assert [body["max_tokens"] for body in studio.bodies] == [100, 400]


# How a text ended


@in_virtual_time
async def test_what_only_begins_like_a_tag_is_the_end_of_the_text(clock: VirtualClock) -> None:
    studio = Studio(clock, [_event("as in <thi"), _event(reason="stop"), DONE])

    assert await studio.read() == "as in <thi"


@pytest.mark.parametrize(
    ("reason", "is_cut"),
    [("stop", False), ("length", True), ("content_filter", True), ("tool_calls", False)],
)
@in_virtual_time
async def test_the_end_tells_the_reason_the_cost_and_the_model(
    clock: VirtualClock, *, reason: str, is_cut: bool
) -> None:
    studio = Studio(clock, [TEXT, _event(reason=reason), COST, DONE])

    await studio.read()

    assert studio.ends == [StreamEnd(finish_reason=reason, usage=USAGE, model="the/model")]
    assert studio.ends[0].is_cut is is_cut


@in_virtual_time
async def test_the_end_of_a_stream_that_only_says_done_has_no_reason(clock: VirtualClock) -> None:
    studio = Studio(clock, [TEXT, DONE])

    await studio.read()

    assert studio.ends == [StreamEnd(finish_reason="", usage=None, model="the/model")]


@in_virtual_time
async def test_a_stream_that_breaks_off_has_no_end(clock: VirtualClock) -> None:
    studio = Studio(clock, [TEXT])

    with pytest.raises(InvalidResponse):
        await studio.read()

    assert studio.ends == []


@in_virtual_time
async def test_a_server_that_hangs_after_the_last_word_costs_the_reader_a_second(
    clock: VirtualClock,
) -> None:
    studio = Studio(clock, [TEXT, _event(reason="stop"), 3_600.0])

    assert await studio.read() == "Le disque"
    assert (clock.elapsed, studio.transport.open_streams) == (1.0, 0)


@in_virtual_time
async def test_the_usage_is_told(clock: VirtualClock) -> None:
    studio = Studio(clock, [TEXT, _event(reason="stop"), COST, DONE])
    told: list[Usage] = []

    async with aclosing(studio.service.stream(PROMPT, on_usage=told.append)) as stream:
        assert [text async for text in stream] == ["Le disque"]

    assert told == [USAGE]


@in_virtual_time
async def test_a_text_that_the_filter_takes_away_speaks_against_nobody(clock: VirtualClock) -> None:
    studio = Studio(clock, [_event(reason="content_filter"), DONE])

    with pytest.raises(ContentWithheld):
        await studio.read()

    assert (len(studio.bodies), studio.policy.breaker.failure_count) == (1, 0)


@in_virtual_time
async def test_who_waits_for_a_turn_is_told_the_place(clock: VirtualClock) -> None:
    studio, places = Studio(clock, [TEXT, 5.0, TEXT, DONE]), list[int]()
    slots = [studio.policy.bulkhead.slot() for _ in range(100)]
    async with AsyncExitStack() as taken:
        for slot in slots:
            await taken.enter_async_context(slot)
        described = studio.service.generate_description("Kind of Blue", on_place=places.append)
        asked = asyncio.ensure_future(anext(described))
        await settle()
        assert places == [1]

    async with aclosing(described):
        assert (await asked, places) == ("Le disque", [1, 0])


# Whole answers


@in_virtual_time
async def test_a_whole_answer_has_its_text_reason_and_cost(clock: VirtualClock) -> None:
    usage = {"prompt_tokens": 61, "completion_tokens": 212}
    studio = Studio(clock, [_whole("<think>hm</think>Le disque", usage=usage)])

    told: list[Usage] = []

    completion = await studio.service.complete(PROMPT, on_usage=told.append)

    assert (completion.text, completion.finish_reason) == ("Le disque", "stop")
    assert (completion.usage, completion.value, told) == (USAGE, None, [USAGE])
    assert studio.bodies[0]["stream"] is False


@in_virtual_time
async def test_a_whole_answer_in_json_has_its_value(clock: VirtualClock) -> None:
    studio = Studio(clock, [_whole('Here you are:\n```json\n{"picks": [1]}\n```')])

    assert (await studio.service.complete(PICKS)).value == {"picks": [1]}


@in_virtual_time
async def test_a_whole_answer_is_repeated_when_it_does_not_come(clock: VirtualClock) -> None:
    studio = Studio(clock, [UpstreamUnreachable("euria", "complete")], [_whole("Le disque")])

    assert (await studio.service.complete(PROMPT)).text == "Le disque"


# What only the operator can mend


@in_virtual_time
async def test_a_model_that_is_not_served_is_logged_once_with_those_that_are(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = ModelNotServed("euria", "stream", None, "in the stream")
    studio = Studio(clock, [refusal])

    with caplog.at_level(logging.ERROR, logger="services.euria"):
        for _ in range(2):
            with pytest.raises(ModelNotServed):
                await studio.read()

    assert [record.getMessage() for record in caplog.records] == [
        "euria: the model the/model is not served; set EURIA_MODEL to one of these: another/model"
    ]
    assert len(studio.transport.lookups) == 1


@in_virtual_time
async def test_a_model_that_gives_no_plain_answer_either_is_logged(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    studio = Studio(clock, [NO_SUCH_MODEL])

    with caplog.at_level(logging.ERROR), pytest.raises(ModelNotServed):
        await studio.service.complete(PROMPT)

    assert "set EURIA_MODEL to one of these: another/model" in caplog.text


@pytest.mark.parametrize("listing", [b"<html>", b'{"data":[{"name":"no id"}]}'])
@in_virtual_time
async def test_a_list_of_models_that_cannot_be_had_changes_nothing(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture, listing: bytes
) -> None:
    studio = Studio(clock, [b"data: " + NO_SUCH_MODEL + b"\n\n"])
    studio.transport.listing = listing

    with caplog.at_level(logging.ERROR), pytest.raises(ModelNotServed):
        await studio.read()

    assert "which are is not known (InvalidResponse)" in caplog.text


@in_virtual_time
async def test_without_credit_nobody_asks_for_a_quarter_of_an_hour(clock: VirtualClock) -> None:
    studio = Studio(clock, [b'data: {"error":{"code":402}}\n\n'], [TEXT, DONE])
    with pytest.raises(OutOfCredit):
        await studio.read()

    with pytest.raises(AskedToWait) as refused:
        await studio.read()
    await clock.sleep(900)

    assert refused.value.retry_after == 900
    assert (await studio.read(), len(studio.bodies)) == ("Le disque", 2)


# The budget


def _budget(clock: VirtualClock, tokens: int, store: MemoryQuotaStore | None = None) -> TokenBudget:
    return TokenBudget(tokens, clock=clock, store=store)


@in_virtual_time
async def test_a_text_counts_at_what_it_cost(clock: VirtualClock) -> None:
    budget = _budget(clock, 10_000)
    studio = Studio(clock, [TEXT, COST, DONE], budget=budget)

    await studio.read()

    assert budget.quota.used == USAGE.total_tokens


@in_virtual_time
async def test_a_text_that_does_not_say_what_it_cost_is_estimated(clock: VirtualClock) -> None:
    budget = _budget(clock, 10_000)
    studio = Studio(clock, [_event("x" * 60), _event("y" * 30, reason="stop")], budget=budget)

    await studio.read()

    assert budget.quota.used == (30 + 90) // 3


@in_virtual_time
async def test_every_attempt_at_a_text_counts(clock: VirtualClock) -> None:
    budget, lost = _budget(clock, 10_000), UpstreamUnreachable("euria", "stream")
    cut: Sequence[Piece] = [_event(reasoning="x" * 60), b"data: nonsense\n\n"]
    studio = Studio(clock, [lost], cut, budget=budget)

    with pytest.raises(InvalidResponse):
        await studio.read()

    assert budget.quota.used == (30 + 30 + 60) // 3


@in_virtual_time
async def test_a_plain_answer_that_is_given_up_counts_at_its_estimate(clock: VirtualClock) -> None:
    budget = _budget(clock, 10_000)
    studio = Studio(clock, [20.0, _whole("Le disque")], [_whole("Le disque")], budget=budget)

    await studio.service.complete(PROMPT)

    assert budget.quota.used == (30 // 3 + 100) + (30 + 9) // 3


@in_virtual_time
async def test_a_spent_budget_sends_nothing_and_says_until_when(clock: VirtualClock) -> None:
    budget = _budget(clock, 200)
    studio = Studio(clock, [TEXT, COST, DONE], budget=budget)
    await studio.read()

    with pytest.raises(QuotaSpent) as refused:
        await studio.read()

    assert refused.value.retry_after == 86_400 + 600  # when its ten minutes leave the day
    assert (len(studio.bodies), refused.value.service) == (1, "euria")


@in_virtual_time
async def test_a_reader_who_stops_pays_for_what_was_written(clock: VirtualClock) -> None:
    budget = _budget(clock, 10_000)
    studio = Studio(clock, [_event("x" * 60), 5.0, _event("y" * 60), DONE], budget=budget)

    async with aclosing(studio.service.stream(PROMPT)) as stream:
        await anext(stream)

    assert budget.quota.used == (30 + 60) // 3
