"""Which tests are collected, in which order, under which names, and with how much room: pytest's hooks for it."""

import gc
import re
from pathlib import Path

import pytest

from bgmsite.call_stack import with_room

MAX_ID = 100  # characters of a parameter in the name of a test
LONG_GROUPS = ("browser", "editor", "soundverse", "tree", "slow machine")  # each takes minutes in one process
WHOLLY_LIVE = re.compile(r"^pytestmark = \[?\s*pytest\.mark\.live\b", re.MULTILINE)


def _waiting(config: pytest.Config) -> set[str]:
    """Return the markers whose tests this run leaves out."""
    everything = {config.rootpath, config.rootpath / "tests"}
    waiting = {"slow", "live"} if {Path(one).resolve() for one in config.args} <= everything else {"slow"}
    return waiting - set((config.option.markexpr or "").split())


def pytest_collection() -> None:
    """Disable garbage collection: collecting makes no garbage, and looking for it takes a tenth of the time."""
    gc.disable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip the import of modules that are entirely live in a run that leaves them out."""
    if collection_path.suffix != ".py" or not ("live" in _waiting(config) or config.option.markexpr == "not live"):
        return None
    return bool(WHOLLY_LIVE.search(collection_path.read_text("utf-8"))) or None


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name long values by their length: names are sent to and from every process many times."""
    return f"{argname} of {len(val)}" if isinstance(val, str | bytes) and len(val) > MAX_ID else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect `slow` tests without `-m slow`, and `live` tests without `-m live` or their file's name.

    Parallel processes get the long groups first; otherwise the last one would run alone at the end.
    """
    waiting = _waiting(config)
    left = [item for item in items if any(item.get_closest_marker(name) for name in waiting)]
    items[:] = [item for item in items if not any(item.get_closest_marker(name) for name in waiting)]
    config.hook.pytest_deselected(items=left)
    if hasattr(config, "workerinput"):
        items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    """Return the place of an item's group among those that start first."""
    group = next((mark.args[0] for mark in item.iter_markers("xdist_group")), "")
    return LONG_GROUPS.index(group) if group in LONG_GROUPS else len(LONG_GROUPS)


def pytest_collection_finish() -> None:
    """Keep collected tests out of later garbage collections, which would take a tenth of the run."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 100)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> object:
    """Run a test as a web server runs a view: calls go deep in both, and so near the edges of the call stack."""
    runner = item.config.pluginmanager.getplugin("runner")
    return with_room(runner.pytest_runtest_protocol, item, nextitem)
