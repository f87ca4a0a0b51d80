"""The catalogue is complete, current and speaks proper French."""

import ast
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import discord
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po
from discord.app_commands import TranslationContext, TranslationContextLocation, locale_str

from bot.i18n import DEFAULT_LANGUAGE, LANGUAGES, N_, Catalogue, CommandTranslator

_ROOT = Path(__file__).parents[2]
_LOCALES = _ROOT / "bot" / "locales"
_TRANSLATED = [language for language in LANGUAGES if language != DEFAULT_LANGUAGE]
_KEYWORDS = ("gettext", "ngettext:1,2", "N_", "locale_str")
_MARKERS = frozenset(keyword.partition(":")[0] for keyword in _KEYWORDS)
_MAX_COMMAND_TEXT = 100

# What stands between backquotes or braces is code, not French.
_CODE = re.compile(r"`[^`]*`|\{[^}]*\}")
_LOOSE_PUNCTUATION = re.compile(r"(?<!\u202f)[;?!]|(?<!\u00a0):|«(?!\u00a0)|(?<!\u00a0)»|'|\.\.\.")


def _read(path: Path, language: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def _messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def _forms(message: Message) -> list[str]:
    """Return the message's texts, or its singular and plural."""
    return [message.id] if isinstance(message.id, str) else list(message.id)


def _translations(message: Message) -> list[str]:
    text = message.string
    return [text] if isinstance(text, str) else list(text or ())


def _name(message: Message) -> str:
    return _forms(message)[0]


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _extracted() -> set[tuple[str, ...]]:
    """Return what ``make catalogue`` would find in the sources now."""
    with (_LOCALES / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel's
    found: set[tuple[str, ...]] = set()
    for package in ("bot", "cogs"):
        for _, _, message, _, _ in extract_from_dir(
            str(_ROOT / package),
            method_map=methods,
            options_map=options,
            keywords=parse_keywords(_KEYWORDS),
        ):
            found.add((message,) if isinstance(message, str) else tuple(message))
    return found


def _calls() -> Iterator[tuple[Path, ast.Call]]:
    for package in ("bot", "cogs"):
        for path in sorted((_ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield path, node


def _marked(marker: str | None = None) -> set[str]:
    """Return every first text that is handed to a marker, however it is written."""
    return {
        call.args[0].value
        for _, call in _calls()
        if call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
        and _called(call) in ({marker} if marker else _MARKERS)
    }


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


_TEMPLATE = _read(_LOCALES / "aime.pot")
_CATALOGUES = {
    language: _read(_LOCALES / language / "LC_MESSAGES" / "aime.po", language)
    for language in _TRANSLATED
}
_ENTRIES = [
    (language, message)
    for language, catalogue in _CATALOGUES.items()
    for message in _messages(catalogue)
]


# --- The files


def test_catalogue_template_is_up_to_date_with_the_sources() -> None:
    kept = {tuple(_forms(message)) for message in _messages(_TEMPLATE)}

    assert kept == _extracted(), "run `make catalogue`"


def test_catalogue_template_holds_every_sentence_that_the_code_marks() -> None:
    # Babel overlooks what stands inside an f-string (before Python 3.12).
    kept = {_name(message) for message in _messages(_TEMPLATE)}

    assert _marked() - kept == set()


@pytest.mark.parametrize("language", _TRANSLATED)
def test_catalogue_of_a_language_has_the_messages_of_the_template(language: str) -> None:
    expected = {tuple(_forms(message)) for message in _messages(_TEMPLATE)}

    actual = {tuple(_forms(message)) for message in _messages(_CATALOGUES[language])}

    assert actual == expected, "run `make catalogue`, then translate what is empty"


# Each of these looks at every message at once, since there are hundreds, and names the wrong ones.


def _wrong(is_right: Callable[[str, Message], bool]) -> list[str]:
    return [
        f"{language}: {_name(message)}"
        for language, message in _ENTRIES
        if not is_right(language, message)
    ]


def test_messages_are_translated_and_reviewed() -> None:
    assert _wrong(lambda _, message: all(_translations(message)) and not message.fuzzy) == []


def test_messages_have_every_plural_form_of_their_language() -> None:
    def has_all(language: str, message: Message) -> bool:
        expected = 1 if isinstance(message.id, str) else _CATALOGUES[language].num_plurals
        return len(_translations(message)) == expected

    assert _wrong(has_all) == []


def test_translations_keep_the_placeholders() -> None:
    def keeps(_: str, message: Message) -> bool:
        expected = _placeholders(_name(message))
        return all(_placeholders(text) == expected for text in _translations(message))

    assert _wrong(keeps) == []


def test_translations_format_without_error() -> None:
    texts = {language: Catalogue().texts(language) for language in _TRANSLATED}

    def formats(language: str, message: Message) -> bool:
        values = dict.fromkeys(_placeholders(_name(message)), "‹value›")
        shown = [text.format(**values) for text in _translations(message)]
        said = texts[language].gettext(_name(message), **values)
        return not any("{" in text for text in shown) and (
            said in [*shown, _name(message).format(**values)]
        )

    assert _wrong(formats) == []


def test_translations_keep_code_emphasis_and_emoji() -> None:
    # The example `/describe topic:…` is a phrase of its own: only its command must stay.
    marks = re.compile(r"`[/\w]+|`|\*\*|[\U0001f300-\U0001faff\u2700-\u27bf\ufe0f]")

    def keeps(_: str, message: Message) -> bool:
        expected = sorted(marks.findall(_name(message)))
        return all(sorted(marks.findall(text)) == expected for text in _translations(message))

    assert _wrong(keeps) == []


def test_french_is_typeset_with_no_break_spaces_and_real_apostrophes() -> None:
    def is_typeset(language: str, message: Message) -> bool:
        if language != "fr" or _translations(message)[0] == _name(message):
            return True
        prose = [_CODE.sub("x", text) for text in _translations(message)]
        return not any(_LOOSE_PUNCTUATION.search(text) for text in prose)

    assert _wrong(is_typeset) == []


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_command_descriptions_fit_discord_in_every_language(language: str) -> None:
    texts = Catalogue().texts(language)
    shown = {text: texts.gettext(text) for text in _marked("locale_str")}

    too_long = {text for text, said in shown.items() if not 1 <= len(said) <= _MAX_COMMAND_TEXT}

    assert shown
    assert too_long == set()


# --- The texts of a language


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        pytest.param("fr", "fr", id="french"),
        pytest.param(discord.Locale.french, "fr", id="french as Discord says it"),
        pytest.param("fr-CA", "fr", id="a french region"),
        pytest.param(discord.Locale.british_english, "en", id="british english"),
        pytest.param(discord.Locale.german, "en", id="a language that is not ours"),
        pytest.param("xx-YY", "en", id="no language at all"),
        pytest.param("", "en", id="empty"),
        pytest.param(None, "en", id="unknown"),
    ],
)
def test_catalogue_finds_the_language_of_a_locale(
    locale: str | discord.Locale | None, language: str
) -> None:
    texts = Catalogue().texts(locale)

    assert texts.language == language
    assert texts.language_name == LANGUAGES[language]


def test_texts_translate_and_fill_in_names() -> None:
    texts = Catalogue().texts("fr")

    assert texts.gettext("Try again {when}.", when="<t:0:R>") == "Réessaie <t:0:R>."


def test_texts_keep_the_english_of_an_unknown_message() -> None:
    texts = Catalogue().texts("fr")

    assert texts.gettext(N_("Nobody wrote {this} before."), this="that") == (
        "Nobody wrote that before."
    )


@pytest.mark.parametrize(
    ("locale", "count", "expected"),
    [
        pytest.param("en", 0, "and 0 more tracks", id="english none"),
        pytest.param("en", 1, "and 1 more track", id="english one"),
        pytest.param("en", 2, "and 2 more tracks", id="english two"),
        pytest.param("fr", 0, "et 0 autre morceau", id="french none is singular"),
        pytest.param("fr", 1, "et 1 autre morceau", id="french one"),
        pytest.param("fr", 2, "et 2 autres morceaux", id="french two"),
    ],
)
def test_texts_choose_the_plural_of_their_language(locale: str, count: int, expected: str) -> None:
    texts = Catalogue().texts(locale)

    assert texts.ngettext("and {count} more track", "and {count} more tracks", count) == expected


def test_texts_find_only_what_differs_from_the_english() -> None:
    texts = Catalogue().texts("fr")

    assert texts.find("What can I do here?") == "Que puis-je faire ici\u202f?"
    assert texts.find("Nobody wrote this before.") is None
    assert Catalogue().texts("en").find("What can I do here?") is None


def test_catalogue_speaks_english_where_there_is_no_file(tmp_path: Path) -> None:
    texts = Catalogue(tmp_path).texts("fr")

    assert texts.language == "fr"
    assert texts.gettext("Try again in a minute.") == "Try again in a minute."


def test_catalogue_does_not_show_a_translation_marked_fuzzy(tmp_path: Path) -> None:
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "aime.po").write_text(
        '#, fuzzy\nmsgid "working"\nmsgstr "guesswork"\n\nmsgid "short"\nmsgstr "court"\n',
        encoding="utf-8",
    )

    texts = Catalogue(tmp_path).texts("fr")

    assert texts.gettext("working") == "working"
    assert texts.gettext("short") == "court"


# --- Command descriptions


async def _translated(
    text: str, locale: discord.Locale, location: TranslationContextLocation
) -> str | None:
    translator = CommandTranslator(Catalogue())
    # The overloads want each location's own kind of data; nobody looks at it here.
    context: Any = cast("Any", TranslationContext)(location, None)
    return await translator.translate(locale_str(text), locale, context)


@pytest.mark.parametrize(
    "location",
    [
        TranslationContextLocation.command_description,
        TranslationContextLocation.group_description,
        TranslationContextLocation.parameter_description,
        TranslationContextLocation.choice_name,
        TranslationContextLocation.other,
    ],
)
async def test_translator_translates_what_people_read(location: TranslationContextLocation) -> None:
    text = await _translated("What can I do here?", discord.Locale.french, location)

    assert text == "Que puis-je faire ici\u202f?"


@pytest.mark.parametrize(
    "location",
    [
        TranslationContextLocation.command_name,
        TranslationContextLocation.group_name,
        TranslationContextLocation.parameter_name,
    ],
)
async def test_translator_leaves_names_alone(location: TranslationContextLocation) -> None:
    assert await _translated("artist", discord.Locale.french, location) is None


@pytest.mark.parametrize(
    "locale",
    [
        pytest.param(discord.Locale.american_english, id="the language it is written in"),
        pytest.param(discord.Locale.british_english, id="its other region"),
        pytest.param(discord.Locale.german, id="a language that is not ours"),
    ],
)
async def test_translator_keeps_the_english_for_other_locales(locale: discord.Locale) -> None:
    location = TranslationContextLocation.command_description

    assert await _translated("What can I do here?", locale, location) is None


async def test_translator_keeps_a_text_without_translation() -> None:
    location = TranslationContextLocation.command_description

    assert await _translated("Nobody wrote this", discord.Locale.french, location) is None
