"""PDF layout on A4 pages: headings, facts, paragraphs and long tables, placed from top to bottom.

A thin layer over reportlab's canvas: a statement with thousands of lines takes a second. `fonts` chooses the fonts.
"""

from collections.abc import Iterable, Sequence
from io import BytesIO

from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from generator.services.billing.reports import fonts
from generator.services.billing.reports.fonts import BOLD, PLAIN, width

WIDTH, HEIGHT = A4
EDGE, LEAD = 48.0, 13.0
SMALL, BODY, LARGE = 8.0, 9.5, 18.0
INK, QUIET, LINE = (0.13, 0.12, 0.1), (0.38, 0.35, 0.31), (0.8, 0.77, 0.72)


class Sheet:
    """A PDF document written from top to bottom; `finish` returns its bytes."""

    def __init__(self, title: str, footer: str, *, compress: bool = True) -> None:
        fonts.load(PLAIN)
        fonts.load(BOLD)
        self._out = BytesIO()
        self._canvas = Canvas(self._out, pagesize=A4, pageCompression=int(compress), invariant=True)
        self._canvas.setTitle(title)
        self._canvas.setCreator("BGM Studio")
        self._names_letters = False  # whether any character was replaced by a name
        self._page, self._y = 1, HEIGHT - EDGE
        self._footer = self._printable(footer)

    def heading(self, text: str, quiet: str = "") -> None:
        self._ensure_space(LARGE * 3)
        self._write(EDGE, self._printable(text), BOLD, LARGE)
        self._y -= LARGE + 4
        if quiet:
            self._write(EDGE, self._printable(quiet), PLAIN, BODY, QUIET)
            self._y -= LEAD
        self._y -= 8

    def section(self, text: str) -> None:
        self._ensure_space(LEAD * 4)
        self._y -= 8
        self._write(EDGE, self._printable(text), BOLD, 11)
        self._y -= LEAD + 3

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Write labels with their values; long values wrap."""
        for label, value in rows:
            lines = self._wrap(value, WIDTH - 2 * EDGE - 130, BODY) or [""]
            for number, line in enumerate(lines):
                self._ensure_space(LEAD)
                if number == 0:
                    self._write(EDGE, self._printable(label), PLAIN, BODY, QUIET)
                self._write(EDGE + 130, line, PLAIN, BODY)
                self._y -= LEAD
            self._y -= 2

    def paragraph(self, text: str) -> None:
        for line in self._wrap(text, WIDTH - 2 * EDGE, BODY):
            self._ensure_space(LEAD)
            self._write(EDGE, line, PLAIN, BODY)
            self._y -= LEAD
        self._y -= 4

    def table(self, head: Sequence[str], widths: Sequence[float], rows: Iterable[Sequence[str]], last: int = 1) -> None:
        """Write a table whose head repeats on every page. The `last` columns are amounts and are right-aligned."""
        total = sum(widths)
        spans = [width / total * (WIDTH - 2 * EDGE) for width in widths]
        self._row(head, spans, last, BOLD)
        for row in rows:
            if self._y - LEAD < EDGE + LEAD:
                self._start_page()
                self._row(head, spans, last, BOLD)
            self._row(row, spans, last, PLAIN)
        self._y -= 4

    def _row(self, cells: Sequence[str], spans: Sequence[float], last: int, font: str) -> None:
        self._ensure_space(LEAD)
        left = EDGE
        for number, (cell, span) in enumerate(zip(cells, spans, strict=True)):
            text = self._cut(self._printable(cell), font, span - 6)
            right = number >= len(spans) - last
            x = left + span - width(text, font, SMALL) if right else left
            self._write(x, text, font, SMALL, INK if font == PLAIN else QUIET)
            left += span
        self._canvas.setStrokeColorRGB(*LINE)
        self._canvas.setLineWidth(0.4)
        self._canvas.line(EDGE, self._y - 4, WIDTH - EDGE, self._y - 4)
        self._y -= LEAD

    def finish(self) -> bytes:
        if self._names_letters:
            self.paragraph(_(fonts.NOTE))
        self._end_page()
        self._canvas.save()
        return self._out.getvalue()

    # --- layout helpers ---

    def _ensure_space(self, height: float) -> None:
        if self._y - height < EDGE + LEAD:
            self._start_page()

    def _start_page(self) -> None:
        self._end_page()
        self._page, self._y = self._page + 1, HEIGHT - EDGE

    def _end_page(self) -> None:
        self._canvas.setFillColorRGB(*QUIET)
        self._draw(EDGE, EDGE - 16, self._footer, PLAIN, 7)
        self._canvas.setFont(PLAIN, 7)
        self._canvas.drawRightString(WIDTH - EDGE, EDGE - 16, _("Page {number}").format(number=self._page))
        self._canvas.showPage()

    def _write(self, x: float, text: str, font: str, size: float, colour: tuple[float, float, float] = INK) -> None:
        self._canvas.setFillColorRGB(*colour)
        self._draw(x, self._y, text, font, size)

    def _draw(self, x: float, y: float, text: str, font: str, size: float) -> None:
        for piece, chosen in fonts.runs(text, font):
            self._canvas.setFont(chosen, size)
            self._canvas.drawString(x, y, piece)
            x += width(piece, chosen, size)

    def _printable(self, text: str) -> str:
        """Return text on one line in printable characters, and note whether any was replaced by a name."""
        printable_text, names_letters = fonts.printable(text)
        self._names_letters = self._names_letters or names_letters
        return printable_text

    def _cut(self, text: str, font: str, max_width: float) -> str:
        if width(text, font, SMALL) <= max_width:
            return text
        while text and width(f"{text}…", font, SMALL) > max_width:
            text = text[: -1 - len(text) // 12]
        return f"{text}…"

    def _wrap(self, text: str, max_width: float, size: float) -> list[str]:
        """Wrap text into lines. A word longer than a line is broken."""
        lines = []
        for part in text.splitlines():
            line = ""
            for word in self._printable(part).split(" "):
                while width(word, PLAIN, size) > max_width:
                    fits = max(1, int(len(word) * max_width / width(word, PLAIN, size)) - 1)
                    lines += [line] if line else []
                    lines, line, word = [*lines, word[:fits]], "", word[fits:]  # noqa: PLW2901
                longer = f"{line} {word}".strip()
                if width(longer, PLAIN, size) > max_width:
                    lines, longer = [*lines, line], word
                line = longer
            lines.append(line)
        return lines
