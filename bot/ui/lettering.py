"""How texts in pictures look, and which can be set at all; for ``bot.ui.drawing``."""

import unicodedata
from pathlib import Path
from typing import Final

from matplotlib import get_data_path
from matplotlib.font_manager import FontProperties, get_font

DPI: Final = 100
_TEXT_POINTS: Final = 21
_TITLE_POINTS: Final = 23
_FONT_FILE: Final = Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
# Named by their files: matplotlib then need not look for them among all that are installed.
TEXT: Final = FontProperties(fname=str(_FONT_FILE), size=_TEXT_POINTS)
HEADING: Final = FontProperties(
    fname=str(_FONT_FILE.with_name("DejaVuSans-Bold.ttf")), size=_TITLE_POINTS
)
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_ELLIPSIS: Final = "…"


def can_draw(text: str) -> bool:
    """Tell whether the text comes out as it is read.

    The font has Latin, Greek, Cyrillic and more, but neither Chinese, Japanese nor Korean; and
    matplotlib sets Hebrew and Arabic from left to right, which nobody can read.
    """
    glyphs = get_font(str(_FONT_FILE)).get_charmap()
    return all(
        ord(each) in glyphs and unicodedata.bidirectional(each) not in _RIGHT_TO_LEFT
        for each in text
    )


def fitting(text: str, width: float) -> str:
    """Return ``text``, cut where it would be wider than ``width`` pixels."""
    if width_of(text) <= width:
        return text
    while text and width_of(text + _ELLIPSIS) > width:
        text = text[:-1]
    return text.rstrip() + _ELLIPSIS


def width_of(text: str) -> float:
    """Return how many pixels the text is wide."""
    font = get_font(str(_FONT_FILE))
    font.set_size(_TEXT_POINTS, DPI)
    font.set_text(text)
    return float(font.get_width_height()[0]) / 64
