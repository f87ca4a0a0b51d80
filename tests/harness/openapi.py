"""Discord's official OpenAPI document as a check on every REST body the bot sends.

The document is read where it lies (``../shared/specs`` beside the checkout); where it is absent
nothing is checked, and ``test_conformance.py`` skips, saying so.

Known exceptions (``discord-platform.md`` (e), tried against Discord by discord.py's users every
day): snowflakes and the numbers of uploaded files sent as integers, and the extra keys ``nsfw``,
``tts`` and ``flags``.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from bot.sandbox.discord import RecordedRequest

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "discord-openapi.json"
_ROOT = "urn:discord"
_METHODS_WITH_BODY = ("POST", "PUT", "PATCH")
_EXTRA_KEYS = frozenset({"nsfw", "tts"})


class DiscordContract:
    """Validates request bodies against the document, or nothing when it is absent."""

    def __init__(self, document: Mapping[str, Any] | None) -> None:
        self._document = document
        self.checked = 0
        if document is not None:
            resource = Resource.from_contents(document, default_specification=DRAFT202012)
            self._registry: Registry[Any] = Registry().with_resource(_ROOT, resource)

    @classmethod
    def load(cls) -> Self:
        document = json.loads(SPEC.read_text("utf-8")) if SPEC.exists() else None
        return cls(document)

    def check(self, requests: Iterable[RecordedRequest]) -> None:
        """Assert that every body fits; the message names the request and the place."""
        problems = [problem for request in requests for problem in self.problems(request)]
        assert problems == []

    def problems(self, request: RecordedRequest) -> list[str]:
        """Return what is wrong with one request's body."""
        if self._document is None or request.method not in _METHODS_WITH_BODY:
            return []
        if request.json is None:
            return []
        operation = self._document["paths"].get(request.route, {}).get(request.method.lower())
        if operation is None:
            return [f"{request.method} {request.route} is not in the document"]
        pointer = (request.route, request.method.lower())
        self.checked += 1
        body = _without_known_exceptions(request.json)
        errors = sorted(self._validator(pointer).iter_errors(body), key=lambda e: len(e.path))
        return [
            f"{request.method} {request.route}: {error.json_path}: {error.message[:300]}"
            for error in errors
        ]

    @lru_cache(maxsize=64)  # noqa: B019  # lives as long as the test session
    def _validator(self, pointer: tuple[str, str]) -> Draft202012Validator:
        path, method = (part.replace("~", "~0").replace("/", "~1") for part in pointer)
        reference = f"{_ROOT}#/paths/{path}/{method}/requestBody/content/application~1json/schema"
        return Draft202012Validator({"$ref": reference}, registry=self._registry)


def _without_known_exceptions(value: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, Mapping):
        if "filename" in value and isinstance(value.get("id"), int):  # a file's place among them
            value = {**value, "id": str(value["id"])}
        return {
            key: str(item)
            if key.endswith("_id") and isinstance(item, int) and not isinstance(item, bool)
            else _without_known_exceptions(item)
            for key, item in value.items()
            if key not in _EXTRA_KEYS
        }
    if isinstance(value, list):
        return [_without_known_exceptions(item) for item in value]
    return value
