import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from fakes.payloads import payload
from hypothesis import given
from hypothesis import strategies as st

from services.errors import (
    AuthenticationFailed,
    ExternalServiceException,
    InvalidRequest,
    InvalidResponse,
    ModelNotServed,
    NotFound,
    OutOfCredit,
    RateLimitExceeded,
    UpstreamServerError,
)
from services.euria.capabilities import Capabilities
from services.euria.models import Message, Prompt, Usage
from services.euria.protocol import TextReader, build_body
from services.euria.refusals import read_error
from services.euria.thoughts import ThoughtFilter
from services.http import ErrorDetail


def _read(*events: str | bytes) -> tuple[str, bool]:
    """Return the visible text of ``events`` and whether the answer is complete."""
    reader = TextReader("write")
    text = "".join(part for event in events for part in reader.read(event))
    return text + "".join(reader.close()), reader.is_complete


def _delta(**fields: str | None) -> str:
    pairs = ",".join(
        f'"{name}":' + ("null" if v is None else f'"{v}"') for name, v in fields.items()
    )
    return f'{{"choices":[{{"index":0,"delta":{{{pairs}}},"finish_reason":null}}]}}'


# The body

PROMPT = Prompt(
    messages=(Message("system", "The rules."), Message("user", "Kind of Blue")),
    max_tokens=900,
    temperature=0.5,
)
SCHEMA = {"type": "object", "properties": {"picks": {"type": "array"}}}


def test_a_stream_of_the_configured_model_is_asked_for() -> None:
    assert build_body(PROMPT, "the/model", Capabilities(), stream=True) == {
        "model": "the/model",
        "messages": [
            {"role": "system", "content": "The rules."},
            {"role": "user", "content": "Kind of Blue"},
        ],
        "max_tokens": 900,
        "temperature": 0.5,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize(
    ("capabilities", "stream", "field", "value"),
    [
        pytest.param(
            Capabilities(supports_reasoning_effort=True), True, "reasoning_effort", "none", id="on"
        ),
        pytest.param(Capabilities(), True, "reasoning_effort", None, id="no switch"),
        pytest.param(Capabilities(max_output=500), True, "max_tokens", 500, id="a small model"),
        pytest.param(
            Capabilities(reports_usage=False), True, "stream_options", None, id="no usage"
        ),
        pytest.param(Capabilities(), False, "stream_options", None, id="no stream"),
    ],
)
def test_a_field_is_sent_to_a_model_that_understands_it(
    *, capabilities: Capabilities, stream: bool, field: str, value: object
) -> None:
    assert build_body(PROMPT, "m", capabilities, stream=stream).get(field) == value


def test_json_is_asked_for_by_schema_where_the_model_can() -> None:
    prompt = replace(PROMPT, json_schema=SCHEMA)

    body: Any = build_body(prompt, "m", Capabilities(supports_json_schema=True), stream=False)

    assert body["response_format"]["type"] == "json_schema"  # `json_object` is a 400
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert len(body["messages"]) == 2


def test_json_is_asked_for_in_words_where_the_model_cannot() -> None:
    prompt = replace(PROMPT, json_schema=SCHEMA)

    body: Any = build_body(prompt, "m", Capabilities(), stream=False)

    assert "response_format" not in body
    assert json.dumps(SCHEMA) in body["messages"][-1]["content"]


# Events


def test_increments_are_joined() -> None:
    assert _read(_delta(content="Le disque"), _delta(content=" est beau.")) == (
        "Le disque est beau.",
        False,
    )


@pytest.mark.parametrize(
    "event",
    [
        pytest.param('{"choices":[]}', id="no choices"),
        pytest.param('{"choices":[],"usage":{"total_tokens":273}}', id="usage"),
        pytest.param('{"id":"x","object":"chat.completion.chunk"}', id="choices absent"),
        pytest.param(_delta(role="assistant"), id="role only"),
        pytest.param(_delta(content=None), id="null content"),
        pytest.param(_delta(content=""), id="empty content"),
        pytest.param('{"choices":[{"delta":{}}]}', id="empty delta"),
        pytest.param('{"choices":[{"delta":null}]}', id="null delta"),
        pytest.param('{"choices":[{}]}', id="empty choice"),
        pytest.param(_delta(reasoning="hm"), id="reasoning"),
        pytest.param(_delta(reasoning_content="hm"), id="reasoning content"),
        pytest.param('{"choices":[],"error":null}', id="null error"),
        pytest.param(_delta(content="<think>hm</think>"), id="a thought"),
    ],
)
def test_an_event_without_visible_text_shows_nothing(event: str) -> None:
    assert _read(event) == ("", False)


def test_only_the_first_choice_is_read() -> None:
    event = '{"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]}'

    assert _read(event)[0] == "a"


def test_the_done_marker_completes_the_answer() -> None:
    assert _read(_delta(content="a"), "[DONE]") == ("a", True)


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", "tool_calls"])
def test_a_finish_reason_completes_the_answer(reason: str) -> None:
    assert _read(f'{{"choices":[{{"delta":{{}},"finish_reason":"{reason}"}}]}}') == ("", True)


def test_a_plain_answer_is_read_like_a_stream() -> None:
    assert _read(payload("euria/answer.json")) == ("Le disque est beau.", True)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param("", id="nothing"),
        pytest.param("not json", id="not JSON"),
        pytest.param("[]", id="a list"),
        pytest.param('{"choices":null}', id="null choices"),
        pytest.param('{"choices":[{"delta":{"content":5}}]}', id="content of another type"),
        pytest.param(b'{"choices":[{"message":{"content":"\xff"}}]}', id="not UTF-8"),
        pytest.param('{"x":' + "[" * 100_000, id="nested without end"),
    ],
)
def test_an_event_that_cannot_be_read_breaks_the_contract(event: str | bytes) -> None:
    with pytest.raises(InvalidResponse):
        _read(event)


