"""Loudness and peaks, compared with EBU Tech 3341/3342's signals and FFmpeg's meter."""

import av
import numpy as np
import pytest
import scipy

from generator.audio import loudness, measure, peaks
from generator.bs1770 import k_weighting, lufs_of
from tests.audio.signals import RATE, noise, song, sound, steps, tone


def _ffmpeg(samples: np.ndarray, rate: int) -> dict[str, float]:
    """Return the measurements of FFmpeg's ebur128 filter."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=rate, format="flt", layout="stereo", time_base=f"1/{rate}")
    meter = graph.add("ebur128", "framelog=quiet:metadata=1:peak=true")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    found: dict[str, float] = {}

    def drain() -> None:
        while True:
            try:
                frame = graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            data = frame.metadata
            for name, key in (("lufs", "I"), ("range", "LRA")):
                if f"lavfi.r128.{key}" in data:
                    found[name] = float(data[f"lavfi.r128.{key}"])
            tops = [float(data[key]) for key in data if "true_peak" in key]
            if tops:
                found["peak"] = max(found.get("peak", 0), *tops)

    for start in range(0, len(samples), 4800):
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[start : start + 4800]).reshape(1, -1), format="flt", layout="stereo"
        )
        frame.sample_rate, frame.pts = rate, start
        graph.push(frame)
        drain()
    graph.push(None)
    drain()
    return found


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(-23, 20)], -23.0),  # Tech 3341 case 1
        ([(-33, 20)], -33.0),  # case 2
        ([(-36, 10), (-23, 60), (-36, 10)], -23.0),  # case 3
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),  # case 4
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),  # case 5
    ],
)
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_integrated_loudness_of_the_ebu_signals(parts, expected, rate) -> None:
    assert measure(sound(steps(*parts, rate=rate), rate)).lufs == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [  # EBU Tech 3342 cases 1 to 3
        ([(-20, 20), (-30, 20)], 10.0),
        ([(-20, 20), (-15, 20)], 5.0),
        ([(-40, 20), (-20, 20)], 20.0),
    ],
)
def test_loudness_range_of_the_ebu_signals(parts, expected) -> None:
    assert measure(sound(steps(*parts), 48_000)).lufs_range == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("make", [song, lambda: noise(12), lambda: np.cumsum(noise(12), axis=0) * 0.001 + song() * 0.5])
def test_agrees_with_ffmpeg(make) -> None:
    high = scipy.signal.butter(2, 20, "high", fs=RATE, output="sos")
    samples = scipy.signal.sosfilt(high, make(), axis=0).astype(np.float32)
    theirs, ours = _ffmpeg(samples, RATE), measure(sound(samples))
    assert ours.lufs == pytest.approx(theirs["lufs"], abs=0.1)
    assert ours.lufs_range == pytest.approx(theirs["range"], abs=0.5)
    assert ours.true_peak_dbtp == pytest.approx(20 * np.log10(theirs["peak"]), abs=0.2)


@pytest.mark.parametrize("frequency", [35, 50, 80, 200, 1000, 4000, 12_000])
@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000])
def test_the_weighting_is_the_filters_own(frequency, rate) -> None:
    if frequency > rate * 0.4:
        return
    samples = tone(frequency, 6, -20, rate)
    filtered = scipy.signal.sosfilt(k_weighting(rate), samples, axis=0)[rate:]
    exact = lufs_of(np.mean(np.sum(filtered**2, axis=1)))
    assert loudness.loudness(samples, rate).lufs == pytest.approx(float(exact), abs=0.06)


def test_the_weighting_is_the_standards_at_48_khz() -> None:
    """The coefficients of BS.1770-4, tables 1 and 2."""
    shelf, high = k_weighting(48_000)
    assert shelf == pytest.approx(
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1, -1.69065929318241, 0.73248077421585], abs=1e-6
    )
    assert high == pytest.approx([1, -2, 1, 1, -1.99004745483398, 0.99007225036621], abs=1e-6)


def test_a_mono_file_counts_one_channel() -> None:
    both = measure(sound(tone(1000, 5, -20)))
    one = measure(sound(tone(1000, 5, -20)[:, :1]))
    assert both.lufs - one.lufs == pytest.approx(3.01, abs=0.05)


def test_an_offset_is_not_loud() -> None:
    quiet = measure(sound(tone(1000, 5, -30))).lufs
    assert measure(sound(tone(1000, 5, -30) + np.float32(0.2))).lufs == pytest.approx(quiet, abs=0.1)


def test_silence_has_no_loudness() -> None:
    found = measure(sound(np.zeros((RATE, 2))))
    assert (found.lufs, found.true_peak_dbtp, found.bpm, found.key) == (None, None, None, None)


@pytest.mark.parametrize("seconds", [0.01, 0.05, 0.3])
def test_the_shortest_sounds_are_measured_too(seconds) -> None:
    found = measure(sound(tone(1000, seconds, -20)))
    assert found.frames == round(seconds * RATE)
    assert len(found.energy) == 32


@pytest.mark.parametrize(
    ("divisor", "phase", "dbfs"),
    [(4, 45, -6.0), (4, 0, -6.0), (6, 60, -6.0), (8, 67.5, -6.0), (4, 45, 3.0)],  # Tech 3341 cases 15 to 19
)
def test_true_peak_of_the_ebu_signals(divisor, phase, dbfs) -> None:
    samples = tone(48_000 / divisor, 1, dbfs, 48_000, np.radians(phase))
    ramp = np.minimum(1, np.arange(len(samples)) / 4800)
    samples *= np.minimum(ramp, ramp[::-1])[:, None].astype(np.float32)
    found = measure(sound(samples, 48_000))
    assert -0.4 <= found.true_peak_dbtp - dbfs <= 0.2


def test_a_peak_between_samples_is_three_db_above_them() -> None:
    samples = tone(RATE / 4, 1, -6, phase=np.pi / 4)
    fade = np.hanning(len(samples)).astype(np.float32)[:, None]
    found = measure(sound(samples * fade))
    assert found.true_peak_dbtp - found.sample_peak_dbfs == pytest.approx(3.01, abs=0.1)


def test_the_loudest_peak_is_found_wherever_it_hides() -> None:
    samples = noise(4, 0.1)
    samples[100_000:100_400] += tone(RATE / 4, 400 / RATE, -4, phase=np.pi / 4)
    whole = np.abs(scipy.signal.resample_poly(samples, 4, 1, axis=0)).max()
    assert peaks.true_peak(samples, peaks.block_peaks(samples)) == pytest.approx(float(whole), rel=0.02)


def test_energy_follows_the_loudness() -> None:
    found = measure(sound(steps((-40, 8), (-10, 8)), 48_000))
    assert np.mean(found.energy[:15]) < 0.1
    assert np.mean(found.energy[17:]) > 0.9


def test_brightness_is_the_centre_of_the_spectrum() -> None:
    assert measure(sound(tone(2000, 3))).brightness == pytest.approx(2000, rel=0.15)
