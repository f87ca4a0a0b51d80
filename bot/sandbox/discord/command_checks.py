"""Discord's limits on application commands.

https://docs.discord.com/developers/interactions/application-commands
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import IntEnum

from bot.sandbox.discord.errors import ApiError, ErrorTree
from bot.sandbox.discord.forms import Form
from bot.sandbox.discord.snowflakes import Json

_LOCALES = (
    "ar bg cs da de el en-GB en-US es-419 es-ES fi fr he hi hr hu id it ja ko lt nl no pl pt-BR "
    "ro ru sv-SE th tr uk vi zh-CN zh-TW"
)
LOCALES = frozenset(_LOCALES.split(" "))
"""The languages Discord's clients speak."""

_NAME_MAXIMUM = 32
_DESCRIPTION_MAXIMUM = 100
_MOST_OPTIONS = 25
_MOST_CHOICES = 25
_CHOICE_MAXIMUM = 100
_LONGEST_STRING = 6_000
_LARGEST_INTEGER = 2**53
_COMMAND_TOTAL = 8_000
_ALL_PERMISSION_BITS = 2**63 - 1


class CommandType(IntEnum):
    """Discord's application command types."""

    CHAT_INPUT = 1
    USER = 2
    MESSAGE = 3


class OptionType(IntEnum):
    """Discord's command option types."""

    SUB_COMMAND = 1
    SUB_COMMAND_GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


NESTING = frozenset({OptionType.SUB_COMMAND, OptionType.SUB_COMMAND_GROUP})
_WITH_CHOICES = frozenset({OptionType.STRING, OptionType.INTEGER, OptionType.NUMBER})
_MOST_COMMANDS = {CommandType.CHAT_INPUT: 100, CommandType.USER: 15, CommandType.MESSAGE: 15}


