"""Discord's limits on a modal: at most five top-level components, whatever the OpenAPI says."""

from bot.sandbox.discord.component_checks import check_custom_id, check_options, check_select
from bot.sandbox.discord.components import SELECTS, ComponentType
from bot.sandbox.discord.forms import Form

_MOST_COMPONENTS = 5
_TITLE_MAXIMUM = 45
_LABEL_MAXIMUM = 45
_DESCRIPTION_MAXIMUM = 100
_PLACEHOLDER_MAXIMUM = 100
_INPUT_MAXIMUM = 4_000
_MOST_CHOICES = 10
_CUSTOM_ID_MAXIMUM = 100


def check_modal(form: Form) -> None:
    """Note the mistakes of a modal."""
    form.text("custom_id", minimum=1, maximum=_CUSTOM_ID_MAXIMUM, required=True)
    form.text("title", minimum=1, maximum=_TITLE_MAXIMUM, required=True)
    for child in form.objects("components", minimum=1, maximum=_MOST_COMPONENTS, required=True):
        _check_top_level(child)


def _check_top_level(form: Form) -> None:
    kind = form.data.get("type")
    if kind == ComponentType.ACTION_ROW:
        for child in form.objects("components", minimum=1, maximum=1, required=True):
            _check_control(child, needs_label=True)
    elif kind == ComponentType.LABEL:
        form.text("label", minimum=1, maximum=_LABEL_MAXIMUM, required=True)
        form.text("description", maximum=_DESCRIPTION_MAXIMUM)
        control = form.nested("component", required=True)
        if control is not None:
            _check_control(control, needs_label=False)
    elif kind == ComponentType.TEXT_DISPLAY:
        form.text("content", minimum=1, maximum=_INPUT_MAXIMUM, required=True)
    else:
        message = 'Value of field "type" must be one of (1, 10, 18).'
        form.fail("type", "UNION_TYPE_CHOICES", message)


def _check_control(form: Form, *, needs_label: bool) -> None:
    kind = form.data.get("type")
    if kind == ComponentType.TEXT_INPUT:
        _check_input(form, needs_label=needs_label)
    elif kind in SELECTS:
        check_select(form)
    elif kind in (ComponentType.RADIO_GROUP, ComponentType.CHECKBOX_GROUP):
        check_custom_id(form)
        least = 2 if kind == ComponentType.RADIO_GROUP else 1
        options = form.objects("options", minimum=least, maximum=_MOST_CHOICES, required=True)
        check_options(options)
    elif kind in (ComponentType.FILE_UPLOAD, ComponentType.CHECKBOX):
        check_custom_id(form)
    else:
        form.fail("type", "UNION_TYPE_CHOICES", "This component cannot be used in a modal.")


def _check_input(form: Form, *, needs_label: bool) -> None:
    check_custom_id(form)
    form.one_of("style", (1, 2), required=True)
    form.text("label", minimum=1, maximum=_LABEL_MAXIMUM, required=needs_label)
    form.text("placeholder", maximum=_PLACEHOLDER_MAXIMUM)
    form.text("value", maximum=_INPUT_MAXIMUM)
    form.integer("min_length", minimum=0, maximum=_INPUT_MAXIMUM)
    form.integer("max_length", minimum=1, maximum=_INPUT_MAXIMUM)
