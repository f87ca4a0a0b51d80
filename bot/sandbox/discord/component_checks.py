"""Discord's limits on the components of a message.

https://docs.discord.com/developers/components/reference and the official OpenAPI.
"""

from collections.abc import Iterable

from bot.sandbox.discord.components import (
    LINK_STYLE,
    PREMIUM_STYLE,
    SELECTS,
    ComponentType,
    texts,
    walk,
)
from bot.sandbox.discord.forms import Form
from bot.sandbox.discord.snowflakes import Json

_MOST_COMPONENTS = 40
_MOST_TEXT = 4_000
_MOST_LEGACY_ROWS = 5
_ROW_WIDTH = 5
_MOST_OPTIONS = 25
_BUTTON_STYLES = range(1, 7)
_LARGEST_ID = 2**31 - 1
_CUSTOM_ID_MAXIMUM = 100
_LABEL_MAXIMUM = 80
_PLACEHOLDER_MAXIMUM = 150
_URL_MAXIMUM = 512
_OPTION_MAXIMUM = 100
_DESCRIPTION_MAXIMUM = 1_024
_MEDIA_URL_MAXIMUM = 2_048
_GALLERY_MAXIMUM = 10
_SECTION_TEXTS_MAXIMUM = 3

_IN_ROW = {ComponentType.BUTTON, *SELECTS}
_IN_CONTAINER = {
    ComponentType.ACTION_ROW,
    ComponentType.SECTION,
    ComponentType.TEXT_DISPLAY,
    ComponentType.MEDIA_GALLERY,
    ComponentType.FILE,
    ComponentType.SEPARATOR,
}
_TOP_LEVEL_V2 = {*_IN_CONTAINER, ComponentType.CONTAINER}
_TOP_LEVEL_LEGACY = {ComponentType.ACTION_ROW}


def check_components(form: Form, *, v2: bool) -> None:
    """Note the mistakes in a message's `components`.

    Args:
        form: The message.
        v2: Whether the message carries IS_COMPONENTS_V2.
    """
    most = _MOST_COMPONENTS if v2 else _MOST_LEGACY_ROWS
    allowed = _TOP_LEVEL_V2 if v2 else _TOP_LEVEL_LEGACY
    children = form.objects("components", maximum=most)
    for child in children:
        _check(child, allowed)
    everything = [child.data for child in children]
    if v2:
        _check_totals(form, everything)
    _check_custom_ids(children)


def check_custom_id(form: Form) -> None:
    """Note a missing or overlong custom id."""
    form.text("custom_id", minimum=1, maximum=_CUSTOM_ID_MAXIMUM, required=True)


def check_select(form: Form) -> None:
    """Note the mistakes in a select menu of a message or a modal."""
    check_custom_id(form)
    form.text("placeholder", maximum=_PLACEHOLDER_MAXIMUM)
    least = form.integer("min_values", minimum=0, maximum=_MOST_OPTIONS)
    most = form.integer("max_values", minimum=1, maximum=_MOST_OPTIONS)
    if form.data.get("type") != ComponentType.STRING_SELECT:
        return
    options = form.objects("options", minimum=1, maximum=_MOST_OPTIONS, required=True)
    check_options(options)
    if most is not None and options and most > len(options):
        message = f"max_values must be less than or equal to {len(options)}."
        form.fail("max_values", "NUMBER_TYPE_MAX", message)
    if least is not None and least > (1 if most is None else most):
        form.fail("min_values", "NUMBER_TYPE_MAX", "min_values must not exceed max_values.")


