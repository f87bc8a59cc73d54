"""The filters of the speech band and of the guide, against those of scipy.signal."""

import numpy as np
import pytest
import scipy.signal

from generator.audio import loudness
from generator.audio.editing import phases, speech_band
from generator.audio.editing.blocks import Filter
from generator.bs1770 import k_weighting

RATES = (8_000, 22_050, 44_100, 48_000, 192_000)


def noise(frames, channels=2):
    return np.random.default_rng(1).standard_normal((frames, channels), np.float32)


def in_blocks(impulse, samples, ends):
    band = Filter(impulse, samples.shape[1])
    return np.concatenate([band.apply(part) for part in np.split(samples, ends)], axis=1)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_the_bell_is_the_peak_filter_of_scipy(rate, channels):
    samples = noise(rate // 2, channels)
    sections = np.concatenate(scipy.signal.iirpeak(min(2000, 0.45 * rate), 0.6, rate))[None]
    wanted = scipy.signal.sosfilt(sections, samples.T.astype(float), axis=1)
    made = in_blocks(speech_band.bell(rate), samples, [1, 1000, 1001, 3000])
    assert np.abs(made - wanted).max() < 1e-6 * np.abs(wanted).max()


@pytest.mark.parametrize("rate", RATES)
def test_the_band_of_speech_is_a_butterworth_of_second_order(rate):
    samples = noise(rate // 2)
    sections = scipy.signal.butter(2, (1000, min(4000, 0.45 * rate)), "band", fs=rate, output="sos")
    wanted = scipy.signal.sosfilt(sections, samples.T.astype(float), axis=1)
    made = in_blocks(speech_band.speech(rate), samples, [2000])
    assert np.abs(made - wanted).max() < 1e-6 * np.abs(wanted).max()


def test_a_dip_thins_the_middle_of_the_band_by_its_depth():
    response = np.abs(np.fft.rfft(speech_band.dip(48_000, 6.0), 48_000))
    assert 20 * np.log10(response[[20, 2000, 20_000]]) == pytest.approx([0, -6, 0], abs=0.1)


@pytest.mark.parametrize("frames", [1, 300, (1 << 14) - 510, 100_001])
def test_the_guide_is_left_and_a_turned_right(frames):
    samples = noise(frames)
    turned = scipy.signal.oaconvolve(samples[:, 1], phases._quarter_turn(), mode="full")[255 : 255 + frames]
    assert np.abs(phases.guide_of(samples) - samples[:, 0] - turned).max() < 1e-5


@pytest.mark.parametrize("rate", RATES)
def test_the_meter_weights_as_the_sections_of_the_standard_do(rate):
    _, response = loudness._response(rate)
    angles = np.arange(len(response)) * 2 * np.pi / len(response)
    _, wanted = scipy.signal.sosfreqz(k_weighting(rate), worN=angles)
    assert np.abs(response - wanted).max() < 1e-6