def check_commands(commands: Sequence[Json], *, listed: bool) -> None:
    """Refuse commands that Discord would refuse.

    Args:
        commands: As received.
        listed: Whether they came as a list, whose positions then lead the error paths.

    Raises:
        ApiError: 400, with 50035 for mistakes and 30032 for too many.
    """
    tree = ErrorTree()
    seen: set[tuple[object, object]] = set()
    for index, command in enumerate(commands):
        form = Form(command, tree, (index,) if listed else ())
        _check_command(form)
        key = (command.get("type") or CommandType.CHAT_INPUT, command.get("name"))
        if key in seen:
            message = "Application command names must be unique"
            form.fail("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
        seen.add(key)
    tree.raise_if_any()
    check_command_count(commands)


def check_command_count(commands: Iterable[Json]) -> None:
    """Refuse more commands of one type than a scope can hold.

    Raises:
        ApiError: 400 with 30032.
    """
    counts = Counter(command.get("type") or CommandType.CHAT_INPUT for command in commands)
    for kind, most in _MOST_COMMANDS.items():
        if counts[kind] > most:
            message = f"Maximum number of application commands reached ({most})"
            raise ApiError(400, 30032, message)


def _check_command(form: Form) -> None:
    kind = form.one_of("type", tuple(CommandType)) or CommandType.CHAT_INPUT
    chat_input = kind == CommandType.CHAT_INPUT
    _check_name(form, strict=chat_input)
    if chat_input:
        _check_description(form)
    elif form.data.get("description"):
        message = "Context menu commands cannot have description"
        form.fail("description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", message)
    form.integer("default_member_permissions", minimum=0, maximum=_ALL_PERMISSION_BITS)
    _check_numbers(form, "contexts", 2)
    _check_numbers(form, "integration_types", 1)
    options = form.objects("options", maximum=_MOST_OPTIONS)
    if options and not chat_input:
        message = "Context menu commands cannot have options"
        form.fail("options", "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS", message)
    _check_options(form, options, depth=0)
    if _size(form.data) > _COMMAND_TOTAL:
        message = f"Command exceeds maximum size ({_COMMAND_TOTAL})"
        form.fail(None, "APPLICATION_COMMAND_TOO_LARGE", message)


def _check_numbers(form: Form, field: str, largest: int) -> None:
    values = form.data.get(field)
    if values is not None and (not values or not set(values) <= set(range(largest + 1))):
        message = f"Values must be among (0 to {largest}), at least one."
        form.fail(field, "BASE_TYPE_CHOICES", message)


def _check_options(parent: Form, options: list[Form], *, depth: int) -> None:
    kinds = [option.data.get("type") for option in options]
    nested = [kind in NESTING for kind in kinds]
    if any(nested) and not all(nested):
        message = "Sub-command and sub-command group option types are mutually exclusive to others"
        parent.fail("options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
    names = Counter(option.data.get("name") for option in options)
    optional_seen = False
    for option in options:
        _check_option(option, depth=depth)
        if names[option.data.get("name")] > 1:
            message = "Option name is already used"
            option.fail("name", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", message)
        required = bool(option.data.get("required"))
        if required and optional_seen:
            message = "Required options must be placed before non-required options"
            option.fail(None, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_seen = optional_seen or not required


def _check_option(form: Form, *, depth: int) -> None:
    kind = form.one_of("type", tuple(OptionType), required=True)
    _check_name(form, strict=True)
    _check_description(form)
    if kind in NESTING:
        _check_nesting(form, kind, depth=depth)
        return
    form.integer("min_length", minimum=0, maximum=_LONGEST_STRING)
    form.integer("max_length", minimum=1, maximum=_LONGEST_STRING)
    choices = form.objects("choices", maximum=_MOST_CHOICES)
    if choices and kind not in _WITH_CHOICES:
        message = "Choices are not allowed for this option type"
        form.fail("choices", "APPLICATION_COMMAND_OPTION_CHOICES_INVALID", message)
    if choices and form.data.get("autocomplete"):
        message = "Choices and autocomplete are mutually exclusive"
        form.fail("autocomplete", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES", message)
    for choice in choices:
        check_choice(choice, kind)


def _check_nesting(form: Form, kind: int, *, depth: int) -> None:
    # command > group > subcommand is the deepest Discord knows
    if depth > (1 if kind == OptionType.SUB_COMMAND else 0):
        message = "Sub-commands nest one group deep"
        form.fail("type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
        return
    options = form.objects("options", maximum=_MOST_OPTIONS)
    _check_options(form, options, depth=depth + 1 if kind == OptionType.SUB_COMMAND_GROUP else 2)


def check_choice(form: Form, kind: int | None) -> None:
    """Note the mistakes of a choice, fixed or offered by autocomplete."""
    form.text("name", minimum=1, maximum=_CHOICE_MAXIMUM, required=True)
    _check_localizations(form, "name", _CHOICE_MAXIMUM)
    if kind == OptionType.STRING:
        form.text("value", minimum=1, maximum=_CHOICE_MAXIMUM, required=True)
    elif kind == OptionType.INTEGER:
        form.integer("value", minimum=-_LARGEST_INTEGER, maximum=_LARGEST_INTEGER, required=True)


def _check_name(form: Form, *, strict: bool) -> None:
    name = form.text("name", minimum=1, maximum=_NAME_MAXIMUM, required=True)
    if strict and name is not None and not _is_valid_name(name):
        message = "Command name is invalid"
        form.fail("name", "APPLICATION_COMMAND_INVALID_NAME", message)
    _check_localizations(form, "name", _NAME_MAXIMUM)
    for locale, localized in (form.data.get("name_localizations") or {}).items():
        if strict and not _is_valid_name(localized):
            path = (*form.path, "name_localizations", locale)
            form.tree.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_description(form: Form) -> None:
    form.text("description", minimum=1, maximum=_DESCRIPTION_MAXIMUM, required=True)
    _check_localizations(form, "description", _DESCRIPTION_MAXIMUM)


def _check_localizations(form: Form, field: str, maximum: int) -> None:
    localized = form.nested(f"{field}_localizations")
    if localized is None:
        return
    for locale in localized.data:
        if locale not in LOCALES:
            localized.fail(locale, "BASE_TYPE_CHOICES", "Value must be one of the locales.")
        localized.text(locale, minimum=1, maximum=maximum)


def _is_valid_name(name: str) -> bool:
    # ^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$ and no capital where a small letter exists
    letters = all(
        character in "-_'"
        or unicodedata.category(character)[0] in "LN"
        or unicodedata.name(character, "").startswith(("DEVANAGARI", "THAI"))
        for character in name
    )
    return letters and name == name.lower()


def _size(node: Json) -> int:
    """Count the characters of a command and all below it; of translations the longest counts."""
    total = 0
    for field in ("name", "description"):
        localized = (node.get(f"{field}_localizations") or {}).values()
        total += max(len(str(text)) for text in (node.get(field) or "", *localized))
    if isinstance(node.get("value"), str):
        total += len(node["value"])
    children = (*(node.get("options") or ()), *(node.get("choices") or ()))
    return total + sum(_size(child) for child in children)
