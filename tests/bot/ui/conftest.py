"""The languages, Discord's limits on a message, and its own description of its API."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from discord import ui
from harness.openapi import DiscordContract

from bot.i18n import LANGUAGES, Catalogue, Texts
from services.music import clean_text


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.fixture(scope="session")
def english(catalogue: Catalogue) -> Texts:
    return catalogue.texts("en")


@pytest.fixture(scope="session", params=list(LANGUAGES))
def texts(request: pytest.FixtureRequest, catalogue: Catalogue) -> Texts:
    """Every language in turn."""
    return catalogue.texts(request.param)


@pytest.fixture(scope="session")
def discord_contract() -> DiscordContract:
    return DiscordContract.load()


@pytest.fixture(scope="session")
def problems_of() -> Callable[[ui.LayoutView], list[str]]:
    """What Discord, or a reader, would object to in a message."""
    return _problems_of


# --- Discord's limits (discord-platform.md (b), (c)), on what is sent

_TEXT, _SECTION, _THUMBNAIL, _CONTAINER, _ROW, _BUTTON, _SELECT = 10, 9, 11, 17, 1, 2, 3
_GALLERY = 12
_URL = "url"
_CODE = re.compile(r"(?<!\\)`[^`]*`")
_LINK = re.compile(r"(?<!\\)\]\((.*?)\)")
_TURNING = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def _components_of(components: list[Any]) -> Iterator[dict[str, Any]]:
    """Yield every component, nested ones and accessories included."""
    for component in components:
        yield component
        yield from _components_of(component.get("components") or [])
        if component.get("accessory"):
            yield component["accessory"]


def _problems_of(view: ui.LayoutView) -> list[str]:
    """Return what Discord, or a reader, would object to."""
    payload = view.to_components()  # type: ignore[no-untyped-call]  # discord.py's
    found = list(_components_of(payload))
    texts = [c["content"] for c in found if c["type"] == _TEXT]
    total = sum(map(len, texts))
    problems = [p for c in found for p in _component_problems(c)]
    if len(found) > 40:
        problems.append(f"{len(found)} components")
    if total > 4_000:
        problems.append(f"{total} characters of text")
    if len("".join(texts).encode()) > 10_170:  # discord-api-docs issue 8554: answered with 500
        problems.append("too many bytes of text")
    if {c["type"] for c in payload} - {_TEXT, _CONTAINER, _ROW, _SECTION}:
        problems.append("a top-level component of an unknown kind")
    if _TURNING.search(json.dumps(payload, ensure_ascii=False)):
        problems.append("characters that turn the reading direction")
    return problems


def _component_problems(component: dict[str, Any]) -> Iterator[str]:
    kind = component["type"]
    if kind == _TEXT:
        yield from _text_problems(component["content"])
    elif kind == _THUMBNAIL:
        yield from _length("media URL", component["media"]["url"], 1, 2_048)
        yield from _address("media", component["media"]["url"])
        yield from _length("thumbnail description", component.get("description") or "-", 1, 1_024)
    elif kind == _GALLERY:
        for item in component["items"]:
            yield from _length("picture description", item.get("description") or "", 1, 256)
    elif kind == _BUTTON:
        yield from _button_problems(component)
    elif kind == _SELECT:
        yield from _length("custom_id", component["custom_id"], 1, 100)
        yield from _length("placeholder", component["placeholder"], 1, 150)
        yield from _option_problems(component["options"])
    elif kind == _ROW and not 1 <= len(component["components"]) <= 5:
        yield "a row of no or too many components"


def _button_problems(button: dict[str, Any]) -> Iterator[str]:
    if "label" in button or "emoji" not in button:
        yield from _length("button label", button["label"], 1, 80)
    yield from _length("custom_id or URL", _target(button), 1, 512 if _URL in button else 100)


def _target(button: dict[str, Any]) -> str:
    return str(button.get(_URL) or button["custom_id"])


def _text_problems(text: str) -> Iterator[str]:
    yield from _length("text", text.strip(), 1, 4_000)
    # Inside code nothing is a link.
    for address in _LINK.findall(_CODE.sub("", text)):
        yield from _address("link", address)


def _option_problems(options: list[dict[str, Any]]) -> Iterator[str]:
    if not 1 <= len(options) <= 25:
        yield f"{len(options)} options"
    values = [option["value"] for option in options]
    if len(values) != len(set(values)):
        yield "two options with one value"
    for option in options:
        yield from _length("option label", option["label"].strip(), 1, 100)
        yield from _length("option label that can be seen", clean_text(option["label"]), 1, 100)
        yield from _length("option value", option["value"], 1, 100)
        if "description" in option:
            yield from _length("option description", option["description"].strip(), 1, 100)


def _length(what: str, text: str, lowest: int, highest: int) -> Iterator[str]:
    if not lowest <= len(text) <= highest:
        yield f"{what} of {len(text)} characters"


def _address(what: str, address: str) -> Iterator[str]:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        yield f"{what} to {address[:60]!r}"