def check_options(options: Iterable[Form]) -> None:
    """Note the mistakes in the options of a menu or a group, double values among them."""
    seen: set[str] = set()
    for option in options:
        option.text("label", minimum=1, maximum=_OPTION_MAXIMUM, required=True)
        option.text("description", maximum=_OPTION_MAXIMUM)
        value = option.text("value", minimum=1, maximum=_OPTION_MAXIMUM, required=True)
        if value in seen:
            message = "The specified option value is already used"
            option.fail("value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
        if value is not None:
            seen.add(value)


def _check(form: Form, allowed: Iterable[ComponentType]) -> None:
    kind = form.data.get("type")
    choices = sorted(int(choice) for choice in allowed)
    if kind not in choices:
        listed = ", ".join(map(str, choices)) + ("," if len(choices) == 1 else "")
        message = f'Value of field "type" must be one of ({listed}).'
        form.fail("type", "UNION_TYPE_CHOICES", message)
        return
    form.integer("id", minimum=0, maximum=_LARGEST_ID)
    _CHECKS[ComponentType(kind)](form)


def _check_row(form: Form) -> None:
    children = form.objects("components", minimum=1, maximum=_ROW_WIDTH, required=True)
    kinds = [child.data.get("type") for child in children]
    if len(children) > 1 and any(kind in SELECTS for kind in kinds):
        message = f"Component layout width exceeded: a menu fills a row of {_ROW_WIDTH}"
        form.fail("components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)
    for child in children:
        _check(child, _IN_ROW)


def _check_button(form: Form) -> None:
    style = form.one_of("style", _BUTTON_STYLES, required=True)
    form.text("label", maximum=_LABEL_MAXIMUM)
    if style == LINK_STYLE:
        form.text("url", minimum=1, maximum=_URL_MAXIMUM, required=True)
        if form.data.get("custom_id"):
            message = "A custom id and url cannot both be specified"
            form.fail("custom_id", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message)
    elif style == PREMIUM_STYLE:
        form.integer("sku_id", minimum=1, maximum=2**63 - 1, required=True)
    else:
        check_custom_id(form)
    if style != PREMIUM_STYLE and not (form.data.get("label") or form.data.get("emoji")):
        message = "A button must have a label or an emoji"
        form.fail(None, "BUTTON_COMPONENT_INVALID", message)


def _check_section(form: Form) -> None:
    most = _SECTION_TEXTS_MAXIMUM
    for child in form.objects("components", minimum=1, maximum=most, required=True):
        _check(child, {ComponentType.TEXT_DISPLAY})
    accessory = form.nested("accessory", required=True)
    if accessory is not None:
        _check(accessory, {ComponentType.BUTTON, ComponentType.THUMBNAIL})


def _check_text(form: Form) -> None:
    form.text("content", minimum=1, maximum=_MOST_TEXT, required=True)


def _check_media(form: Form, field: str) -> None:
    form.text("description", maximum=_DESCRIPTION_MAXIMUM)
    media = form.nested(field, required=True)
    if media is not None:
        media.text("url", minimum=1, maximum=_MEDIA_URL_MAXIMUM, required=True)


def _check_thumbnail(form: Form) -> None:
    _check_media(form, "media")


def _check_gallery(form: Form) -> None:
    for item in form.objects("items", minimum=1, maximum=_GALLERY_MAXIMUM, required=True):
        _check_media(item, "media")


def _check_file(form: Form) -> None:
    _check_media(form, "file")


def _check_separator(form: Form) -> None:
    form.one_of("spacing", (1, 2))


def _check_container(form: Form) -> None:
    form.integer("accent_color", minimum=0, maximum=0xFFFFFF)
    for child in form.objects("components", minimum=1, maximum=_MOST_COMPONENTS, required=True):
        _check(child, _IN_CONTAINER)


def _check_totals(form: Form, components: list[Json]) -> None:
    total = sum(1 for _ in walk(components))
    if total > _MOST_COMPONENTS:
        message = f"The total number of components exceeds the maximum of {_MOST_COMPONENTS}"
        form.fail("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message)
    if sum(map(len, texts(components))) > _MOST_TEXT:
        message = f"The total displayable text size exceeds the maximum of {_MOST_TEXT}"
        form.fail("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)


def _check_custom_ids(top: Iterable[Form]) -> None:
    seen: set[str] = set()
    for child in top:
        for component in walk((child.data,)):
            custom_id = component.get("custom_id")
            if custom_id in seen:
                message = "Component custom id cannot be duplicated"
                child.fail("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", message)
            if custom_id is not None:
                seen.add(custom_id)


_CHECKS = {
    ComponentType.ACTION_ROW: _check_row,
    ComponentType.BUTTON: _check_button,
    ComponentType.SECTION: _check_section,
    ComponentType.TEXT_DISPLAY: _check_text,
    ComponentType.THUMBNAIL: _check_thumbnail,
    ComponentType.MEDIA_GALLERY: _check_gallery,
    ComponentType.FILE: _check_file,
    ComponentType.SEPARATOR: _check_separator,
    ComponentType.CONTAINER: _check_container,
    **dict.fromkeys(SELECTS, check_select),
}