@pytest.mark.parametrize(
    ("event", "code", "kind"),
    [
        pytest.param(
            '{"error":{"message":"m","type":"internal_error","code":500}}',
            "500",
            UpstreamServerError,
            id="code",
        ),
        pytest.param(
            '{"error":{"message":"m","type":"overloaded"}}',
            "overloaded",
            UpstreamServerError,
            id="type",
        ),
        pytest.param(
            payload("euria/error_validation.json"),
            "validation_failed",
            ModelNotServed,
            id="Infomaniak, the model",
        ),
        pytest.param(
            payload("euria/error_model_server.json"), "400", InvalidRequest, id="model server"
        ),
        pytest.param('{"error":{"code":429}}', "429", RateLimitExceeded, id="rate limit"),
        pytest.param('{"error":{"code":402}}', "402", OutOfCredit, id="out of credit"),
        pytest.param(
            payload("euria/error_not_authorized.json"),
            "not_authorized",
            AuthenticationFailed,
            id="Infomaniak, 401",
        ),
        pytest.param(
            payload("euria/error_method_not_found.json"), "method_not_found", NotFound, id="bare"
        ),
        pytest.param(payload("euria/error_object.json"), "400", InvalidRequest, id="error object"),
        pytest.param(
            '{"error":{"type":"invalid_request_error","param":"model","code":"x"}}',
            "x",
            ModelNotServed,
            id="OpenAI, the model",
        ),
        pytest.param(
            '{"error":{"code":"model_not_found"}}', "model_not_found", ModelNotServed, id="no model"
        ),
        pytest.param(
            '{"error":{"code":"validation_failed","errors":[{"code":"x"},"y"]}}',
            "validation_failed",
            InvalidRequest,
            id="Infomaniak, something else",
        ),
    ],
)
def test_an_error_inside_the_stream_is_raised_by_its_code(
    event: str | bytes, code: str, kind: type[ExternalServiceException]
) -> None:
    with pytest.raises(ExternalServiceException) as caught:
        _read(event)

    assert f"({code})" in str(caught.value)
    assert type(caught.value) is kind


@pytest.mark.parametrize("event", ['{"error":"overloaded"}', '{"error":{}}', '{"error":[1]}'])
def test_an_error_in_an_unknown_shape_is_still_an_error(event: str) -> None:
    with pytest.raises(UpstreamServerError):
        _read(event)


@pytest.mark.parametrize("name", ["validation", "model_server"])
def test_an_error_inside_the_stream_never_quotes_its_prose(name: str) -> None:
    with pytest.raises(ExternalServiceException) as caught:
        _read(payload(f"euria/error_{name}.json"))

    assert "canary" not in str(caught.value)


# What it cost


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        pytest.param(
            '{"prompt_tokens":61,"completion_tokens":212,"total_tokens":273}',
            Usage(prompt_tokens=61, completion_tokens=212),
            id="all",
        ),
        pytest.param(
            '{"prompt_tokens":61}', Usage(prompt_tokens=61, completion_tokens=0), id="few"
        ),
        pytest.param("null", None, id="null"),
        pytest.param("[1]", None, id="another shape"),
        pytest.param('{"prompt_tokens":-5,"completion_tokens":1}', None, id="nonsense"),
    ],
)
def test_the_usage_is_read_and_a_surprise_in_it_ends_nothing(
    usage: str, expected: Usage | None
) -> None:
    reader = TextReader("write")

    texts = list(reader.read(f'{{"choices":[],"usage":{usage}}}'))

    assert (texts, reader.usage) == ([], expected)


