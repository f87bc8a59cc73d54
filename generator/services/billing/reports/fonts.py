"""Font selection for PDFs, and substitutes for characters that no bundled font has.

DejaVu covers Latin, Greek, Cyrillic and symbols; WenQuanYi Micro Hei covers Chinese, Japanese and Korean. Only the
glyphs in use are embedded. Other characters are replaced by a name in brackets instead of a box: consecutive letters
by the name of their script, once, and a symbol by its own name.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from django.utils.translation import gettext_noop
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD, CJK = "StudioPlain", "StudioBold", "StudioCJK"
_FILES = {PLAIN: "dejavu-regular.ttf", BOLD: "dejavu-bold.ttf", CJK: "cjk-regular.ttf"}
_FOLDER = Path(__file__).parent / "font_files"
NOTE = gettext_noop(
    "Brackets mark characters that are missing from this document’s fonts. You can see them on the studio’s web pages."
)


def load(font: str) -> None:
    """Register a font if necessary. The large CJK font is read on first use."""
    if font not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(font, str(_FOLDER / _FILES[font])))


def runs(text: str, font: str) -> Iterator[tuple[str, str]]:
    """Split printable text into pieces, each with the font that has its characters."""
    if text.isascii():
        yield text, font
        return
    for run_font, letters in groupby(text, lambda character: font if _has_glyph(font, character) else CJK):
        yield "".join(letters), run_font


def width(text: str, font: str, size: float) -> float:
    return sum(float(pdfmetrics.stringWidth(piece, chosen, size)) for piece, chosen in runs(text, font))


def printable(text: str) -> tuple[str, bool]:
    """Return the text on one line in printable characters, and whether any character was replaced by a name."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if line.isascii() and line.isprintable():
        return line, False
    pieces: list[str] = []
    for character in line:
        if _is_unseen(character):
            continue
        if _has_glyph(PLAIN, character) or _has_glyph(CJK, character):
            pieces.append(character)
        elif (name := _name_of(character)) not in (pieces[-1:] + pieces[-2:-1] * (pieces[-1:] == [" "])):
            pieces.append(name)
    return " ".join("".join(pieces).split()), any(len(piece) > 1 for piece in pieces)


def _has_glyph(font: str, character: str) -> bool:
    load(font)
    return ord(character) in pdfmetrics.getFont(font).face.charToGlyph


def _is_unseen(character: str) -> bool:
    """Return whether a character is zero-width, a control, a variation selector or an emoji skin tone."""
    kind = unicodedata.category(character)
    return kind in ("Cf", "Cc", "Cs") or "\ufe00" <= character <= "\ufe0f" or "\U0001f3fb" <= character <= "\U0001f3ff"


def _name_of(character: str) -> str:
    """Return a name in brackets, such as "[Arabic text]" or "[musical note]"."""
    kind = unicodedata.category(character)
    name = unicodedata.name(character, f"U+{ord(character):04X}")
    if kind[0] in "LMN":
        return f"[{name.split()[0].split('-')[0].title()} text]"
    return f"[{name.lower() if not name.startswith('U+') else name}]"
