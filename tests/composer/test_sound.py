"""Every style's promises about its sound, measured on a finished take."""

import itertools
from functools import lru_cache

import numpy as np
import pytest

from generator.composer import STYLES, ComposerControls, compose, read_brief
from generator.composer.styles.acoustic import ACOUSTIC
from generator.composer.styles.bands import BANDS
from generator.composer.styles.beats import BEATS
from generator.composer.styles.club import CLUB
from generator.composer.styles.latin import LATIN
from generator.composer.styles.roots import ROOTS
from generator.composer.styles.salon import SALON
from generator.composer.styles.screen import SCREEN
from generator.composer.styles.travels import TRAVELS
from generator.composer.styles.urban import URBAN
from tests.composer.conftest import made
from tests.composer.hearing import (
    RATE,
    THIRDS,
    balance_db,
    bar_s,
    contrast,
    distances,
    floats,
    heard_key,
    levels_db,
    longest_gap_s,
    lufs,
    shape,
    tilt,
    true_peak_db,
)

# Of a balance in third octaves, 100 Hz to 4 kHz: steepest and flattest slope in dB per octave, most deviation in dB.
CORRIDORS = {
    "beats": (-4.8, -0.8, 7.0),
    "players": (-4.2, -0.4, 7.5),
    "screen": (-4.8, -0.5, 8.0),
    "beatless": (-5.2, -0.8, 12.0),  # few, widely spaced notes: lines rather than a spectrum
}
BEATLESS = ("ambient", "meditation")  # onsets there are not meant to be counted
CONTRAST = 2.0  # dB of balance and level between the two most different sections: clearly distinguishable
LENGTH_S = 14.0  # of `made`
# All tests of a style run in one process, which makes its take once.
# Rendering takes a second or two for a style: every third is heard in the default run, the others with -m live.
HEARD = tuple(STYLES)[::3]
EACH = [
    pytest.param(style, marks=[pytest.mark.xdist_group(f"style {style}"), *[pytest.mark.live] * (style not in HEARD)])
    for style in STYLES
]


def family(style: str) -> str:
    played = (*ACOUSTIC, *LATIN, *BANDS, *ROOTS, *TRAVELS, *SALON)
    tables = {"beats": (*BEATS, *URBAN, *CLUB), "players": played, "screen": SCREEN}
    return "beatless" if style in BEATLESS else next(n for n, t in tables.items() if style in {one.key for one in t})


def samples(style: str) -> np.ndarray:
    return floats(made(style).pcm)


@lru_cache(maxsize=30)
def balance(style: str) -> np.ndarray:
    return balance_db(samples(style))


@pytest.mark.parametrize("style", EACH)
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
        assert levels[:20].max() > -30  # audible within two seconds
        assert levels[-1] < -55
        assert levels[-1] < levels[-5] < levels[-15:-5].max()

    def test_it_is_in_its_key(self, style: str) -> None:
        slow = style in BEATLESS  # a chord lasts seven seconds there: two do not make a key yet
        assert heard_key(made(style, length_s=30.0) if slow else made(style)) == "same"

    def test_it_survives_mono(self, style: str) -> None:
        left, right = samples(style).T
        assert np.corrcoef(left, right)[0, 1] > 0.1
        low = np.abs(np.fft.rfft(left - right))[: int(80 * LENGTH_S)]
        both = np.abs(np.fft.rfft(left + right))[: int(80 * LENGTH_S)]
        assert np.sum(low**2) < 0.01 * np.sum(both**2)  # below 80 Hz the signal is mono

    def test_its_balance_is_that_of_music(self, style: str) -> None:
        """Octaves, in dB of the total, within wide limits: no missing bass or body, no rumble, no hiss, no hump."""
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
        assert -34 < octave[8000] < -14  # below the lower limit it sounded dark

    def test_its_balance_falls_as_that_of_its_family(self, style: str) -> None:
        """Within the corridor of docs/composer.md: its slope, and its deviation from a line."""
        slope, strays = tilt(balance(style))
        steepest, flattest, most = CORRIDORS[family(style)]
        assert steepest <= slope <= flattest
        assert strays <= most

    def test_it_begins_at_once(self, style: str) -> None:
        """It is audible within the first quarter of a second."""
        assert levels_db(samples(style), 0.05)[:5].max() > -35