# Thoughts

THOUGHTS = [
    pytest.param("<think>hm</think>Answer", "Answer", id="before"),
    pytest.param("One <think>hm</think>two", "One two", id="between"),
    pytest.param("<think>a</think>One <think>b</think>two", "One two", id="twice"),
    pytest.param("<think>never closed", "", id="never closed"),
    pytest.param("Answer<think>never closed", "Answer", id="never closed, after text"),
    pytest.param("2 < 3 <b> <thin", "2 < 3 <b> <thin", id="what only begins like a tag"),
    pytest.param("<<think>hm</think>", "<", id="a bracket before a tag"),
    pytest.param("<think><think>hm</think>Answer", "Answer", id="opened twice"),
    pytest.param("<think></</think>Answer", "Answer", id="half a closing tag before a whole one"),
    pytest.param("<think></think>", "", id="empty"),
    pytest.param("Answer", "Answer", id="none"),
]


def _filter(parts: Iterable[str]) -> str:
    thoughts = ThoughtFilter()
    text = "".join(visible for part in parts for visible in thoughts.feed(part))
    return text + "".join(thoughts.close())


@pytest.mark.parametrize(("text", "visible"), THOUGHTS)
def test_thoughts_are_dropped(text: str, visible: str) -> None:
    assert _filter([text]) == visible


@pytest.mark.parametrize(("text", "visible"), THOUGHTS)
def test_thoughts_are_dropped_wherever_the_text_is_split(text: str, visible: str) -> None:
    size = len(text) + 1
    splits = [(text[:a], text[a:b], text[b:]) for a in range(size) for b in range(a, size)]

    assert [split for split in splits if _filter(split) != visible] == []


@pytest.mark.parametrize(("text", "visible"), THOUGHTS)
def test_thoughts_are_dropped_letter_by_letter(text: str, visible: str) -> None:
    assert _filter(text) == visible


def test_a_closing_tag_without_an_opening_one_is_not_shown() -> None:
    # Some chat templates open the thought in the prompt, so that only its end is streamed.
    assert "</think>" not in _filter(["let me see</think>Answer"])


def test_a_model_whose_template_opens_the_thought_shows_nothing_of_it() -> None:
    thoughts = ThoughtFilter(begins_inside=True)

    parts = ("let me", " see</th", "ink>Ans", "wer")
    visible = [shown for part in parts for shown in thoughts.feed(part)]

    assert visible == ["Ans", "wer"]


def test_reasoning_in_a_field_of_its_own_means_that_the_text_is_text() -> None:
    reader = TextReader("write", begins_in_thought=True)

    events = (_delta(reasoning="hm"), _delta(content="Answer"))

    assert [text for event in events for text in reader.read(event)] == ["Answer"]


def test_a_whole_answer_loses_a_thought_whose_beginning_is_missing() -> None:
    event = '{"choices":[{"message":{"content":"hm</think>\\n\\nOne <think>x</think>two"}}]}'

    assert _read(event)[0] == "One two"


@given(st.lists(st.sampled_from(["<think>", "</think>", "<", "th", "ink>", "a", " "]), max_size=12))
def test_however_it_is_cut_the_same_text_is_visible(parts: list[str]) -> None:
    whole = "".join(parts)

    assert _filter(parts) == _filter([whole]) == _filter(whole)


def test_visible_text_is_not_held_back() -> None:
    assert list(ThoughtFilter().feed("A whole sentence.")) == ["A whole sentence."]


# Error bodies


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(payload("euria/error_validation.json"), "validation_failed", id="Infomaniak"),
        pytest.param(payload("euria/error_not_authorized.json"), "not_authorized", id="401"),
        pytest.param(payload("euria/error_method_not_found.json"), "method_not_found", id="404"),
        pytest.param(payload("euria/error_model_server.json"), "400", id="model server"),
        pytest.param(payload("euria/error_object.json"), "400", id="error object"),
        pytest.param(
            b'{"error":{"message":"m","type":"BadRequestError"}}',
            "BadRequestError",
            id="type alone",
        ),
        pytest.param(b"<html>502</html>", "", id="HTML"),
        pytest.param(b"", "", id="nothing"),
        pytest.param(b"[]", "", id="a list"),
        pytest.param(b'{"error":"overloaded"}', "", id="error as text"),
        pytest.param(b'{"error":{"code":{"a":1}}}', "", id="code as an object"),
    ],
)
def test_of_an_error_body_only_its_code_is_read(body: bytes, said: str) -> None:
    assert read_error(body) == ErrorDetail(said)
