"""Which font prints a letter, and what stands for letters that no font here has.

DejaVu prints Latin, Greek, Cyrillic and signs, WenQuanYi Micro Hei Chinese, Japanese and Korean; only the letters that
are used are embedded. What neither has is never a box: it is named in brackets, a script once a run, a sign by its
name.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, BOLD, CJK = "StudioPlain", "StudioBold", "StudioCJK"
_FILES = {PLAIN: "dejavu-regular.ttf", BOLD: "dejavu-bold.ttf", CJK: "cjk-regular.ttf"}
_FOLDER = Path(__file__).parent / "fonts"
NOTE = "In brackets: characters that this document has no font for. The pages of the studio show them."


def load(font: str) -> None:
    """Have a font ready; the large one is read when it is needed first."""
    if font not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(font, str(_FOLDER / _FILES[font])))


def runs(text: str, font: str) -> Iterator[tuple[str, str]]:
    """The pieces of a printable text, each with the font that has its letters."""
    if text.isascii():
        yield text, font
        return
    for chosen, letters in groupby(text, lambda letter: font if _has(font, letter) else CJK):
        yield "".join(letters), chosen


def width(text: str, font: str, size: float) -> float:
    return sum(float(pdfmetrics.stringWidth(piece, chosen, size)) for piece, chosen in runs(text, font))


def printable(text: str) -> tuple[str, bool]:
    """A text on one line in letters that can be printed, and whether something had to be named instead."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if line.isascii() and line.isprintable():
        return line, False
    shown: list[str] = []
    for letter in line:
        if _is_unseen(letter):
            continue
        if _has(PLAIN, letter) or _has(CJK, letter):
            shown.append(letter)
        elif (name := _name_of(letter)) not in (shown[-1:] + shown[-2:-1] * (shown[-1:] == [" "])):
            shown.append(name)
    return " ".join("".join(shown).split()), any(len(one) > 1 for one in shown)


def _has(font: str, letter: str) -> bool:
    load(font)
    return ord(letter) in pdfmetrics.getFont(font).face.charToGlyph


def _is_unseen(letter: str) -> bool:
    """Zero-width and control characters, variants and skin tones of an emoji."""
    kind = unicodedata.category(letter)
    return kind in ("Cf", "Cc", "Cs") or "\ufe00" <= letter <= "\ufe0f" or "\U0001f3fb" <= letter <= "\U0001f3ff"


def _name_of(letter: str) -> str:
    """[Arabic text], [musical note]."""
    kind = unicodedata.category(letter)
    name = unicodedata.name(letter, f"U+{ord(letter):04X}")
    if kind[0] in "LMN":
        return f"[{name.split()[0].split('-')[0].title()} text]"
    return f"[{name.lower() if not name.startswith('U+') else name}]"
