"""What each model can do: known for the models of 2026-09, corrected by a setting.

Models come and go, and the API does not say what they understand; a field that a model refuses is
a 400 for every text.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

_EXAMPLE: Final = '{"some/model": {"supports_json_schema": true, "max_output": 8192}}'


class Capabilities(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one model can do.

    Attributes:
        supports_reasoning_effort: ``reasoning_effort: "none"`` keeps it from thinking aloud.
        supports_json_schema: It answers in JSON by ``response_format``; otherwise it is asked to.
        reports_usage: ``stream_options`` makes a stream end with what it cost.
        begins_in_thought: Its chat template opens the thought, so that only ``</think>`` arrives.
        max_output: The most tokens of an answer, 1 or more.
    """

    supports_reasoning_effort: bool = False
    supports_json_schema: bool = False
    reports_usage: bool = True
    begins_in_thought: bool = False
    max_output: int = 4_096

    def __post_init__(self) -> None:
        if self.max_output < 1:
            raise ValueError("max_output must be 1 or more")


_PLAIN: Final = Capabilities(supports_json_schema=True, max_output=25_600)
_SMALL: Final = Capabilities(supports_json_schema=True, max_output=8_192)
_SWITCHABLE: Final = Capabilities(
    supports_reasoning_effort=True, supports_json_schema=True, max_output=50_000
)
_KNOWN: Final = {
    "mistralai/Ministral-3-14B-Instruct-2512": _PLAIN,
    "mistralai/Mistral-Small-4-119B-2603": _PLAIN,  # thinks, and answers "none" with a 400
    "Qwen/Qwen3.5-122B-A10B-FP8": _SWITCHABLE,
    "Qwen/Qwen3.5-397B-A17B-FP8": _SWITCHABLE,
    "moonshotai/Kimi-K2.6": _SWITCHABLE,
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-FP8": _SWITCHABLE,
    "google/gemma-4-31B-it": _SMALL,
    "swiss-ai/Apertus-v1.5-70B": _SMALL,
    # Aliases of an older list; what they stand for changes, so that only the least is assumed.
    "mistral3": Capabilities(),
    "qwen3": Capabilities(),
    "llama3": Capabilities(),
    "gemma3n": Capabilities(),
}
_UNKNOWN: Final = Capabilities()


@dataclass(frozen=True, slots=True)
class ModelCapabilities:
    """The capabilities of every model; a model that nobody described is trusted with little."""

    given: tuple[tuple[str, Capabilities], ...] = ()

    def of(self, model: str) -> Capabilities:
        """Return what ``model`` can do."""
        return dict(self.given).get(model) or _KNOWN.get(model, _UNKNOWN)

    def knows(self, model: str) -> bool:
        """Return whether somebody described ``model``, in the setting or here."""
        return model in _KNOWN or model in dict(self.given)

    def __str__(self) -> str:
        """Return the setting that means this; it holds no secret."""
        return msgspec.json.encode(dict(self.given)).decode()


def parse_capabilities(raw: str) -> ModelCapabilities:
    """Return what the setting says; what it leaves out of a known model stays as it is known.

    Raises:
        ValueError: It is no JSON object of that shape; says what is expected, not what came.
    """
    expected = f"a JSON object such as {_EXAMPLE}"
    try:
        given = msgspec.json.decode(raw, type=dict[str, dict[str, bool | int]])
        merged = {
            model: msgspec.convert(
                msgspec.to_builtins(_KNOWN.get(model, _UNKNOWN)) | fields, Capabilities
            )
            for model, fields in given.items()
        }
    except (msgspec.MsgspecError, ValueError, RecursionError):
        # ``from None``: the decoder's own message may quote the value.
        raise ValueError(expected) from None
    return ModelCapabilities(tuple(merged.items()))
