"""The pages in docs/ say what the code does: every setting, every command."""

import re

import pytest

from tests.ops.tree import ROOT

OPERATING = (ROOT / "docs" / "operating.md").read_text()
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


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text()):
        assert ((ROOT / page).parent / target).exists(), target
