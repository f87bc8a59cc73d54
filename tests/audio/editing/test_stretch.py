"""Tempo and pitch change separately, at exact lengths."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.audio.editing import blocks, stretch, stretched_frames
from tests.audio.signals import RATE, clicks, noise, tone

module = sys.modules["generator.audio.editing.stretch"]


def frequency(samples: np.ndarray, rate: int = RATE) -> float:
    """Return the frequency of a steady tone, from its middle."""
    middle = samples[len(samples) // 4 : -len(samples) // 4, 0]
    size = 1 << 19
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), size))
    return float(np.argmax(spectrum) * rate / size)


def levels(samples: np.ndarray) -> np.ndarray:
    """Return the level of every 200 ms in dB."""
    rows = samples[: len(samples) // 8820 * 8820].reshape(-1, 8820 * 2)
    return 10 * np.log10((rows**2).mean(axis=1) + 1e-12)


@given(st.integers(0, 30_000), st.floats(0.92, 1.08), st.sampled_from([0.0, 2.0]), st.sampled_from([1, 2]))
@settings(max_examples=25, deadline=None)
def test_the_length_is_exact(frames, tempo, semitones, channels) -> None:
    made = stretch(noise(1.0)[:frames, :channels], RATE, tempo=tempo, semitones=semitones)
    assert made.shape == (round(frames / tempo), channels)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()


def test_another_tempo_keeps_the_pitch_and_moves_every_beat() -> None:
    made = stretch(tone(440, 4), RATE, tempo=1.06)
    assert frequency(made) == pytest.approx(440, abs=0.2)
    struck = np.zeros((RATE * 6, 2), np.float32)
    beats = np.arange(1, 11) * RATE // 2
    for beat in beats:
        struck[beat : beat + 30] = 0.8
    faster = np.abs(stretch(struck, RATE, tempo=1.04)[:, 0])
    for beat in beats:
        near = round(beat / 1.04)
        found = near - 2000 + int(np.argmax(faster[near - 2000 : near + 2000]))
        assert abs(found - near) < 0.003 * RATE


@pytest.mark.parametrize("semitones", [-12.0, -5.0, 1.0, 3.0, 7.0, 12.0])
def test_another_pitch_keeps_the_length(semitones) -> None:
    made = stretch(tone(440, 4), RATE, semitones=semitones)
    assert len(made) == 4 * RATE
    cents = 1200 * np.log2(frequency(made) / (440 * 2 ** (semitones / 12)))
    assert abs(cents) < 1


@pytest.mark.parametrize("source", [tone(440, 16, -6), noise(16), clicks(120, 16)], ids=["tone", "noise", "clicks"])
def test_a_long_sound_is_joined_without_a_seam(source, monkeypatch) -> None:
    whole = stretch(source, RATE, tempo=1.03)
    monkeypatch.setattr(module, "WHOLE_S", 4.0)
    monkeypatch.setattr(module, "PART_S", 4.0)
    parts = stretch(source, RATE, tempo=1.03)
    assert len(parts) == len(whole) == stretched_frames(len(source), 1.03)
    assert np.abs(np.diff(parts, axis=0)).max() < 1.3 * np.abs(np.diff(whole, axis=0)).max()
    heard = levels(whole) > levels(whole).max() - 35  # what is below rings before and after a click
    assert np.abs(levels(parts) - levels(whole))[heard].max() < 1.0


def test_the_same_input_gives_the_same_samples() -> None:
    source = clicks(110, 3)
    assert np.array_equal(stretch(source, RATE, tempo=0.97), stretch(source, RATE, tempo=0.97))


def test_nothing_to_do_changes_nothing() -> None:
    source = noise(1)
    made = stretch(source, RATE)
    assert np.array_equal(made, source)
    assert made is not source


@pytest.mark.parametrize("values", [{"tempo": 0.9}, {"tempo": 1.2}, {"semitones": 13}, {"tempo": float("nan")}])
def test_more_than_a_little_is_refused(values) -> None:
    with pytest.raises(ValueError, match="outside"):
        stretch(noise(0.1), RATE, **values)


@pytest.mark.parametrize("grow", [True, False])
def test_a_sound_read_from_a_file_changes_its_length_in_its_own_memory(tmp_path, grow):
    np.save(tmp_path / "sound.npy", np.arange(400_000, dtype=np.float32).reshape(-1, 2))
    samples = np.load(tmp_path / "sound.npy")
    before = samples.copy()
    assert blocks._owner(samples) is not None
    changed = blocks.lengthen(samples, 250_000) if grow else blocks.shorten(samples, 150_000)
    assert changed.flags.owndata
    assert np.array_equal(changed[50_000:] if grow else changed, before if grow else before[:150_000])
