"""Every sentence a user reads, in the user's language.

The English text is the key (gettext); ``locales/<language>/LC_MESSAGES/aime.po`` holds the
translations, read at start, so there is no compiled file to go stale. ``{names}`` in braces are
filled in after translation.
"""

import gettext
import io
from pathlib import Path
from typing import Final

import discord
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from discord import app_commands

LANGUAGES: Final = {"en": "English", "fr": "French"}
"""Our languages: code -> English name."""

DEFAULT_LANGUAGE: Final = "en"
_LOCALES = Path(__file__).with_name("locales")
_DOMAIN = "aime"


def N_(message: str) -> str:  # noqa: N802  # gettext's own name for "translate me later"
    """Mark ``message`` for the catalogue without translating it yet."""
    return message


class Texts:
    """The sentences of one language."""

    def __init__(self, language: str, translations: gettext.NullTranslations) -> None:
        """Translate with ``translations``; ``language`` is a code of ``LANGUAGES``."""
        self.language = language
        self._translations = translations

    @property
    def language_name(self) -> str:
        """The language's English name, for prompts."""
        return LANGUAGES[self.language]

    def gettext(self, message: str, /, **values: object) -> str:
        """Return ``message`` in this language with ``{names}`` filled in."""
        return self._translations.gettext(message).format(**values)

    def ngettext(self, one: str, many: str, count: int, /, **values: object) -> str:
        """Return the form for ``count``, which is also ``{count}``."""
        text = self._translations.ngettext(one, many, count)
        return text.format(count=count, **values)

    def find(self, message: str) -> str | None:
        """Return the translation, or None where there is none."""
        translated = self._translations.gettext(message)
        return None if translated == message else translated


class Catalogue:
    """All languages, loaded once."""

    def __init__(self, directory: Path = _LOCALES) -> None:
        """Read every ``.po`` file below ``directory``."""
        self._texts = {
            language: Texts(language, _load(directory, language)) for language in LANGUAGES
        }

    def texts(self, locale: str | discord.Locale | None) -> Texts:
        """Return the texts for a Discord locale such as ``fr`` or ``en-GB``."""
        language = str(locale or DEFAULT_LANGUAGE).split("-")[0]
        return self._texts.get(language, self._texts[DEFAULT_LANGUAGE])


class CommandTranslator(app_commands.Translator):
    """Translates command and option descriptions when commands are synced.

    Names stay as they are in every language: they are the interface people tell each other.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        """Look translations up in ``catalogue``."""
        super().__init__()
        self._catalogue = catalogue

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return the translation, or None to keep the English text."""
        kept = (
            app_commands.TranslationContextLocation.command_name,
            app_commands.TranslationContextLocation.group_name,
            app_commands.TranslationContextLocation.parameter_name,
        )
        language = str(locale).split("-")[0]
        if context.location in kept or language == DEFAULT_LANGUAGE or language not in LANGUAGES:
            return None
        return self._catalogue.texts(language).find(string.message)


def _load(directory: Path, language: str) -> gettext.NullTranslations:
    path = directory / language / "LC_MESSAGES" / f"{_DOMAIN}.po"
    if not path.exists():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
