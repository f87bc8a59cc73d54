"""Filters and reverb over consecutive blocks, and what composing loads."""

import subprocess
import sys

import numpy as np
import pytest
import scipy

from generator import bs1770
from generator.composer.filters import ROW_FRAMES, BlockFilter, apply_filter, band_pass, pass_filter
from generator.composer.mixing import eq
from generator.composer.mixing.reverb import BLOCK_FRAMES, Reverb, impulse_response
from generator.composer.sound.modes import RATE_HZ

CHAINS = {
    "rumble": pass_filter("high", 26),
    "meter": bs1770.k_weighting(RATE_HZ),
    "voice": np.concatenate([pass_filter("high", 120), eq.dip(2000, 0.6, -6), eq.shelf(1000, 9)]),
    "closed": pass_filter("low", 100),
    "nothing": eq.shelf(1000, 0),
    "nothing and more": np.concatenate([pass_filter("high", 26), eq.shelf(3000, 0), eq.shelf(1000, 1e-9)]),
    "the same twice": np.concatenate([pass_filter("high", 26), eq.shelf(1000, -9), eq.shelf(1000, 9)]),
    "brightness": np.concatenate([pass_filter("high", 120), *(eq.shelf(hz, 3) for hz in (900, 1800, 3600, 7200))]),
}


def noise(frames: int) -> np.ndarray:
    return np.random.default_rng(5).standard_normal((2, frames)).astype(np.float32)


def decibels(error: np.ndarray, sound: np.ndarray) -> float:
    return float(10 * np.log10(max(1e-30, np.mean(np.square(error)) / np.mean(np.square(sound)))))


@pytest.mark.parametrize("name", CHAINS)
def test_blocks_are_filtered_as_one_sound(name: str) -> None:
    sound = noise(3 * 1000 * ROW_FRAMES)
    exact = scipy.signal.sosfilt(CHAINS[name], sound.astype(np.float64), axis=1)
    running = BlockFilter(CHAINS[name], 2)
    for first in range(0, sound.shape[1], 1000 * ROW_FRAMES):
        block = sound[:, first : first + 1000 * ROW_FRAMES].copy()
        running.process(block)
        assert decibels(block - exact[:, first : first + block.shape[1]], exact) < -120


def test_primed_filter_goes_on() -> None:
    sound, before = noise(40 * ROW_FRAMES + 7), 30 * ROW_FRAMES + 7
    exact = scipy.signal.sosfilt(CHAINS["rumble"], sound.astype(np.float64), axis=1)[:, before:]
    running, block = BlockFilter(CHAINS["rumble"], 2), sound[:, before:].copy()
    running.prime(sound[:, :before])
    running.process(block)
    assert decibels(block - exact, exact) < -120


@pytest.mark.parametrize("frames", [1, ROW_FRAMES, 3001])
def test_sounds_of_any_length_are_filtered(frames: int) -> None:
    sound, band = noise(frames), band_pass(300, 3000)
    exact = scipy.signal.sosfilt(band, sound.astype(np.float64), axis=1)
    assert apply_filter(sound, band).shape == sound.shape
    assert decibels(apply_filter(sound, band) - exact, exact) < -110
    assert decibels(apply_filter(sound[0], band) - exact[0], exact) < -110


@pytest.mark.parametrize("seconds", [0.4, 7.0])
def test_reverb_rings_on_through_later_blocks_and_ends(seconds: float) -> None:
    send = np.zeros(4 * BLOCK_FRAMES, np.float32)
    send[: 2 * BLOCK_FRAMES] = noise(2 * BLOCK_FRAMES)[0]
    response = impulse_response(seconds, 0.5, "hall")
    exact = np.array([scipy.signal.oaconvolve(send, row)[: len(send)] for row in response])
    reverb = Reverb(seconds, 0.5, "hall")
    for first in range(0, len(send), BLOCK_FRAMES):
        wet, wanted = reverb.process(send[first : first + BLOCK_FRAMES]), exact[:, first : first + BLOCK_FRAMES]
        assert decibels((0 if wet is None else wet) - wanted, exact) < -100
    assert reverb.process(send[-BLOCK_FRAMES:]) is None


def test_composing_does_without_scipy() -> None:
    code = (
        "import sys; from generator.composer import compose, read_brief; compose(read_brief('rock, 5 s', seed=1));"
        "print('scipy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
