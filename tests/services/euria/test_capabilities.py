import pytest

from services.euria.capabilities import Capabilities, ModelCapabilities, parse_capabilities

DEFAULT_MODEL = "mistralai/Ministral-3-14B-Instruct-2512"


def test_a_model_that_nobody_described_is_trusted_with_little() -> None:
    table = ModelCapabilities()

    assert table.of("new/model") == Capabilities()
    assert (table.knows("new/model"), table.knows(DEFAULT_MODEL)) == (False, True)


@pytest.mark.parametrize(
    ("model", "can_stop_thinking"),
    [
        ("Qwen/Qwen3.5-122B-A10B-FP8", True),
        ("mistralai/Mistral-Small-4-119B-2603", False),  # answers the attempt with a 400
        ("google/gemma-4-31B-it", False),
    ],
)
def test_the_known_models_are_asked_for_what_they_understand(
    *, model: str, can_stop_thinking: bool
) -> None:
    assert ModelCapabilities().of(model).supports_reasoning_effort is can_stop_thinking


def test_the_setting_adds_a_model() -> None:
    table = parse_capabilities('{"new/model": {"begins_in_thought": true, "max_output": 900}}')

    assert table.of("new/model") == Capabilities(begins_in_thought=True, max_output=900)
    assert table.knows("new/model")


def test_the_setting_corrects_a_known_model_and_leaves_the_rest() -> None:
    table = parse_capabilities(f'{{"{DEFAULT_MODEL}": {{"supports_json_schema": false}}}}')

    corrected = table.of(DEFAULT_MODEL)
    assert not corrected.supports_json_schema
    assert corrected.max_output == ModelCapabilities().of(DEFAULT_MODEL).max_output


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("canary", id="no JSON"),
        pytest.param('["canary"]', id="a list"),
        pytest.param('{"canary": true}', id="a model without an object"),
        pytest.param('{"m": {"canary": true}}', id="an unknown capability"),
        pytest.param('{"m": {"supports_json_schema": 5}}', id="a number for a switch"),
        pytest.param('{"m": {"max_output": "canary"}}', id="a text for a number"),
        pytest.param('{"m": {"max_output": true}}', id="a switch for a number"),
        pytest.param('{"m": {"max_output": 0}}', id="no output at all"),
        pytest.param('{"m": ' * 3_000, id="nested without end"),
    ],
)
def test_a_setting_that_is_wrong_is_refused_with_an_example_and_not_quoted(raw: str) -> None:
    with pytest.raises(ValueError, match=r"^a JSON object such as \{") as caught:
        parse_capabilities(raw)

    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_setting_is_written_as_it_is_read() -> None:
    table = parse_capabilities('{"new/model": {"max_output": 900}}')

    assert (parse_capabilities(str(table)), str(ModelCapabilities())) == (table, "{}")
