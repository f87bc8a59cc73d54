"""Loops on bar lines, and seams that are measured rather than believed."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from generator.audio.editing.loop import LoopCandidate, find_loops, make_loop, prove_seam
from generator.audio.structure import Structure, find_structure
from tests.audio.signals import RATE
from tests.audio.structure.songs import Song, song


@cache
def _song() -> tuple[Song, Structure]:
    made = song(bpm=120, beats_per_bar=4, bars=16)
    return made, find_structure(made.samples, RATE)


def test_a_loop_lies_on_bar_lines_within_its_range() -> None:
    made, structure = _song()
    loops = find_loops(made.samples, RATE, structure, 7, 17)
    assert loops
    for loop in loops:
        assert 7 <= (loop.end_frame - loop.start_frame) / RATE <= 17
        assert np.min(np.abs(np.array(made.bars) - loop.start_frame / RATE)) < 0.02
    assert loops[0].bars % 4 == 0  # the song repeats every four bars


def test_the_seam_of_the_best_loop_cannot_be_heard() -> None:
    made, structure = _song()
    loop = find_loops(made.samples, RATE, structure, 7, 17)[0]
    seam = prove_seam(made.samples, RATE, structure, loop)
    assert seam.grade == "A"
    assert len(make_loop(made.samples, RATE, loop)) == loop.end_frame - loop.start_frame


def test_a_loop_cut_anywhere_has_a_worse_grade() -> None:
    made, structure = _song()
    start = round(0.31 * RATE)
    loop = LoopCandidate(start, start + round(7.77 * RATE), 0, 0.0, 0, 0.0)
    click = replace(loop, end_frame=loop.end_frame + int(np.argmax(made.samples[loop.end_frame :][:200, 0])))
    assert prove_seam(made.samples, RATE, structure, click).grade in "CD"


def test_the_tail_is_folded_over_the_start() -> None:
    made, structure = _song()
    loop = find_loops(made.samples, RATE, structure, 7, 17)[0]
    sound = make_loop(made.samples, RATE, loop)
    following = made.samples[loop.end_frame]
    np.testing.assert_allclose(sound[0], following, atol=0.02)  # as if the track went on
    fold = loop.fold_frames
    np.testing.assert_array_equal(sound[fold:], made.samples[loop.start_frame + fold : loop.end_frame])


@pytest.mark.parametrize(("min_s", "max_s"), [(200, 300), (3.1, 3.2)])
def test_there_is_no_loop_where_there_is_no_room(min_s, max_s) -> None:
    made, structure = _song()
    assert find_loops(made.samples, RATE, structure, min_s, max_s) == ()
