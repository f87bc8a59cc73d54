"""Sheets of paper: a heading, facts, paragraphs and long tables, set one below the other on A4 pages.

A thin pager over reportlab's canvas: a statement of thousands of lines takes a second. Fonts are chosen by `lettering`.
"""

from collections.abc import Iterable, Sequence
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from generator.billing import lettering
from generator.billing.lettering import BOLD, PLAIN, width

WIDTH, HEIGHT = A4
EDGE, LEAD = 48.0, 13.0
SMALL, BODY, LARGE = 8.0, 9.5, 18.0
INK, QUIET, LINE = (0.13, 0.12, 0.1), (0.38, 0.35, 0.31), (0.8, 0.77, 0.72)


class Sheet:
    """Pages that are written from top to bottom; `finish` gives the bytes."""

    def __init__(self, title: str, foot: str, *, compress: bool = True) -> None:
        lettering.load(PLAIN)
        lettering.load(BOLD)
        self._out = BytesIO()
        self._canvas = Canvas(self._out, pagesize=A4, pageCompression=int(compress), invariant=True)
        self._canvas.setTitle(title)
        self._canvas.setCreator("BGM Studio")
        self._names_letters = False  # whether anything was named because no font has it
        self._page, self._y = 1, HEIGHT - EDGE
        self._foot = self._known(foot)

    def heading(self, text: str, quiet: str = "") -> None:
        self._room(LARGE * 3)
        self._write(EDGE, self._known(text), BOLD, LARGE)
        self._y -= LARGE + 4
        if quiet:
            self._write(EDGE, self._known(quiet), PLAIN, BODY, QUIET)
            self._y -= LEAD
        self._y -= 8

    def section(self, text: str) -> None:
        self._room(LEAD * 4)
        self._y -= 8
        self._write(EDGE, self._known(text), BOLD, 11)
        self._y -= LEAD + 3

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Labels with what they say, long ones over several lines."""
        for label, value in rows:
            lines = self._fold(value, WIDTH - 2 * EDGE - 130, BODY) or [""]
            for number, line in enumerate(lines):
                self._room(LEAD)
                if number == 0:
                    self._write(EDGE, self._known(label), PLAIN, BODY, QUIET)
                self._write(EDGE + 130, line, PLAIN, BODY)
                self._y -= LEAD
            self._y -= 2

    def paragraph(self, text: str) -> None:
        for line in self._fold(text, WIDTH - 2 * EDGE, BODY):
            self._room(LEAD)
            self._write(EDGE, line, PLAIN, BODY)
            self._y -= LEAD
        self._y -= 4

    def table(self, head: Sequence[str], widths: Sequence[float], rows: Iterable[Sequence[str]], last: int = 1) -> None:
        """Rows under a head that every page repeats; the `last` columns are amounts and end at their right edge."""
        total = sum(widths)
        spans = [width / total * (WIDTH - 2 * EDGE) for width in widths]
        self._row(head, spans, last, BOLD)
        for row in rows:
            if self._y - LEAD < EDGE + LEAD:
                self._turn()
                self._row(head, spans, last, BOLD)
            self._row(row, spans, last, PLAIN)
        self._y -= 4

    def _row(self, cells: Sequence[str], spans: Sequence[float], last: int, font: str) -> None:
        self._room(LEAD)
        left = EDGE
        for number, (cell, span) in enumerate(zip(cells, spans, strict=True)):
            text = self._cut(self._known(cell), font, span - 6)
            right = number >= len(spans) - last
            at = left + span - width(text, font, SMALL) if right else left
            self._write(at, text, font, SMALL, INK if font == PLAIN else QUIET)
            left += span
        self._canvas.setStrokeColorRGB(*LINE)
        self._canvas.setLineWidth(0.4)
        self._canvas.line(EDGE, self._y - 4, WIDTH - EDGE, self._y - 4)
        self._y -= LEAD

    def finish(self) -> bytes:
        if self._names_letters:
            self.paragraph(lettering.NOTE)
        self._end_page()
        self._canvas.save()
        return self._out.getvalue()

    # --- inside ---

    def _room(self, height: float) -> None:
        if self._y - height < EDGE + LEAD:
            self._turn()

    def _turn(self) -> None:
        self._end_page()
        self._page, self._y = self._page + 1, HEIGHT - EDGE

    def _end_page(self) -> None:
        self._canvas.setFillColorRGB(*QUIET)
        self._draw(EDGE, EDGE - 16, self._foot, PLAIN, 7)
        self._canvas.setFont(PLAIN, 7)
        self._canvas.drawRightString(WIDTH - EDGE, EDGE - 16, f"Page {self._page}")
        self._canvas.showPage()

    def _write(self, x: float, text: str, font: str, size: float, colour: tuple[float, float, float] = INK) -> None:
        self._canvas.setFillColorRGB(*colour)
        self._draw(x, self._y, text, font, size)

    def _draw(self, x: float, y: float, text: str, font: str, size: float) -> None:
        for piece, chosen in lettering.runs(text, font):
            self._canvas.setFont(chosen, size)
            self._canvas.drawString(x, y, piece)
            x += width(piece, chosen, size)

    def _known(self, text: str) -> str:
        """A text on one line, in letters that can be printed."""
        shown, names_letters = lettering.printable(text)
        self._names_letters = self._names_letters or names_letters
        return shown

    def _cut(self, text: str, font: str, room: float) -> str:
        if width(text, font, SMALL) <= room:
            return text
        while text and width(f"{text}…", font, SMALL) > room:
            text = text[: -1 - len(text) // 12]
        return f"{text}…"

    def _fold(self, text: str, room: float, size: float) -> list[str]:
        """Break a text into lines, a word that is longer than a line inside itself."""
        lines = []
        for part in text.splitlines():
            line = ""
            for word in self._known(part).split(" "):
                while width(word, PLAIN, size) > room:
                    fits = max(1, int(len(word) * room / width(word, PLAIN, size)) - 1)
                    lines += [line] if line else []
                    lines, line, word = [*lines, word[:fits]], "", word[fits:]  # noqa: PLW2901
                longer = f"{line} {word}".strip()
                if width(longer, PLAIN, size) > room:
                    lines, longer = [*lines, line], word
                line = longer
            lines.append(line)
        return lines
