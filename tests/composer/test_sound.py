"""What every style promises about its sound, listened to on a finished take."""

import itertools
from functools import lru_cache

import numpy as np
import pytest

from generator.composer import STYLES
from tests.composer.conftest import made
from tests.composer.hearing import (
    RATE,
    THIRDS,
    balance_db,
    bar_s,
    floats,
    heard_key,
    levels_db,
    longest_gap_s,
    lufs,
    shape,
    true_peak_db,
)

BEATLESS = ("ambient", "meditation")  # no onset there is meant to be counted
LENGTH_S = 14.0  # of `made`


def samples(style: str) -> np.ndarray:
    return floats(made(style).pcm)


@lru_cache(maxsize=30)
def balance(style: str) -> np.ndarray:
    return balance_db(samples(style))


@pytest.mark.parametrize("style", STYLES)
class TestEveryStyle:
    def test_its_length_is_exact(self, style: str) -> None:
        assert made(style).pcm.shape == (LENGTH_S * RATE, 2)
        assert made(style).pcm.dtype == np.int16

    def test_it_is_as_loud_as_asked_and_under_the_ceiling(self, style: str) -> None:
        assert lufs(samples(style)) == pytest.approx(-14, abs=0.5)
        assert true_peak_db(samples(style)) <= -1

    def test_it_has_no_offset_and_no_hole(self, style: str) -> None:
        assert np.abs(samples(style).mean(axis=0)).max() < 1e-3
        assert longest_gap_s(samples(style)) <= 1

    def test_it_begins_at_once_and_dies_away(self, style: str) -> None:
        levels = levels_db(samples(style))
        assert levels[:20].max() > -30  # something to hear within two seconds
        assert levels[-1] < -55
        assert levels[-1] < levels[-5] < levels[-15:-5].max()

    def test_it_keeps_the_tempo(self, style: str) -> None:
        if style in BEATLESS:
            pytest.skip("nothing to count")
        expected = made(style).form.bar_s
        found, alike = bar_s(samples(style), expected)
        assert found == pytest.approx(expected, rel=0.01)
        assert alike > 0.2

    def test_it_is_in_its_key(self, style: str) -> None:
        assert heard_key(made(style)) == "same"

    def test_it_survives_mono(self, style: str) -> None:
        left, right = samples(style).T
        assert np.corrcoef(left, right)[0, 1] > 0.1
        low = np.abs(np.fft.rfft(left - right))[: int(80 * LENGTH_S)]
        both = np.abs(np.fft.rfft(left + right))[: int(80 * LENGTH_S)]
        assert np.sum(low**2) < 0.01 * np.sum(both**2)  # what is below 80 Hz stands in the middle

    def test_its_balance_is_that_of_music(self, style: str) -> None:
        """Octaves, in dB of the whole, inside wide walls: no missing bass or body, no rumble, no hiss, no hump."""
        thirds = 10 ** (balance(style) / 10)
        octave = {
            hz: 10 * np.log10(thirds[(hz / 1.5 < THIRDS) & (hz * 1.5 > THIRDS)].sum())
            for hz in (31, 63, 125, 250, 500, 1000, 2000, 4000, 8000)
        }
        assert octave[31] < -6
        assert max(octave[63], octave[125]) > -14
        assert max(octave.values()) < -1.5
        assert octave[250] > -16
        assert octave[500] > -17
        assert -24 < octave[1000] < -4
        assert -32 < octave[2000] < -8
        assert octave[4000] < -12
        assert octave[8000] < -14


def test_styles_differ_to_the_ear() -> None:
    """Any two styles differ by some decibels in most third octaves, or stand in other tempos."""
    heard = {style: balance(style) for style in STYLES}
    for a, b in itertools.combinations(STYLES, 2):
        apart = np.abs(np.maximum(heard[a], -50) - np.maximum(heard[b], -50)).mean()
        assert apart > 1 or abs(made(a).bpm - made(b).bpm) > 10


@pytest.mark.parametrize("style", ["lofi", "cinematic", "piano"])
def test_loudness_follows_the_form(style: str) -> None:
    assert shape(made(style, seed=2, length_s=60.0)) > 0.7


@pytest.mark.parametrize("lufs_asked", [-24, -18, -9])
@pytest.mark.parametrize("style", ["folk", "house", "ambient"])
def test_any_loudness_that_is_asked(style: str, lufs_asked: float) -> None:
    take = floats(made(style, length_s=12.0, loudness_lufs=lufs_asked).pcm)
    assert lufs(take) == pytest.approx(lufs_asked, abs=0.5)
    assert true_peak_db(take) <= -1


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_twenty_seeds(style: str) -> None:
    """Half a minute each: everything above that can go wrong by chance; key and shape may fail now and then."""
    at_home = shaped = 0
    for seed in range(20):
        take = made(style, seed=100 + seed, length_s=32.0)
        sound = floats(take.pcm)
        assert len(sound) == 32 * RATE
        assert lufs(sound) == pytest.approx(-14, abs=0.5)
        assert true_peak_db(sound) <= -1
        assert longest_gap_s(sound) <= 1
        assert levels_db(sound)[-1] < -55
        if style not in BEATLESS:
            assert bar_s(sound, take.form.bar_s)[0] == pytest.approx(take.form.bar_s, rel=0.01)
        at_home += heard_key(take) == "same"
        shaped += len(take.sections) < 3 or shape(take) > 0.7
    assert at_home >= 16
    assert shaped >= 16
