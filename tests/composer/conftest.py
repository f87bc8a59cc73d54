"""Takes that several tests listen to are made once; the fuller runs wait for `-m slow`."""

from functools import lru_cache

import pytest

from generator.composer import ComposerControls, Composition, compose, read_brief


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "slow" in (config.option.markexpr or ""):
        return
    fuller = [item for item in items if "slow" in item.keywords]
    items[:] = [item for item in items if "slow" not in item.keywords]
    config.hook.pytest_deselected(items=fuller)


@lru_cache(maxsize=30)
def made(style: str, seed: int = 1, length_s: float = 14.0, **controls: object) -> Composition:
    asked = ComposerControls(length_s=length_s, style=style, **controls)  # type: ignore[arg-type]
    return compose(read_brief("", asked, seed=seed))
