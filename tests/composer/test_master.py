"""Mastering of unusual signals: the meter against the standard, the block buffer, the ceiling."""

import numpy as np
import pytest

from generator.composer.gallery import loudness
from generator.composer.mixing.block_buffer import PackedBlockBuffer
from generator.composer.mixing.master import master
from generator.composer.mixing.reverb import BLOCK_FRAMES
from tests.composer.hearing import RATE, floats, lufs, true_peak_db

SECONDS = 8


def finished(sound: np.ndarray, target: float = -14.0) -> np.ndarray:
    reel = PackedBlockBuffer(sound.shape[1])
    padded = np.pad(sound, ((0, 0), (0, -sound.shape[1] % BLOCK_FRAMES))).astype(np.float32)
    for number in range(reel.count):
        reel.put(number, padded[:, number * BLOCK_FRAMES : (number + 1) * BLOCK_FRAMES])
    return master(reel, target, 0.15, seed=1).pcm


def noise(level: float = 0.1) -> np.ndarray:
    return np.random.default_rng(5).standard_normal((2, SECONDS * RATE)).astype(np.float32) * np.float32(level)


def test_a_sine_of_minus_23_dbfs_in_both_channels_is_minus_23_lufs() -> None:
    """EBU Tech 3341, case 1."""
    sine = 10 ** (-23 / 20) * np.sin(2 * np.pi * 1000 * np.arange(20 * RATE) / RATE)
    assert loudness(np.stack([sine, sine], axis=1).astype(np.float32)) == pytest.approx(-23, abs=0.1)


def test_the_meter_agrees_with_the_studios() -> None:
    sound = noise() * np.linspace(0.05, 1, SECONDS * RATE, dtype=np.float32)
    assert loudness(sound.T) == pytest.approx(lufs(sound.T), abs=0.05)


def test_a_reel_gives_back_what_was_put_on_it() -> None:
    block = (noise()[:, :BLOCK_FRAMES] * np.linspace(1, 0, BLOCK_FRAMES)).astype(np.float32)
    reel = PackedBlockBuffer(BLOCK_FRAMES)
    reel.put(0, block)
    error = np.abs(reel.get(0) - block)
    assert error.max() < 10 ** (-84 / 20) * np.abs(block).max()
    assert error[:, -2000:].max() < 10 ** (-100 / 20) * np.abs(block).max()  # soft sounds lose less


@pytest.mark.parametrize("target", [-24, -14, -9])
def test_noise_comes_out_as_loud_as_asked(target: float) -> None:
    out = floats(finished(noise(), target))
    assert lufs(out) == pytest.approx(target, abs=0.5)
    assert true_peak_db(out) <= -1


def test_silence_stays_silence() -> None:
    assert not finished(np.zeros((2, SECONDS * RATE), np.float32)).any()


def test_an_offset_is_taken_away() -> None:
    out = floats(finished(noise() + np.float32(0.3)))
    assert np.abs(out[RATE:].mean(axis=0)).max() < 1e-3


def test_clicks_stay_under_the_ceiling() -> None:
    clicks = noise(0.001)
    clicks[:, :: RATE // 3] = 1.0
    out = floats(finished(clicks))
    assert true_peak_db(out) <= -1


def test_what_is_wide_below_120_hz_moves_to_the_middle() -> None:
    t = np.arange(SECONDS * RATE) / RATE
    low = np.sin(2 * np.pi * 50 * t) * 0.3
    out = floats(finished(np.stack([low, low * 0.2]) + noise(0.01)))
    spectrum = np.abs(np.fft.rfft(out, axis=0))[50 * SECONDS]
    assert spectrum[1] > 0.7 * spectrum[0]
