"""Broken and hostile files at most end their own process: the worker gets an error message."""

import io
import os
import pickle
import resource
import signal
import struct

import numpy as np
import pytest
from PIL import Image

from generator.audio import NotAudio, Tags, Wanted, encode, sandbox
from tests.audio.outside import all_mutated
from tests.audio.signals import RATE, song

IMPORT = "from generator.audio import sandbox as i"
# Processes that end before they measure need not load the measuring code: that is most of a start.
BARE = f"{IMPORT}; i._load = lambda: None"


@pytest.fixture
def alone(monkeypatch):
    """A separate process for this test, with limits that it sets before."""
    monkeypatch.setattr(sandbox, "_process", None)
    yield monkeypatch
    if sandbox._process:
        sandbox._process._end()


@pytest.mark.parametrize("count", [12, pytest.param(100, marks=pytest.mark.live)])
def test_broken_files_are_taken_or_refused_in_a_sentence_and_nothing_else(tmp_path, count) -> None:
    taken, refused = [], []
    for format, data in all_mutated(tmp_path, count):
        path = tmp_path / f"came.{format}"
        path.write_bytes(data)
        try:
            taken.append(sandbox.take_in(path, Wanted("wav", Tags(title="t"), "seed")).facts)
        except NotAudio as error:
            refused.append(str(error))
    assert len(taken) > count / 2
    assert len(refused) > count / 2
    assert {sentence[-1] for sentence in refused} == {"."}
    assert all(np.isfinite((facts.lufs or 0.0, facts.brightness, *facts.energy)).all() for facts in taken)


def test_a_small_file_of_a_long_sound_takes_no_memory_of_the_worker(tmp_path) -> None:
    """Two minutes of 96 kHz in a few kilobytes; decoded they are 92 MB."""
    path = tmp_path / "bomb.flac"
    encode(np.zeros((120 * 96_000, 2), np.int16), 96_000, path, "flac")
    assert path.stat().st_size < 500_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sandbox.measure_file(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_DATA"), reason="no such ceiling here")
def test_what_takes_too_much_memory_is_refused(tmp_path, alone) -> None:
    path = tmp_path / "long.flac"
    encode(np.zeros((200 * 48_000, 2), np.int16), 48_000, path, "flac")
    alone.setattr(sandbox, "_START", f"{IMPORT}; i.MAX_MEMORY_BYTES = 200_000_000; i.serve()")
    with pytest.raises(NotAudio, match="memory"):
        sandbox.measure_file(path)
    encode(song(1), RATE, path, "flac")
    assert sandbox.measure_file(path).seconds == pytest.approx(1.0)


def test_what_takes_too_long_is_refused(tmp_path, alone) -> None:
    path = tmp_path / "a.flac"
    encode(song(1), RATE, path, "flac")
    busy = "i._JOBS = {'measure_file': lambda path: [0 for _ in iter(int, 1)]}"
    alone.setattr(sandbox, "_START", f"{BARE}; i.CPU_TIMEOUT_S = 1; {busy}; i.serve()")
    with pytest.raises(NotAudio, match="too long"):
        sandbox.measure_file(path)


def test_a_crash_is_the_files_fault_and_a_kill_is_not(tmp_path, alone) -> None:
    path = tmp_path / "a.flac"
    encode(song(1), RATE, path, "flac")
    started = sandbox._START
    faults = {signal.SIGSEGV: NotAudio, signal.SIGABRT: NotAudio, signal.SIGKILL: sandbox.Interrupted}
    for kill, refused in faults.items():
        dies = f"import os; i._JOBS = {{'measure_file': lambda path: os.kill(os.getpid(), {int(kill)})}}"
        alone.setattr(sandbox, "_START", f"{BARE}; {dies}; i.serve()")
        with pytest.raises(refused):
            sandbox.measure_file(path)
    alone.setattr(sandbox, "_START", started)
    assert sandbox.measure_file(path).channels == 2


def test_a_process_that_was_prepared_is_the_one_that_reads(tmp_path, alone) -> None:
    path = tmp_path / "a.wav"
    encode(song(1), RATE, path, "wav")
    sandbox.start_ahead()
    running = sandbox._worker()._running
    assert running is not None
    assert running.poll() is None
    sandbox.start_ahead()
    assert sandbox.measure_file(path).seconds == pytest.approx(1.0, abs=0.01)
    assert sandbox._worker()._running is running


@pytest.mark.parametrize("leaves", ["before it is asked", "when it is asked"])
def test_a_process_that_ended_when_nothing_came_is_started_again(tmp_path, alone, leaves) -> None:
    path, start = tmp_path / "a.flac", sandbox._START
    encode(song(1), RATE, path, "flac")
    idle = f"{BARE}; i.IDLE_TIMEOUT_S = 0.0; i.serve()"
    alone.setattr(sandbox, "_START", idle if leaves == "before it is asked" else "open(0, 'rb', 0).read(1)")
    running = sandbox._worker()._started()
    if leaves == "before it is asked":
        running.wait(30)
    alone.setattr(sandbox, "_START", start)
    assert sandbox.measure_file(path).channels == 2
    assert sandbox._worker()._running is not running


def test_an_answer_holds_nothing_but_our_own_kinds() -> None:
    with pytest.raises(pickle.UnpicklingError):
        sandbox._Answers(io.BytesIO(pickle.dumps(os.system))).load()


def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", (10, 10)).save(path)
    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    path.write_bytes(data)
    with pytest.raises(ValueError, match="picture"):
        sandbox.picture(path, tmp_path / "out.webp")
    Image.new("RGB", (2000, 1000), "red").save(path)
    sandbox.picture(path, tmp_path / "out.webp")
    assert Image.open(tmp_path / "out.webp").size == (1024, 512)
