"""How the values that services hand to delivery look; registered in ``bot/app.py``."""

from collections.abc import Callable
from typing import Any, TypeVar

from discord import ui

from bot.i18n import Catalogue, Texts

T = TypeVar("T")


class Renderings:
    """One rendering for each type of content."""

    def __init__(self, languages: Catalogue) -> None:
        """Speak ``languages``."""
        self._languages = languages
        self._renderings: dict[type, Callable[[Any, Texts], ui.LayoutView]] = {}

    def register(self, kind: type[T], render: Callable[[T, Texts], ui.LayoutView]) -> None:
        """Have values of ``kind`` look as ``render`` says."""
        self._renderings[kind] = render

    def view(self, content: object, locale: str) -> ui.LayoutView:
        """Return the message for ``content``, in the reader's language.

        Raises:
            KeyError: Nobody has registered a rendering for its type.
        """
        return self._renderings[type(content)](content, self._languages.texts(locale))
