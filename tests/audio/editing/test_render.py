"""Whole recipes: what comes out has the length, the loudness and the marks that its report says."""

from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.audio import peaks
from generator.audio.editing import LoopPoints, RecipeError, Voice, apply_recipe, parse
from generator.audio.editing.assemble import Region
from generator.audio.editing.cut import cut_structure
from generator.audio.loudness import loudness
from generator.audio.structure import Section, Structure
from tests.audio.signals import RATE, Samples, clicks, song
from tests.audio.singers import talker

VOICE = "ab" * 32
SECONDS, BAR_S = 16.0, 2.0


@cache
def source() -> Samples:
    return song(SECONDS)


def structure() -> Structure:
    bars = tuple(np.arange(0, SECONDS, BAR_S).tolist())
    beats = tuple(np.arange(0, SECONDS, BAR_S / 4).tolist())
    sections = (Section(0.0, 8.0, "A", -20.0), Section(8.0, 16.0, "B", -15.0))
    return Structure(
        SECONDS, 120.0, beats, bars, 4, sections, loudest_s=10.0, music_ends_s=15.0, confidence=1.0, ends_s=SECONDS
    )


def edit(*steps: dict, **given_values):
    recipe = parse({"version": 1, "steps": list(steps)})
    return apply_recipe(source(), RATE, recipe, structure(), **given_values)


def true_peak(samples: Samples) -> float:
    return float(20 * np.log10(peaks.true_peak(samples, peaks.block_peaks(samples))))


def test_no_steps_change_nothing_and_the_source_stays() -> None:
    before = source().copy()
    done = edit()
    assert np.array_equal(done.samples, before)
    assert done.report.lufs_before == done.report.lufs_after
    edit({"step": "fades", "in_s": 2}, {"step": "bed"}, {"step": "level", "destination": "broadcast_ebu"})
    assert np.array_equal(source(), before)


def test_a_cut_snaps_to_bar_lines_and_keeps_everything_else() -> None:
    done = edit({"step": "cut", "regions": [[0.3, 4.4], [9.5, 16.0]]})
    assert len(done.samples) == 10 * RATE
    assert [join.frame for join in done.report.joins] == [pytest.approx(4 * RATE, abs=0.02 * RATE)]
    assert np.array_equal(done.samples[: 3 * RATE], source()[: 3 * RATE])
    assert np.array_equal(done.samples[-5 * RATE :], source()[-5 * RATE :])


@pytest.mark.parametrize(("snap", "frames"), [("bar", 2.0), ("beat", 3.5), ("none", 3.3)])
def test_cuts_snap_as_chosen(snap, frames) -> None:
    done = edit({"step": "cut", "regions": [[1.1, 4.4]], "snap": snap})
    assert len(done.samples) == pytest.approx(frames * RATE, abs=1)


def test_a_region_shorter_than_a_bar_is_a_bar() -> None:
    assert len(edit({"step": "cut", "regions": [[4.1, 4.2]]}).samples) == 2 * RATE


@pytest.mark.parametrize(
    ("step", "code", "field"),
    [
        ({"step": "cut", "regions": [[0, 4], [17, 18]]}, "beyond_end", "cut.regions[1]"),
        ({"step": "cut", "regions": [[0, 17]]}, "beyond_end", "cut.regions[0]"),
        ({"step": "fades", "in_s": 9, "out_s": 9}, "beyond_end", "fades.out_s"),
        ({"step": "duck", "voice": VOICE}, "missing_voice", "duck.voice"),
    ],
)
def test_what_this_track_cannot_give_is_refused(step, code, field) -> None:
    with pytest.raises(RecipeError) as caught:
        edit(step)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_fit_has_the_exact_length() -> None:
    done = edit({"step": "fit", "length_s": 11.37})
    assert len(done.samples) == round(11.37 * RATE)
    assert done.report.fit is not None


@given(
    st.integers(920, 1080).map(lambda tempo: tempo / 1000),
    st.floats(0, 2),
    st.floats(0, 2),
    st.sampled_from(["podcast", "broadcast_ebu", "cinema"]),
    st.booleans(),
)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_lengths_and_loudness_are_as_reported(tempo, in_s, out_s, destination, is_bed) -> None:
    done = edit(
        {"step": "cut", "regions": [[0, 6]]},
        {"step": "fades", "in_s": in_s, "out_s": out_s},
        {"step": "speed", "tempo": tempo},
        *([{"step": "bed"}] if is_bed else []),
        {"step": "level", "destination": destination},
    )
    assert len(done.samples) == done.report.frames_after == round(6 * RATE / tempo)
    assert done.report.lufs_after == pytest.approx(loudness(done.samples, RATE).lufs)
    assert true_peak(done.samples) <= -0.99
    if destination != "cinema":
        assert abs({"podcast": -16, "broadcast_ebu": -23}[destination] - done.report.lufs_after) < 0.2


