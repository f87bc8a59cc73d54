"""The version in `bgmsite.__version__` matches the project file, and the changelog lists it."""

import re
import tomllib

import bgmsite
from tests.management.tree import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()


def test_the_project_file_has_the_same_version():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == bgmsite.__version__


def test_the_changelog_begins_with_what_is_unreleased_and_knows_this_version():
    releases = re.findall(r"^## \[(.+?)\]", CHANGELOG, re.MULTILINE)
    assert releases[0] == "Unreleased"
    assert bgmsite.__version__ in releases
