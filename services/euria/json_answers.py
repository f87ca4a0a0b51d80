"""JSON from a language model: how it is asked for, and what is made of what comes."""

import json
import re
from collections.abc import Mapping
from itertools import islice

_BEGINNING = re.compile(r"[{\[]")
_MOST_BEGINNINGS = 200
_DECODER = json.JSONDecoder()


def response_format(schema: Mapping[str, object]) -> dict[str, object]:
    """Return the field that binds a model to ``schema``; ``json_object`` is answered with a 400."""
    named = {"name": "answer", "strict": True, "schema": dict(schema)}
    return {"type": "json_schema", "json_schema": named}


def instruction(schema: Mapping[str, object]) -> str:
    """Return the words that ask a model for what ``response_format`` would bind it to."""
    text = json.dumps(schema, ensure_ascii=False)
    return f"Answer with one JSON document that matches this JSON schema, nothing else: {text}"


def read_json_answer(text: str) -> object | None:
    """Return the JSON object or list that an answer holds, or None.

    Models like to put it into a code fence, or a sentence before or after it, which may hold
    brackets of its own: the longest document counts.
    """
    longest, found, end = 0, None, 0
    for beginning in islice(_BEGINNING.finditer(text), _MOST_BEGINNINGS):
        start = beginning.start()
        if start < end:  # inside a document that was read already
            continue
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if end - start > longest:
            longest, found = end - start, value
    return found