@pytest.mark.parametrize(
    "more", [[], [{"step": "speed", "tempo": 0.95}, {"step": "bed"}, {"step": "level", "lufs": -14}]]
)
def test_a_loop_still_loops_after_every_other_step(more) -> None:
    done = edit({"step": "loop", "min_s": 4, "max_s": 12}, *more)
    assert done.marks.loop == LoopPoints(0, len(done.samples))
    assert done.report.seam is not None
    around = np.concatenate([done.samples[-RATE // 10 :], done.samples[: RATE // 10]])
    steps = np.abs(np.diff(around, axis=0)).max(axis=1)
    assert steps[RATE // 10 - 1] <= np.abs(np.diff(done.samples, axis=0)).max()
    with pytest.raises(RecipeError) as caught:
        edit({"step": "loop", "min_s": 100, "max_s": 200})
    assert caught.value.code == "no_loop"


def test_a_bed_is_leveled_between_the_words_and_a_mix_as_a_whole() -> None:
    voice = Voice(talker(4.0), RATE)
    steps = {"step": "duck", "voice": VOICE, "depth_db": 14, "voice_at_s": 2}, {"step": "level", "lufs": -20}
    bed = edit(*steps, voice=voice)
    assert bed.report.leveled.lufs_after == pytest.approx(-20, abs=0.1)
    assert loudness(bed.samples[8 * RATE :], RATE).lufs > -21
    assert loudness(bed.samples[3 * RATE : 5 * RATE], RATE).lufs < -30
    mixed = edit({**steps[0], "output": "mix"}, steps[1], voice=voice)
    assert mixed.report.lufs_after == pytest.approx(-20, abs=0.1)
    assert bed.report.ducked.speech == mixed.report.ducked.speech != ()


def test_a_recipe_without_a_level_never_clips() -> None:
    shouted = Voice(talker(4.0) * 4, RATE)
    done = edit({"step": "duck", "voice": VOICE, "output": "mix"}, voice=shouted)
    assert done.report.protected is not None
    assert done.report.protected.max_reduction_db > 0
    assert true_peak(done.samples) <= 0
    assert edit({"step": "fades", "in_s": 1}).report.protected is None


def test_the_same_recipe_gives_the_same_samples_and_progress_only_rises() -> None:
    steps = ({"step": "speed", "tempo": 1.03}, {"step": "bed"}, {"step": "level", "destination": "podcast"})
    seen: list[float] = []
    first, second = edit(*steps, report=seen.append), edit(*steps)
    assert np.array_equal(first.samples, second.samples)
    assert first.report == second.report
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_overwriting_gives_the_same_sound() -> None:
    steps = [{"step": "fades", "out_s": 2}, {"step": "speed", "tempo": 1.04}, {"step": "bed"}]
    recipe = parse({"version": 1, "steps": steps})
    kept = apply_recipe(source(), RATE, recipe, structure())
    given_away = apply_recipe(source().copy(), RATE, recipe, structure(), overwrite=True)
    assert np.array_equal(kept.samples, given_away.samples)


def test_an_unknown_track_is_measured() -> None:
    recipe = parse({"version": 1, "steps": [{"step": "cut", "regions": [[1.2, 8.1]]}]})
    track = clicks(120, 16)
    done = apply_recipe(track, RATE, recipe)
    assert 5 * RATE < len(done.samples) < 9 * RATE


def test_what_is_known_follows_a_cut() -> None:
    known = cut_structure(structure(), (Region(2 * RATE, 6 * RATE), Region(8 * RATE, 12 * RATE)), RATE)
    assert known.length_s == 8
    assert known.bars == (0.0, 2.0, 4.0, 6.0)
    assert [(section.start_s, section.end_s, section.label) for section in known.sections] == [(0, 4, "A"), (4, 8, "B")]
    assert (known.loudest_s, known.music_ends_s) == (6.0, 8.0)
