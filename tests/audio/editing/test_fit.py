"""Tracks fitted to lengths: exact, joined on bar lines, with their own ending."""

from functools import cache

import numpy as np
import pytest

from generator.audio.editing.assemble import Region, assemble, crossfade_gains
from generator.audio.editing.fit import KEPT_END_S, MAX_STRAINED_CHANGE, FitPlan, apply_fit, plan_fit
from generator.audio.structure import Structure, find_structure
from tests.audio.signals import RATE, noise, tone
from tests.audio.structure.songs import Song, song


@cache
def _song() -> tuple[Song, Structure]:
    made = song(bpm=120, beats_per_bar=4, bars=24, ring_s=4.0)  # 52 s
    return made, find_structure(made.samples, RATE)


@cache
def _plan(length_s: float) -> FitPlan:
    made, structure = _song()
    return plan_fit(made.samples, RATE, structure, length_s)[0]


@pytest.mark.parametrize("length_s", [6, 15, 28.5, 33.333])
def test_a_fit_is_exact_to_the_sample(length_s) -> None:
    made, _ = _song()
    plan = _plan(length_s)
    assert len(apply_fit(made.samples, RATE, plan)) == round(length_s * RATE)
    assert plan.keeps_ending
    assert abs(plan.tempo - 1) <= MAX_STRAINED_CHANGE


@pytest.mark.parametrize("length_s", [28.5, 75])
def test_joins_lie_on_bar_lines_and_are_no_rougher_than_the_tracks_own(length_s) -> None:
    made, _ = _song()
    plan = _plan(length_s)
    assert plan.joins
    for join in plan.joins:
        for frame in (join.left_frame, join.right_frame):
            assert np.min(np.abs(np.array(made.bars) - frame / RATE)) < 0.02
    assert plan.roughness <= 1
    assert all(0 < time_s < length_s for time_s in plan.join_times_s)
    assert abs(plan.tempo - 1) <= 0.031
    assert plan.keeps_opening
    assert plan.regions[0].start_frame == 0


def test_the_last_two_seconds_are_the_originals() -> None:
    _, structure = _song()
    for length_s in (6, 15, 28.5):
        last = _plan(length_s).regions[-1]
        assert last.end_frame >= (structure.ends_s - 0.001) * RATE
        assert last.frames >= KEPT_END_S * RATE - RATE // 10


def test_the_original_length_is_the_original() -> None:
    made, structure = _song()
    plan = plan_fit(made.samples, RATE, structure, len(made.samples) / RATE)[0]
    assert not plan.joins
    np.testing.assert_array_equal(apply_fit(made.samples, RATE, plan), made.samples)


def test_stems_are_cut_at_the_same_points_and_still_add_up() -> None:
    made, _ = _song()
    plan = _plan(28.5)
    parts = noise(len(made.samples) / RATE, 0.1)[: len(made.samples)]
    stems = parts, made.samples - parts
    whole, *cut = (assemble(sound, RATE, plan.regions, placed=True)[0] for sound in (made.samples, *stems))
    np.testing.assert_allclose(sum(cut), whole, atol=1e-5)


def test_the_loudest_moment_falls_on_a_given_second() -> None:
    made, _ = _song()
    loud = made.samples.copy()
    loud[32 * RATE : 36 * RATE] *= 1.8
    structure = find_structure(loud, RATE)
    assert structure.loudest_s == pytest.approx(32, abs=2.1)
    plan = plan_fit(loud, RATE, structure, 30, hit_at_s=14)[0]
    assert plan.hit_s == pytest.approx(14, abs=1.1)  # as near as bars of 2 s allow
    assert len(apply_fit(loud, RATE, plan)) == 30 * RATE


def test_a_track_without_a_pulse_is_joined_at_quiet_points() -> None:
    swells = tone(220, 40, -12) * (1.1 + np.sin(2 * np.pi * np.arange(40 * RATE) / RATE / 4.0))[:, None]
    samples = swells.astype(np.float32)
    structure = find_structure(samples, RATE)
    plan = plan_fit(samples, RATE, structure, 20)[0]
    assert len(apply_fit(samples, RATE, plan)) == 20 * RATE


def test_silence_cannot_be_fitted() -> None:
    silence = np.zeros((10 * RATE, 2), np.float32)
    assert plan_fit(silence, RATE, find_structure(silence, RATE), 5) == ()


def test_the_same_fit_is_the_same_bytes() -> None:
    made, structure = _song()
    again = plan_fit(made.samples, RATE, structure, 15)[0]
    assert again == _plan(15)
    assert apply_fit(made.samples, RATE, again).tobytes() == apply_fit(made.samples, RATE, _plan(15)).tobytes()


def test_assembling_keeps_the_length_and_reports_the_joins() -> None:
    samples = noise(4)
    regions = [Region(0, RATE), Region(2 * RATE, 3 * RATE + 7)]
    joined, joins = assemble(samples, RATE, regions)
    assert len(joined) == 2 * RATE + 7
    assert len(joins) == 1
    assert abs(joins[0].frame - RATE) <= 0.02 * RATE
    np.testing.assert_array_equal(joined[: RATE // 2], samples[: RATE // 2])
    np.testing.assert_array_equal(joined[-RATE // 2 :], samples[3 * RATE + 7 - RATE // 2 : 3 * RATE + 7])


def test_regions_that_follow_each_other_are_not_joined() -> None:
    samples = noise(2)
    joined, joins = assemble(samples, RATE, [Region(0, RATE), Region(RATE, 2 * RATE)])
    assert joins == ()
    np.testing.assert_array_equal(joined, samples)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 1.0])
def test_a_crossfade_keeps_the_power(correlation) -> None:
    fade_out, fade_in = crossfade_gains(100, correlation)
    np.testing.assert_allclose(fade_out**2 + fade_in**2 + 2 * correlation * fade_out * fade_in, 1, atol=1e-5)
