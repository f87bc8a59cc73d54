"""Takes that several tests measure are made once, in one process."""

from functools import lru_cache
from pathlib import Path

import pytest

from generator.composer import ComposerControls, Composition, compose, read_brief


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all tests of a style run in one process, which writes its notes and makes its take once."""
    for item in items:
        style = getattr(item, "callspec", None) and item.callspec.params.get("style")
        if style and item.path.is_relative_to(Path(__file__).parent) and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(f"style {style}"))


@lru_cache(maxsize=30)
def made(style: str, seed: int = 1, length_s: float = 14.0, **controls: object) -> Composition:
    asked = ComposerControls(length_s=length_s, style=style, **controls)  # type: ignore[arg-type]
    return compose(read_brief("", asked, seed=seed))
