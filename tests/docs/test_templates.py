"""Templates stay readable: no line is longer than a screen is wide."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MAX_LINE_CHARS = 160


def test_no_line_is_too_long():
    lines = [(path, line) for path in TEMPLATES for line in path.read_text().splitlines()]
    assert [(str(path.relative_to(ROOT)), line) for path, line in lines if len(line) > MAX_LINE_CHARS] == []
