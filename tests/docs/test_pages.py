"""The pages in docs/ describe the code: every setting, every command."""

import re
from pathlib import Path

import pytest

from tests.management.tree import ROOT

OPERATING = (ROOT / "docs" / "operating.md").read_text()
INDEX = (ROOT / "docs" / "decisions" / "README.md").read_text()
READ = re.compile(r'env\.\w+\(\s*"([A-Z_]+)"')
SETTINGS = set(READ.findall((ROOT / "bgmsite" / "settings.py").read_text()))
COMMANDS = {
    path.stem for path in (ROOT / "generator" / "management" / "commands").glob("*.py") if path.stem != "__init__"
}


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_setting_is_described(name):
    assert re.search(rf"^\| `{name}` \| \S", OPERATING, re.MULTILINE)


def test_no_setting_is_described_that_is_gone():
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", OPERATING, re.MULTILINE)) == SETTINGS


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_described(name):
    assert re.search(rf"(manage|manage\.py) (--data \S+ )?{name}\b", OPERATING)


PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")])


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", page.read_text()):
            to = (page.parent / target).resolve() if target else page
            assert to.exists(), f"{page}: {target}"
            if anchor:
                assert anchor in _anchors(to), f"{page}: {target}#{anchor}"


def _anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_index_lists_every_decision_with_its_title_and_date():
    records = {path.name: path.read_text() for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md")}
    listed = re.findall(r"^\| \[(\d{4})\]\((.+?)\) \| (.+?) \| (.+?) \|$", INDEX, re.MULTILINE)
    assert [name for _, name, _, _ in listed] == sorted(records)
    for number, name, title, date in listed:
        assert name.startswith(f"{number}-")
        assert records[name].startswith(f"# {number}: {title}\n\nDate: {date}\n")


@pytest.mark.parametrize("heading", ["Context", "Decision", "Consequences"])
def test_every_decision_has_the_same_headings(heading):
    for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md"):
        assert f"\n## {heading}\n" in path.read_text(), path.name
