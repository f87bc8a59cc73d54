"""Broken and hostile files end a process that is there for it, or nothing: the worker gets a sentence."""

import io
import os
import pickle
import resource
import signal
import struct

import numpy as np
import pytest
from PIL import Image

from generator.audio import NotAudio, Tags, Wanted, encode, isolated
from tests.audio.outside import all_mutated
from tests.audio.signals import RATE, song

IMPORT = "from generator.audio import isolated as i"


@pytest.fixture
def alone(monkeypatch):
    """A process of this test's own, with ceilings that it sets before."""
    monkeypatch.setattr(isolated, "_process", None)
    yield monkeypatch
    if isolated._process:
        isolated._process._end()


@pytest.mark.parametrize("count", [12, pytest.param(100, marks=pytest.mark.live)])
def test_broken_files_are_taken_or_refused_in_a_sentence_and_nothing_else(tmp_path, count) -> None:
    taken, refused = [], []
    for format, data in all_mutated(tmp_path, count):
        path = tmp_path / f"came.{format}"
        path.write_bytes(data)
        try:
            taken.append(isolated.take_in(path, Wanted("wav", Tags(title="t"), "seed")).facts)
        except NotAudio as error:
            refused.append(str(error))
    assert len(taken) > count / 2
    assert len(refused) > count / 2
    assert {sentence[-1] for sentence in refused} == {"."}
    assert all(np.isfinite((facts.lufs or 0.0, facts.brightness, *facts.energy)).all() for facts in taken)


def test_a_small_file_of_a_long_sound_takes_no_memory_of_the_worker(tmp_path) -> None:
    """Two minutes of 96 kHz in some kilobytes; decoded they are 92 MB."""
    path = tmp_path / "bomb.flac"
    encode(np.zeros((120 * 96_000, 2), np.int16), 96_000, path, "flac")
    assert path.stat().st_size < 500_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    isolated.measure_file(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_DATA"), reason="no such ceiling here")
def test_what_takes_too_much_memory_is_refused(tmp_path, alone) -> None:
    path = tmp_path / "long.flac"
    encode(np.zeros((200 * 48_000, 2), np.int16), 48_000, path, "flac")
    alone.setattr(isolated, "_START", f"{IMPORT}; i.MEMORY = 200_000_000; i.serve()")
    with pytest.raises(NotAudio, match="memory"):
        isolated.measure_file(path)
    encode(song(1), RATE, path, "flac")
    assert isolated.measure_file(path).seconds == pytest.approx(1.0)


def test_what_takes_too_long_is_refused(tmp_path, alone) -> None:
    path = tmp_path / "a.flac"
    encode(song(1), RATE, path, "flac")
    busy = "i._JOBS = {'measure_file': lambda path: [0 for _ in iter(int, 1)]}"
    alone.setattr(
        isolated, "_START", f"from generator.audio import isolated as i; i.CPU_SECONDS = 1; {busy}; i.serve()"
    )
    with pytest.raises(NotAudio, match="longer"):
        isolated.measure_file(path)


@pytest.mark.parametrize(
    ("kill", "refused"),
    [(signal.SIGSEGV, NotAudio), (signal.SIGABRT, NotAudio), (signal.SIGKILL, isolated.Interrupted)],
)
def test_a_crash_is_the_files_fault_and_a_kill_is_not(tmp_path, alone, kill, refused) -> None:
    path = tmp_path / "a.flac"
    encode(song(1), RATE, path, "flac")
    dies = f"import os; i._JOBS = {{'measure_file': lambda path: os.kill(os.getpid(), {int(kill)})}}"
    started = isolated._START
    alone.setattr(isolated, "_START", f"{IMPORT}; {dies}; i.serve()")
    with pytest.raises(refused):
        isolated.measure_file(path)
    alone.setattr(isolated, "_START", started)
    assert isolated.measure_file(path).channels == 2


def test_a_process_that_was_prepared_is_the_one_that_reads(tmp_path, alone) -> None:
    path = tmp_path / "a.wav"
    encode(song(1), RATE, path, "wav")
    isolated.prepare()
    running = isolated._worker()._running
    assert running is not None
    assert running.poll() is None
    isolated.prepare()
    assert isolated.measure_file(path).seconds == pytest.approx(1.0, abs=0.01)
    assert isolated._worker()._running is running


def test_a_process_that_ended_when_nothing_came_is_started_again(tmp_path, alone) -> None:
    path = tmp_path / "a.flac"
    encode(song(1), RATE, path, "flac")
    alone.setattr(isolated, "_START", f"{IMPORT}; i.IDLE_SECONDS = 0.0; i.serve()")
    isolated._worker()._started().wait(30)
    alone.undo()
    assert isolated.measure_file(path).channels == 2


def test_an_answer_holds_nothing_but_our_own_kinds() -> None:
    with pytest.raises(pickle.UnpicklingError):
        isolated._Answers(io.BytesIO(pickle.dumps(os.system))).load()


def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", (10, 10)).save(path)
    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    path.write_bytes(data)
    with pytest.raises(ValueError, match="picture"):
        isolated.picture(path, tmp_path / "out.webp")
    Image.new("RGB", (2000, 1000), "red").save(path)
    isolated.picture(path, tmp_path / "out.webp")
    assert Image.open(tmp_path / "out.webp").size == (1024, 512)
