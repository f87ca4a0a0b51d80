"""What a person does with the controls of a message or a modal, as the client would let them.

Everything the client would not let through raises ValueError.
"""

from collections.abc import Mapping, Sequence

from bot.sandbox.discord.components import (
    LINK_STYLE,
    PREMIUM_STYLE,
    SELECTS,
    ComponentType,
    walk,
)
from bot.sandbox.discord.messages import Message
from bot.sandbox.discord.places import User
from bot.sandbox.discord.resolving import Resolver
from bot.sandbox.discord.snowflakes import Json

_TEXT_MAXIMUM = 4_000


def press_data(message: Message, custom_id: str, user: User) -> Json:
    """Return the `data` of a button press.

    Raises:
        ValueError: There is no such button, or it cannot be pressed.
    """
    button = _usable(message, custom_id, user)
    if button["type"] != ComponentType.BUTTON or button["style"] in (LINK_STYLE, PREMIUM_STYLE):
        raise ValueError(_not(message, custom_id, "a button that can be pressed"))
    return {"custom_id": custom_id, "component_type": button["type"], "id": button["id"]}


def choose_data(
    message: Message, custom_id: str, values: Sequence[str], user: User, resolver: Resolver
) -> Json:
    """Return the `data` of a choice in a select menu.

    Raises:
        ValueError: There is no such menu, or it does not offer the values.
    """
    menu = _usable(message, custom_id, user)
    if menu["type"] not in SELECTS:
        raise ValueError(_not(message, custom_id, "a menu"))
    data = {
        "custom_id": custom_id,
        "component_type": menu["type"],
        "id": menu["id"],
        "values": _chosen(menu, values, resolver),
    }
    return resolver.into(data)


def modal_data(modal: Json, values: Mapping[str, object], resolver: Resolver) -> Json:
    """Return the `data` of a submitted modal.

    Args:
        modal: As received.
        values: By custom id: a text, a list of values, a truth value, a list of (name, bytes).
            A control without a value keeps its default.
        resolver: Looks up people, channels, roles and files.

    Raises:
        ValueError: A control is unknown, missing or has a value the client would not accept.
    """
    known = {c["custom_id"] for c in walk(modal["components"]) if "custom_id" in c}
    unknown = set(values) - known
    if unknown:
        message = f"the modal has no {sorted(unknown)}; it has {sorted(known)}"
        raise ValueError(message)
    components = [_submitted(component, values, resolver) for component in modal["components"]]
    return resolver.into({"custom_id": modal["custom_id"], "components": components})


def _usable(message: Message, custom_id: str, user: User) -> Json:
    if message.deleted:
        raise ValueError(_not(message, custom_id, "there: the message is deleted"))
    if message.only_for not in (None, user):
        raise ValueError(_not(message, custom_id, f"visible to {user.name}"))
    if not message.channel.admits(user):
        raise ValueError(_not(message, custom_id, f"in a channel of {user.name}"))
    component = message.find(custom_id)
    if component is None:
        raise ValueError(_not(message, custom_id, "on its current version"))
    if component.get("disabled"):
        raise ValueError(_not(message, custom_id, "enabled"))
    return component


def _not(message: Message, custom_id: str, what: str) -> str:
    controls = [
        component["custom_id"] + (" (disabled)" if component.get("disabled") else "")
        for component in walk(message.components)
        if component.get("custom_id")
    ]
    return f"{custom_id!r} is not {what}; controls are {controls} of {message!r}"


def _chosen(menu: Json, values: Sequence[str], resolver: Resolver) -> list[str]:
    name, required = menu["custom_id"], menu.get("required", True)
    least = menu["min_values"] if menu.get("min_values") is not None else 1
    most = menu.get("max_values") or 1
    if not (least <= len(values) <= most or (not values and not required)):
        message = f"{name!r} takes {least} to {most} values, not {len(values)}"
        raise ValueError(message)
    if menu["type"] == ComponentType.STRING_SELECT:
        return _offered(menu, values)
    readers = {
        ComponentType.USER_SELECT: resolver.user,
        ComponentType.ROLE_SELECT: resolver.role,
        ComponentType.CHANNEL_SELECT: resolver.channel,
        ComponentType.MENTIONABLE_SELECT: resolver.mentionable,
    }
    return [readers[ComponentType(menu["type"])](value) for value in values]


def _offered(menu: Json, values: Sequence[str]) -> list[str]:
    offered = [option["value"] for option in menu["options"]]
    if not set(values) <= set(offered):
        message = f"{menu['custom_id']!r} offers {offered}, not {list(values)}"
        raise ValueError(message)
    return list(values)


def _submitted(component: Json, values: Mapping[str, object], resolver: Resolver) -> Json:
    """Return one component of the modal with what was filled in."""
    shown: Json = {"type": component["type"], "id": component["id"]}
    if component["type"] == ComponentType.ACTION_ROW:
        inner = [_submitted(child, values, resolver) for child in component["components"]]
        return shown | {"components": inner}
    if component["type"] == ComponentType.LABEL:
        return shown | {"component": _submitted(component["component"], values, resolver)}
    if "custom_id" not in component:
        return shown
    shown["custom_id"] = component["custom_id"]
    return shown | _filled(component, values.get(component["custom_id"]), resolver)


def _filled(control: Json, value: object, resolver: Resolver) -> Json:
    kind = ComponentType(control["type"])
    if kind is ComponentType.TEXT_INPUT:
        return {"value": _written(control, value)}
    if kind is ComponentType.CHECKBOX:
        return {"value": bool(control.get("default") if value is None else value)}
    given = _listed(control, value)
    if kind is ComponentType.FILE_UPLOAD:
        return {"values": [resolver.attachment(file) for file in _counted(control, given)]}
    if kind in (ComponentType.RADIO_GROUP, ComponentType.CHECKBOX_GROUP):
        chosen = _offered(control, [str(one) for one in _counted(control, given)])
        if kind is ComponentType.CHECKBOX_GROUP:
            return {"values": chosen}
        return {"value": chosen[0] if chosen else None}
    return {"values": _chosen(control, [str(one) for one in given], resolver)}


def _written(control: Json, value: object) -> str:
    text = str(control.get("value") or "") if value is None else value
    name = control["custom_id"]
    if not isinstance(text, str):
        message = f"{name!r} takes a text, not {value!r}"
        raise ValueError(message)  # noqa: TRY004  every refusal of the client is a ValueError
    if not text and not control.get("required", True):
        return ""
    least = max(control.get("min_length") or 0, 1 if control.get("required", True) else 0)
    most = control.get("max_length") or _TEXT_MAXIMUM
    if not least <= len(text) <= most:
        message = f"{name!r} takes {least} to {most} characters, not {len(text)}"
        raise ValueError(message)
    return text


def _listed(control: Json, value: object) -> list[object]:
    if value is None:
        return [o["value"] for o in control.get("options") or () if o.get("default")]
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _counted(control: Json, given: list[object]) -> list[object]:
    """Check how many values there are, where min_values counts only for required controls."""
    required = control.get("required", True)
    least = control["min_values"] if control.get("min_values") is not None else 1
    most = control.get("max_values") or max(1, len(control.get("options") or ()))
    if control["type"] == ComponentType.RADIO_GROUP:
        most = 1
    if not (least <= len(given) <= most or (not given and not required)):
        message = f"{control['custom_id']!r} takes {least} to {most} values, not {len(given)}"
        raise ValueError(message)
    return given
