"""The process tree recovers from the sudden death of any process, and leaves nothing behind when it ends."""

import os
import signal
import subprocess
import sys

import pytest

from tests.management.tree import ROOT, Studio, processes, wait_for

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.xdist_group("tree"),
]


def kinds(studio: Studio) -> dict[str, list[int]]:
    """Return the processes by kind; django-q's are distinguished by their place in the tree."""
    tree = studio.tree()
    children = {one.pid: [child.pid for child in tree if child.parent == one.pid] for one in tree}
    web = [one.pid for one in tree if one.parent == studio.process.pid and " web " in one.command]
    cluster = [one.pid for one in tree if one.parent == studio.process.pid and " cluster" in one.command]
    sentinel = [child for pid in cluster for child in children[pid]]
    return {
        "web server": web,
        "web worker": [child for pid in web for child in children[pid]],
        "cluster": cluster,
        "sentinel": sentinel,
        "sentinel's children": sorted(child for pid in sentinel for child in children[pid]),
    }


@pytest.mark.parametrize("kind", ["web server", "web worker", "cluster", "sentinel"])
def test_the_studio_heals_when_a_process_is_killed(studio, kind):
    wait_for(lambda: all(kinds(studio).values()), 30, "the tree is whole")
    victim = kinds(studio)[kind][0]
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: victim not in {one.pid for one in processes()}, 10, "it is dead")
    wait_for(lambda: all(kinds(studio).values()) and studio.answers(), 40, "the tree is whole again")
    studio.wait_for_a_new_beat()


@pytest.mark.parametrize("which", [5, pytest.param(4, marks=pytest.mark.slow), 0], ids=lambda n: f"child {n + 1}")
def test_the_cluster_heals_whichever_of_its_children_is_killed(studio, which):
    """A worker, the monitor, the pusher: some deaths hang a django-q cluster for good; the watch must notice."""
    wait_for(lambda: len(kinds(studio)["sentinel's children"]) >= 6, 60, "the cluster is whole")
    os.kill(kinds(studio)["sentinel's children"][which], signal.SIGKILL)
    studio.wait_for_a_new_beat(60)


def test_a_second_studio_on_the_same_data_is_refused(studio):
    command = [sys.executable, "run.py", "--port", "0", "--data", str(studio.folder)]
    second = subprocess.run(command, cwd=ROOT, env=studio.env, capture_output=True, text=True, timeout=240, check=False)
    assert second.returncode != 0
    assert "already running on" in second.stderr


def test_a_taken_port_is_said_before_anything_slow(studio, tmp_path):
    command = [sys.executable, "run.py", "--port", str(studio.port), "--data", str(tmp_path / "other")]
    second = subprocess.run(command, cwd=ROOT, env=studio.env, capture_output=True, text=True, timeout=240, check=False)
    assert second.returncode == 2
    assert f"Port {studio.port}" in second.stderr
    assert not (tmp_path / "other").exists()


def _pids_of(studio: Studio) -> set[int]:
    return {one.pid for one in studio.tree()}


def test_ctrl_c_leaves_nothing(tmp_path, prepared):
    with Studio(tmp_path, prepared) as studio:
        wait_for(lambda: len(_pids_of(studio)) > 5, 30, "the tree is whole")
        everyone = _pids_of(studio)
        studio.stop()
        assert studio.process.returncode == 0
    wait_for(lambda: not everyone & {one.pid for one in processes()}, 5, "every process is gone")


def test_nothing_outlives_a_killed_supervisor_and_the_next_start_goes_on(tmp_path, prepared):
    studio = Studio(tmp_path, prepared).start()
    studio.wait_for_a_new_beat()
    everyone = _pids_of(studio)
    studio.process.kill()
    studio.process.wait(10)
    wait_for(lambda: not everyone & {one.pid for one in processes()}, 5, "every process is gone")
    with studio:
        studio.wait_for_a_new_beat()
