"""A gain first, the limiter only where peaks stand in the way, and what it did is reported."""

from functools import cache

import numpy as np
import pytest

from generator.audio import peaks
from generator.audio.editing import DESTINATIONS, level, make_bed
from generator.audio.loudness import loudness
from tests.audio import signals
from tests.audio.signals import noise, tone

song = cache(signals.song)  # tests that change it take a copy


def true_peak(samples) -> float:
    return float(20 * np.log10(max(1e-9, peaks.true_peak(samples, peaks.block_peaks(samples)))))


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize(("lufs", "ceiling"), [(-23.0, -1.0), (-16.0, -1.0), (-14.0, -2.0)])
def test_the_loudness_is_reached_below_the_ceiling(rate, lufs, ceiling) -> None:
    samples = song(8).copy()
    done = level(samples, rate, lufs=lufs, true_peak_dbtp=ceiling)
    assert loudness(samples, rate).lufs == pytest.approx(done.lufs_after, abs=0.01)
    assert abs(lufs - done.lufs_after) < (0.15 if done.max_reduction_db < 12 else 1.5)
    assert done.missed_lu == pytest.approx(max(0.0, lufs - done.lufs_after), abs=0.01)
    assert true_peak(samples) <= ceiling


@pytest.mark.parametrize("channels", [1, 2])
def test_peaks_that_are_not_in_the_way_are_left_alone(channels) -> None:
    source = noise(4)[:, :channels]
    samples = source.copy()
    done = level(samples, 44_100, lufs=-23.0, true_peak_dbtp=-1.0)
    assert done.work == "none"
    assert done.limited_s == done.missed_lu == 0
    assert np.allclose(samples, source * 10 ** (done.gain_db / 20), atol=1e-6)


def test_the_limiters_work_is_graded() -> None:
    works = []
    for lufs in (-20.0, -17.0, -15.0, -11.0):
        samples = song(8).copy()
        done = level(samples, 44_100, lufs=lufs, true_peak_dbtp=-1.0)
        works.append(done.work)
        assert (done.max_reduction_db > 0) == (done.work != "none")
    assert works == sorted(works, key=["none", "slight", "noticeable", "heavy"].index)
    assert (works[0], works[-1]) == ("none", "heavy")


def test_the_limiter_is_not_driven_to_the_end() -> None:
    samples = np.zeros((44_100 * 4, 2), np.float32)
    samples[::11_025] = 0.9
    samples += noise(4, 0.001)
    done = level(samples, 44_100, lufs=-9.0, true_peak_dbtp=-1.0)
    assert done.max_reduction_db < 13
    assert done.missed_lu > 1
    assert loudness(samples, 44_100).lufs == pytest.approx(-9.0 - done.missed_lu, abs=0.2)


def test_without_a_target_only_peaks_are_lowered() -> None:
    quiet, loud = tone(997, 2, -12.0), tone(997, 2, 3.0)
    assert level(quiet, 44_100, lufs=None, true_peak_dbtp=-1.0).gain_db == 0
    assert np.array_equal(quiet, tone(997, 2, -12.0))
    done = level(loud, 44_100, lufs=None, true_peak_dbtp=-1.0)
    assert true_peak(loud) <= -1.0
    assert done.max_reduction_db == pytest.approx(4.2, abs=0.1)


@pytest.mark.parametrize("frames", [0, 1, 62, 500])
def test_silence_and_the_shortest_sounds_stay_as_they_are(frames) -> None:
    samples = np.zeros((frames, 2), np.float32)
    done = level(samples, 48_000, lufs=-16.0, true_peak_dbtp=-1.0)
    assert (done.lufs_before, done.work) == (None, "none")
    assert not samples.any()


@pytest.mark.parametrize("destination", DESTINATIONS.values(), ids=lambda each: each.code)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_destination_is_met_within_its_tolerance(destination, channels) -> None:
    samples = song(6)[:, :channels].copy()
    target = destination.target_lufs(channels)
    level(samples, 44_100, lufs=target, true_peak_dbtp=destination.true_peak_dbtp)
    assert true_peak(samples) <= destination.true_peak_dbtp
    if target is not None:
        assert abs(loudness(samples, 44_100).lufs - target) < min(0.15, destination.tolerance_lu)


def test_a_bed_is_as_loud_as_before_with_less_between_1_and_4_khz() -> None:
    source = noise(6)
    samples = source.copy()
    make_bed(samples, 44_100, 6.0)
    assert loudness(samples, 44_100).lufs == pytest.approx(loudness(source, 44_100).lufs, abs=0.01)
    change = 20 * np.log10(np.abs(np.fft.rfft(samples[:, 0])) / np.abs(np.fft.rfft(source[:, 0])))
    hz = np.fft.rfftfreq(len(source), 1 / 44_100)
    at = {
        center: float(np.median(change[(hz > center * 0.95) & (hz < center * 1.05)])) for center in (200, 2000, 10_000)
    }
    assert at[2000] - at[200] == pytest.approx(-6, abs=0.3)
    assert at[2000] - at[10_000] < -5
