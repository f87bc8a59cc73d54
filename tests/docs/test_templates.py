"""Templates stay readable: no line is longer than a screen is wide."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MAX_LINE_CHARS = 160


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_line_is_too_long(path):
    assert [line for line in path.read_text().splitlines() if len(line) > MAX_LINE_CHARS] == []
