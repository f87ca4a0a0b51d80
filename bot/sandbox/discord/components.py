"""Message components: their types, and walking a tree of them in reading order.

https://docs.discord.com/developers/components/reference
"""

from collections.abc import Iterable, Iterator
from enum import IntEnum

from bot.sandbox.discord.snowflakes import Json


class ComponentType(IntEnum):
    """Discord's component types."""

    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


SELECTS = frozenset(
    {
        ComponentType.STRING_SELECT,
        ComponentType.USER_SELECT,
        ComponentType.ROLE_SELECT,
        ComponentType.MENTIONABLE_SELECT,
        ComponentType.CHANNEL_SELECT,
    }
)

_DEFAULTS: dict[int, Json] = {
    ComponentType.CONTAINER: {"accent_color": None, "spoiler": False},
    ComponentType.THUMBNAIL: {"description": None, "spoiler": False},
    ComponentType.FILE: {"spoiler": False},
    ComponentType.SEPARATOR: {"spacing": 1, "divider": True},
    **{kind: {"min_values": 1, "max_values": 1} for kind in SELECTS},
}
_ITEM_DEFAULTS: Json = {"description": None, "spoiler": False}

LINK_STYLE = 5
PREMIUM_STYLE = 6


def walk(components: Iterable[Json]) -> Iterator[Json]:
    """Yield every component of a tree in reading order, nested ones after their parent."""
    for component in components:
        yield component
        yield from walk(component.get("components") or ())
        for child in ("accessory", "component"):
            if nested := component.get(child):
                yield from walk((nested,))


def texts(components: Iterable[Json]) -> list[str]:
    """Return the texts that the components show, without what is written on controls."""
    return [
        str(component.get("content") or "")
        for component in walk(components)
        if component.get("type") == ComponentType.TEXT_DISPLAY
    ]


def readable(components: Iterable[Json]) -> list[str]:
    """Return the texts that the components show and the labels of their controls, in order."""
    lines = (
        component.get("content") or component.get("label") or component.get("placeholder")
        for component in walk(components)
    )
    return [line for line in lines if line]


def find(components: Iterable[Json], custom_id: str) -> Json | None:
    """Return the control with that custom id, or None."""
    matches = (c for c in walk(components) if c.get("custom_id") == custom_id)
    return next(matches, None)


def complete(components: Iterable[Json]) -> None:
    """Fill in what Discord fills in on arrival: defaults, and the next free id where none is."""
    everything = list(walk(components))
    taken = {component["id"] for component in everything if component.get("id")}
    free = (candidate for candidate in range(1, 2**31) if candidate not in taken)
    for component in everything:
        if not component.get("id"):
            component["id"] = next(free)
        _fill(component, _DEFAULTS.get(component["type"], {}))
        for item in component.get("items") or ():
            _fill(item, _ITEM_DEFAULTS)


def _fill(target: Json, defaults: Json) -> None:
    for name, value in defaults.items():
        target.setdefault(name, value)
