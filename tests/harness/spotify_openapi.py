"""Spotify's official OpenAPI document as a check on every request to its Web API, and on answers.

The document is read where it lies (``../shared/specs`` beside the checkout); where it is absent
nothing is checked, and ``test_spotify_conformance.py`` skips, saying so.

Known exceptions (upstream-apis.md §1.3 and §1.8): fields that Development Mode lost are required by
the document, and a search leaves null where a playlist went away.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

import yaml
from jsonschema import Draft7Validator

from bot.sandbox.server import RecordedUpstreamRequest

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "spotify-openapi.yml"
_ROOT: Final = "/v1"
_MOST_URIS: Final = 100  # "A maximum of 100 items": in words only
_REMOVED: Final = frozenset(
    {"available_markets", "album_group", "label", "popularity", "followers", "country", "product"}
)
_DEEPEST: Final = 8  # an example of an object that contains itself has an end

Json = Any
Found = tuple[str, Mapping[str, Json]]


class SpotifyContract:
    """Validates requests and answers against the document, or nothing when it is absent.

    Attributes:
        checked: How many requests were found in the document.
    """

    def __init__(self, document: Mapping[str, Json] | None) -> None:
        self._document = document
        self.checked = 0
        self._routes: list[tuple[re.Pattern[str], str]] = []
        if document is not None:
            self._components = _as_json_schema(document["components"])
            # A template with fewer parameters is the more exact one: /me/playlists, /users/{id}.
            paths = sorted(document["paths"], key=lambda path: path.count("{"))
            self._routes = [(_pattern(path), path) for path in paths]

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls) -> Self:
        if not SPEC.exists():
            return cls(None)
        return cls(yaml.load(SPEC.read_text("utf-8"), Loader=yaml.CSafeLoader))

    def check(self, requests: Iterable[RecordedUpstreamRequest]) -> None:
        """Assert that every request to the Web API fits; the message names what does not."""
        problems = [
            problem
            for request in requests
            if request.path.startswith(f"{_ROOT}/")
            for problem in self.problems(
                request.method, request.path.removeprefix(_ROOT), request.query, request.json
            )
        ]
        assert problems == []

    def problems(
        self, method: str, path: str, query: Mapping[str, str], body: Json = None
    ) -> list[str]:
        """Return what is wrong with one request; ``path`` is below the API's base."""
        if self._document is None:
            return []
        found = self._operation(method, path)
        if found is None:
            return [f"{method} {path} is not in the document"]
        self.checked += 1
        route, operation = found
        problems = [*self._wrong_params(operation, query), *self._wrong_body(operation, body)]
        if operation.get("deprecated"):
            problems.append("is not for Development-Mode apps")
        return [f"{method} {route}: {problem}" for problem in problems]

    def answer_problems(self, method: str, path: str, status: int, body: Json) -> list[str]:
        """Return what is wrong with an answer, the known exceptions left out."""
        found = self._operation(method, path) if self._document is not None else None
        if found is None:
            return []
        schema = self._answer_schema(found[1], status)
        if schema is None:
            return [f"{method} {found[0]}: {status} is not in the document"]
        if found[0] == "/search" and "playlists" in body:
            there = [each for each in body["playlists"]["items"] if each is not None]
            body = body | {"playlists": body["playlists"] | {"items": there}}
        return [f"{method} {found[0]}: {problem}" for problem in self._invalid(schema, body)]

    def example(self, method: str, route: str, status: int = 200) -> Json:
        """Return an answer made of the document's examples, with every field that it describes."""
        assert self._document is not None
        schema = self._answer_schema(self._document["paths"][route][method.lower()], status)
        assert schema is not None, route
        return self._example(schema, 0)

    def _operation(self, method: str, path: str) -> Found | None:
        assert self._document is not None
        for pattern, route in self._routes:
            if pattern.fullmatch(path):
                operation = self._document["paths"][route].get(method.lower())
                if operation is not None:
                    return route, operation
        return None

    def _wrong_params(self, operation: Mapping[str, Json], query: Mapping[str, str]) -> list[str]:
        declared = [self._resolved(each) for each in operation.get("parameters", ())]
        known = {each["name"]: each for each in declared if each["in"] == "query"}
        problems = [f"?{name}= is unknown" for name in query if name not in known]
        problems += [
            f"?{name}= is missing"
            for name, each in known.items()
            if each.get("required") and name not in query
        ]
        for name, value in query.items():
            if name in known:
                schema = _as_json_schema(known[name]["schema"])
                said = self._invalid(schema, _read(value, schema.get("type")))
                problems += [f"?{name}={value}: {problem}" for problem in said]
        return problems

    def _wrong_body(self, operation: Mapping[str, Json], body: Json) -> list[str]:
        if "requestBody" not in operation:
            return [] if body is None else ["takes no body"]
        if body is None:
            return ["has no body"]
        content = self._resolved(operation["requestBody"])["content"]["application/json"]
        schema = _as_json_schema(content["schema"])
        problems = self._invalid(schema, body)
        if isinstance(body, Mapping):
            # The document lets more pass; nobody knows what Spotify makes of it.
            problems += [f"{key} is unknown" for key in body if key not in schema["properties"]]
            if len(body.get("uris", ())) > _MOST_URIS:
                problems.append(f"more than {_MOST_URIS} uris")
        return problems

    def _answer_schema(self, operation: Mapping[str, Json], status: int) -> Json:
        response = operation["responses"].get(str(status))
        if response is None:
            return None
        content = self._resolved(response).get("content", {})
        return _as_json_schema(content.get("application/json", {}).get("schema", {}))

    def _invalid(self, schema: Json, value: Json) -> list[str]:
        validator = Draft7Validator({**schema, "components": self._components})
        errors = sorted(validator.iter_errors(value), key=lambda error: error.json_path)
        return [f"{error.json_path}: {error.message[:200]}" for error in errors]

    def _resolved(self, node: Mapping[str, Json]) -> Mapping[str, Json]:
        while "$ref" in node:
            assert self._document is not None
            target: Json = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def _example(self, schema: Mapping[str, Json], depth: int) -> Json:
        schema = self._resolved(schema)
        if "allOf" in schema:
            merged: dict[str, Json] = {}
            for part in schema["allOf"]:
                made = self._example(part, depth)
                merged |= made if isinstance(made, dict) else {}
            return merged
        if "oneOf" in schema:
            return self._example(schema["oneOf"][0], depth)
        return self._own_example(schema, depth)

    def _own_example(self, schema: Mapping[str, Json], depth: int) -> Json:
        if "example" in schema:
            return schema["example"]
        if depth > _DEEPEST:
            return None
        if "properties" in schema:
            properties = schema["properties"].items()
            return {name: self._example(each, depth + 1) for name, each in properties}
        if "items" in schema:
            return [self._example(schema["items"], depth + 1)]
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        plain = {"integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {}}
        return schema.get("enum", [plain.get(str(kind), "text")])[0]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)))


def _read(value: str, kind: Json) -> Json:
    """Return a query's text as what the document says that it stands for."""
    if kind == "array":
        return value.split(",")
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    return value


def _as_json_schema(node: Json) -> Json:
    """Turn OpenAPI 3.0 into JSON Schema: `nullable`, and removed fields are not required."""
    if isinstance(node, list):
        return [_as_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    schema = {key: _as_json_schema(value) for key, value in node.items()}
    if isinstance(schema.get("required"), list):
        schema["required"] = [name for name in schema["required"] if name not in _REMOVED]
    if schema.get("nullable") is True and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return schema