@pytest.mark.parametrize("style", [one for one in EACH if one.values[0] not in BEATLESS])
def test_every_style_with_a_beat_keeps_the_tempo(style: str) -> None:
    expected = made(style).form.bar_s
    found, alike = bar_s(samples(style), expected)
    assert found == pytest.approx(expected, rel=0.01)
    assert alike > 0.2


@pytest.mark.live
def test_styles_differ_to_the_ear() -> None:
    """Any two styles differ by some decibels in most third octaves, or in tempo."""
    heard = {style: balance(style) for style in STYLES}
    for a, b in itertools.combinations(STYLES, 2):
        distances = np.abs(np.maximum(heard[a], -50) - np.maximum(heard[b], -50)).mean()
        assert distances > 1 or abs(made(a).bpm - made(b).bpm) > 10


FLOOR = 0.8  # dB of balance + 5 × distance of chroma + distance of onsets; the same sound twice is 0


def distance(a: np.ndarray, b: np.ndarray) -> float:
    timbre, chroma, onsets = distances(a, b)
    return timbre + 5 * chroma + onsets


def test_the_same_sound_is_no_distance_away() -> None:
    assert distance(samples("folk"), samples("folk")) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("style", ["rock", "meditation", "trailer"])
def test_two_takes_and_two_seeds_are_other_music(style: str) -> None:
    other = compose(made(style).brief, 2)
    assert distance(samples(style), floats(other.pcm)) > FLOOR
    assert distance(samples(style), floats(made(style, seed=2).pcm)) > FLOOR


def test_two_prompts_are_other_music() -> None:
    texts = ("sad slow piano in A minor", "happy piano in G major", "piano bed, under a voice")
    takes = [floats(compose(read_brief(text, ComposerControls(length_s=12), seed=1)).pcm) for text in texts]
    assert all(distance(a, b) > FLOOR for a, b in itertools.combinations(takes, 2))


@pytest.mark.parametrize("style", ["lofi", "cinematic", "piano"])
def test_loudness_follows_the_form(style: str) -> None:
    take = made(style, seed=2, length_s=60.0)
    assert shape(take) > 0.7
    assert contrast(take) > CONTRAST


@pytest.mark.parametrize(("style", "lufs_asked"), [("folk", -24), ("folk", -9), ("house", -9), ("ambient", -18)])
def test_any_loudness_that_is_asked(style: str, lufs_asked: float) -> None:
    take = floats(made(style, length_s=12.0, loudness_lufs=lufs_asked).pcm)
    assert lufs(take) == pytest.approx(lufs_asked, abs=0.5)
    assert true_peak_db(take) <= -1


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_twenty_seeds(style: str) -> None:
    """Half a minute each: everything above that can fail by chance; measurements may err at times."""
    at_home = shaped = counted = inside = 0
    steepest, flattest, most = CORRIDORS[family(style)]
    for seed in range(20):
        take = made(style, seed=100 + seed, length_s=32.0)
        sound = floats(take.pcm)
        assert len(sound) == 32 * RATE
        assert lufs(sound) == pytest.approx(-14, abs=0.5)
        assert true_peak_db(sound) <= -1
        assert longest_gap_s(sound) <= (1 if take.score.ending != "stop" else 2.2)
        assert np.abs(sound.mean(axis=0)).max() < 1e-3
        assert levels_db(sound)[-1] < -55
        assert levels_db(sound, 0.05)[:5].max() > -35
        assert np.corrcoef(sound.T)[0, 1] > 0
        slope, strays = tilt(balance_db(sound))
        inside += steepest <= slope <= flattest and strays <= most
        counted += style in BEATLESS or bar_s(sound, take.form.bar_s)[0] == pytest.approx(take.form.bar_s, rel=0.01)
        at_home += heard_key(take) == "same"
        shaped += len(take.sections) < 3 or shape(take) > 0.7
        assert len(take.sections) < 3 or contrast(take) > CONTRAST
    assert (at_home >= 16, shaped >= 16, counted >= 17, inside >= 18) == (True,) * 4, (at_home, shaped, counted, inside)


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_twenty_pairs_of_takes_are_other_music(style: str) -> None:
    found = []
    for seed in range(20):
        brief = made(style, seed=100 + seed, length_s=12.0).brief
        found.append(distance(floats(compose(brief, 1).pcm), floats(compose(brief, 2).pcm)))
    assert sorted(found)[1] > FLOOR, sorted(found)[:4]
