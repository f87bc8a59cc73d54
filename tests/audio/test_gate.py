"""Quality checks report every problem, and only real ones."""

import numpy as np
import pytest

from generator.audio import FORMATS, decode, encode, inspect, measure
from tests.audio.signals import RATE, chords, noise, song, sound, tone


def codes(samples, *, known=None, **asked) -> dict[str, str]:
    heard = sound(samples, **(known or {}))
    return {finding.code: finding.severity for finding in inspect(heard, measure(heard), **asked)}


def looped() -> np.ndarray:
    """Eight bars that never fade."""
    return chords("Am", "F", "C", "G") + noise(6, 0.02)


def test_good_music_has_nothing_to_complain_about() -> None:
    assert codes(song(), asked_seconds=12) == {}


def test_silence() -> None:
    assert codes(np.zeros((RATE * 3, 2))) == {"silent": "fault"}
    assert codes(noise(3, 1e-5)) == {"silent": "fault"}


@pytest.mark.parametrize(("where", "at"), [(4.0, 4.0), (0.0, 0.0), (10.0, 10.0)])
def test_long_silence(where, at) -> None:
    samples = song()
    samples[int(where * RATE) : int((where + 2) * RATE)] = 0
    heard = sound(samples)
    found = next(each for each in inspect(heard, measure(heard)) if each.code == "long_silence")
    assert found.at_s == pytest.approx(at, abs=0.05)
    assert "long_silence" not in codes(samples, gap_ok_s=2.5)


def test_a_short_rest_is_music() -> None:
    samples = song()
    samples[int(4 * RATE) : int(4.9 * RATE)] = 0
    assert "long_silence" not in codes(samples)


def test_clipping() -> None:
    assert codes(np.clip(song() * 3, -1, 1)) == {"clipping": "warning"}


def test_loud_mastering_is_not_clipping() -> None:
    loud = np.tanh(song() * 4) * 10 ** (-1 / 20)
    assert codes(loud) == {}
    full = song() / np.abs(song()).max()
    assert codes(full) == {}


@pytest.mark.parametrize(("seconds", "severity"), [(4.7, "fault"), (5.0, "fault"), (5.2, "fault"), (5.9, "warning")])
def test_an_abrupt_end(seconds, severity) -> None:
    """A cut in a chord is a fault; a cut in the last of its decay, a warning."""
    assert codes(looped()[: int(seconds * RATE)]) == {"abrupt_end": severity}


def test_an_abrupt_end_before_a_codecs_padding() -> None:
    padded = np.concatenate([looped()[: 5 * RATE], np.zeros((1500, 2), np.float32)])
    assert codes(padded)["abrupt_end"] == "fault"


@pytest.mark.parametrize("fade_s", [0.4, 1.0, 3.0])
def test_a_fade_is_an_end(fade_s) -> None:
    samples = looped()
    length = int(fade_s * RATE)
    samples[-length:] *= np.linspace(1, 0, length)[:, None].astype(np.float32)
    assert codes(samples) == {}


def test_a_decay_is_an_end() -> None:
    samples = np.concatenate([looped(), chords("Am", seconds=4.0)])
    samples[-200:] *= np.linspace(1, 0, 200)[:, None].astype(np.float32)
    assert "abrupt_end" not in codes(samples)


def test_a_loop_may_end_as_it_likes() -> None:
    heard = sound(looped()[: 5 * RATE])
    assert inspect(heard, measure(heard), loop=True) == ()


def test_an_abrupt_start() -> None:
    samples = tone(110, 6, -6, phase=np.pi / 2) * np.minimum(1, np.linspace(6, 0, 6 * RATE))[:, None]
    samples[:, 1] *= 0.5
    assert codes(samples) == {"abrupt_start": "warning"}


@pytest.mark.parametrize("seed", range(6))
def test_a_drum_on_the_first_sample_is_a_start(seed) -> None:
    samples = song()
    hit = noise(0.2, 0.5, seed=seed) * np.exp(-np.arange(round(0.2 * RATE)) / RATE * 20)[:, None]
    samples[: len(hit)] += hit
    assert "abrupt_start" not in codes(samples * 0.6)


@pytest.mark.parametrize(("asked", "found"), [(12, False), (12.04, False), (12.2, True), (10, True), (None, False)])
def test_the_wrong_length(asked, found) -> None:
    assert ("wrong_length" in codes(song(), asked_seconds=asked)) is found


def test_the_tolerance_is_the_callers() -> None:
    assert codes(song(), asked_seconds=13, tolerance_s=1.5) == {}


@pytest.mark.parametrize(("channel", "side"), [(0, "left"), (1, "right")])
def test_a_dead_channel(channel, side) -> None:
    samples = song()
    samples[:, channel] *= 1e-5
    heard = sound(samples)
    found = {each.code: each for each in inspect(heard, measure(heard))}
    assert found["dead_channel"].severity == "fault"
    assert side in found["dead_channel"].sentence


def test_hard_panning_is_not_a_dead_channel() -> None:
    samples = song()
    samples[:, 1] *= 0.05
    assert codes(samples) == {}


def test_out_of_phase() -> None:
    samples = song()
    samples[:, 1] = -samples[:, 0] * 0.9
    assert codes(samples) == {"out_of_phase": "fault"}


def test_wide_is_not_out_of_phase() -> None:
    mid, side = song().mean(axis=1), noise(12, 0.03)[:, 0]
    assert codes(np.stack([mid + side, mid - side], axis=1) * np.linspace(1, 0, len(mid))[:, None]) == {}


def test_too_quiet() -> None:
    assert codes(song() * 0.01) == {"too_quiet": "warning"}
    assert codes(song() * 0.2) == {}


def test_mono() -> None:
    assert codes(song()[:, :1]) == {"mono": "warning"}
    assert codes(np.repeat(song()[:, :1], 2, axis=1)) == {"mono": "warning"}


def test_truncated_by_its_own_word() -> None:
    assert codes(song(), known={"announced_seconds": 14.0})["truncated"] == "fault"
    assert codes(song(), known={"announced_seconds": 12.5}) == {}
    assert codes(song(), known={"bad_packets": 3})["truncated"] == "fault"


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_that_was_cut_off(tmp_path, format) -> None:
    whole = tmp_path / f"whole.{format}"
    encode(song(), RATE, whole, format)
    heard = decode(whole)
    assert inspect(heard, measure(heard), asked_seconds=12) == ()
    cut = tmp_path / f"cut.{format}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    heard = decode(cut)
    found = {finding.code: finding for finding in inspect(heard, measure(heard))}
    assert found["truncated"].at_s == pytest.approx(heard.seconds)
    assert found["truncated"].severity == "fault"


def test_findings_speak_to_people() -> None:
    samples = np.clip(looped()[: 5 * RATE] * 20, -1, 1)
    heard = sound(samples, announced_seconds=9.0)
    for finding in inspect(heard, measure(heard), asked_seconds=9):
        assert finding.sentence[0].isupper()
        assert finding.sentence.endswith(".")
