"""Lengths to the sample, from the shortest to the longest, and seamless loops."""

import re
import subprocess
import sys

import numpy as np
import pytest

from generator.composer import STYLES, BriefError, ComposerControls, read_brief, vary
from generator.composer.mixing.mix import frames_of
from generator.composer.writing.form import plan
from tests.composer.conftest import made
from tests.composer.hearing import RATE, floats, levels_db


@pytest.mark.parametrize("length_s", [5, 5.01, 6.7, 7.777, 11.2, 13.337])
def test_odd_lengths_are_exact_and_end_quietly(length_s: float) -> None:
    take = made("folk", length_s=length_s)
    assert len(take.pcm) == round(length_s * RATE)
    assert np.abs(take.pcm[-10:]).max() <= 4
    assert levels_db(floats(take.pcm))[:10].max() > -30


@pytest.mark.parametrize("length_s", [5, 59.999, 299.5, 600])
@pytest.mark.parametrize("loop", [False, True])
def test_long_lengths_are_planned_to_the_sample(length_s: float, loop: bool) -> None:
    form = plan(read_brief("", ComposerControls(length_s=length_s, style="house", loop=loop), seed=1))
    assert frames_of(form) == round(length_s * RATE)


@pytest.mark.parametrize("bpm", [41, 97.3, 219])
def test_an_asked_tempo_is_kept_whatever_the_length(bpm: float) -> None:
    take = made("corporate", length_s=9.3, bpm=bpm)
    assert take.bpm == bpm
    assert len(take.pcm) == round(9.3 * RATE)


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("meter", ["4/4", "3/4"])
@pytest.mark.parametrize("bpm", [61.7, 97.3, 120, 174, 219])
def test_the_tempo_that_is_said_is_the_one_that_is_played(bpm: float, meter: str, loop: bool) -> None:
    for length_s in (None, 8, 13.31, 20, 45.5, 61, 300):
        controls = ComposerControls(length_s=length_s, style="folk", bpm=bpm, meter=meter, loop=loop)
        brief = read_brief("", controls, seed=1)
        slower, other_length, looped = vary(brief, bpm=bpm * 0.93), vary(brief, length_s=22.2), vary(brief, loop=True)
        for one in (brief, slower, other_length, looped, vary(slower, loop=True)):
            said = re.findall(r"([\d.]+) BPM", one.summary())[-1]
            assert plan(one).bpm == pytest.approx(float(said), abs=0.006)
        if length_s is None or not loop:
            assert plan(brief).bpm == pytest.approx(bpm)


def test_a_loop_of_no_given_length_keeps_its_tempo() -> None:
    brief = read_brief("house loop, 124 bpm", seed=1)
    assert plan(brief).bpm == pytest.approx(124, abs=1e-6)
    assert f"{round(brief.length_s, 3):g} s" in brief.summary()


@pytest.mark.parametrize("length_s", [4.99, 600.01, 0, -1, float("nan"), float("inf")])
def test_impossible_lengths_are_refused_in_words(length_s: float) -> None:
    with pytest.raises(BriefError, match="Length must be between 5 and 600 seconds"):
        read_brief("", ComposerControls(length_s=length_s), seed=1)


@pytest.mark.parametrize(
    ("style", "length_s"), [("house", 12.003), ("ambient", 11.0), ("lofi", 5.5), ("orchestral", 14.5)]
)
def test_a_loop_meets_its_beginning(style: str, length_s: float) -> None:
    assert_it_meets(style, 1, length_s)


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_loops_of_twenty_seeds_meet_their_beginning(style: str) -> None:
    for seed in range(20):
        assert_it_meets(style, seed, 9.0 + seed / 7)


def assert_it_meets(style: str, seed: int, length_s: float) -> None:
    """At the seam neither the samples nor the spectrum jump more than inside."""
    sound = floats(made(style, seed=seed, length_s=length_s, loop=True).pcm)
    assert len(sound) == round(length_s * RATE)
    steps = np.abs(np.diff(sound, axis=0)).max(axis=1)
    assert np.abs(sound[0] - sound[-1]).max() <= np.quantile(steps, 0.999)
    whole = np.roll(sound, len(sound) // 2, axis=0).mean(axis=1)  # the seam is now in the middle
    frames = whole[: len(whole) // 2048 * 2048].reshape(-1, 2048) * np.hanning(2048)
    spectra = np.log(np.abs(np.fft.rfft(frames, axis=1)) + 1e-3)
    jumps = np.abs(np.diff(spectra, axis=0)).mean(axis=1)
    middle = len(jumps) // 2
    assert jumps[middle - 1 : middle + 2].max() <= jumps.max()
    assert levels_db(sound)[-3:].min() > -45  # it does not fade: the end leads to the beginning


def test_what_rings_past_a_loops_end_is_heard_at_its_beginning() -> None:
    pads = {"length_s": 11.0, "leave_out": ("bells", "piano")}  # slow attack: what sounds at once has rung over
    once = made("ambient", **pads)
    loop = made("ambient", loop=True, **pads)
    early = int(0.05 * RATE)
    assert np.abs(floats(loop.pcm)[:early]).mean() > 3 * np.abs(floats(once.pcm)[:early]).mean()


@pytest.mark.slow
@pytest.mark.parametrize("style", ["orchestral", "trailer"])
def test_ten_minutes_fit_in_400_megabytes(style: str) -> None:
    code = (
        "from generator.composer import *\n"
        f"made = compose(read_brief('', ComposerControls(length_s=600, style='{style}'), seed=1))\n"
        # not getrusage, which includes the tests' own process, which this one was forked from
        "print(len(made.pcm), *(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert int(said[0]) == 600 * RATE
    assert int(said[1]) < 400 * 1024  # kB
