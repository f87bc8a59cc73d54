"""Music goes down where somebody speaks, and comes back where nobody does."""

import csv
import io
import shutil
import subprocess
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given
from hypothesis import strategies as st

from generator.audio.editing import duck, keyframes_csv, mix, plan_keyframes
from generator.audio.editing.duck import CLEAR_DB, VoiceMeter, fit_voice
from generator.audio.editing.recipe import Duck
from generator.audio.loudness import loudness
from generator.audio.voice_detection import speech
from tests.audio import signals
from tests.audio.signals import RATE, Samples, noise
from tests.audio.singers import talker

song = cache(signals.song)  # tests that change it take a copy

SPOKEN = ((2.0, 6.5), (10.0, 11.2), (15.0, 22.0), (26.0, 28.0))
SECONDS = 32.0
LINES = ("Welcome to the show about rivers and bridges.", "No.", "This is where it all began, in a small shed.")


def step(**values) -> Duck:
    return Duck(voice="ab" * 32, **values)


@cache
def narration() -> Samples:
    voice = noise(SECONDS, 0.0003)
    for number, (start, end) in enumerate(SPOKEN):
        words = talker(end - start, seed=number + 2)
        voice[round(start * RATE) : round(start * RATE) + len(words)] += words
    return voice


@cache
def music() -> Samples:
    return song(SECONDS)


def gain_at(keyframes, times: np.ndarray) -> np.ndarray:
    at, gains = zip(*keyframes, strict=True)
    return np.interp(times, at, gains)


def ducked_share(keyframes, spoken, depth_db: float) -> float:
    """Return how much of the speech, from 150 ms after each beginning, has the music turned down."""
    times = np.concatenate([np.arange(start + 0.15, end, 0.01) for start, end in spoken])
    return float((gain_at(keyframes, times) <= -depth_db + 0.5).mean())


@pytest.mark.parametrize("depth_db", [4.0, 8.0, 14.0])
def test_speech_is_ducked_and_gaps_are_restored(depth_db) -> None:
    under, source = music().copy(), music()
    done = duck(under, RATE, narration(), step(depth_db=depth_db))
    assert ducked_share(done.keyframes, SPOKEN, depth_db) >= 0.95
    for (_, start), (end, _) in pairwise(SPOKEN):
        gap = slice(round((start + 1.2) * RATE), round((end - 0.4) * RATE))
        assert loudness(under[gap], RATE).lufs == pytest.approx(loudness(source[gap], RATE).lufs, abs=0.2)
    for start, end in SPOKEN:
        spoken = slice(round(start * RATE), round(end * RATE))
        lower = loudness(source[spoken], RATE).lufs - loudness(under[spoken], RATE).lufs
        assert depth_db - 0.2 < lower < depth_db + 3.2


def test_the_meter_says_where_the_voice_is_clear() -> None:
    done = duck(music() * np.float32(0.5), RATE, narration(), step(depth_db=14.0))
    assert done.after.clear_share > done.before.clear_share
    assert done.after.missing_db < done.before.missing_db
    assert done.after.clear_share > 0.95
    times = [number * done.after.step_s for number, ratio in enumerate(done.after.ratios_db) if ratio is not None]
    assert all(any(start - 0.1 <= time <= end for start, end in SPOKEN) for time in times)
    assert {state for _, _, state in done.after.spans()} <= {"clear", "masked"}


def test_the_missing_depth_makes_it_clear() -> None:
    softer = music() * np.float32(0.5)
    first = duck(softer.copy(), RATE, narration(), step(depth_db=4.0))
    assert first.after.missing_db > 0
    deeper = min(24.0, 4.0 + first.after.missing_db)
    second = duck(softer.copy(), RATE, narration(), step(depth_db=deeper))
    assert second.after.clear_share >= 0.94


@given(
    st.lists(st.tuples(st.floats(0, 50), st.floats(0.05, 5)), max_size=8),
    st.builds(
        step,
        depth_db=st.floats(1, 24),
        attack_s=st.floats(0.02, 2),
        hold_s=st.floats(0, 5),
        release_s=st.floats(0.05, 5),
        look_ahead_s=st.floats(0, 1),
    ),
)
def test_the_envelope_covers_the_speech_and_never_jumps(starts, chosen) -> None:
    spoken, at = [], 0.0
    for rest, length in starts:
        spoken.append((at + rest, at + rest + length))
        at += rest + length
    keyframes = plan_keyframes(spoken, 60.0, chosen)
    times = [time for time, _ in keyframes]
    assert (times[0], times[-1]) == (0.0, 60.0)
    assert times == sorted(times)
    assert all(-chosen.depth_db - 0.001 <= gain <= 0 for _, gain in keyframes)
    for start, end in spoken:
        inside = np.array([each for each in (start, (start + end) / 2, end) if each <= 60.0])
        assert np.allclose(gain_at(keyframes, inside), -chosen.depth_db, atol=0.02 * chosen.depth_db + 0.01)
    fastest = chosen.depth_db / min(chosen.attack_s, chosen.release_s)
    for (before, low), (after, high) in pairwise(keyframes):
        assert abs(high - low) <= fastest * (after - before + 2e-4) * 1.01 + 0.01


def test_no_speech_changes_nothing() -> None:
    under, source = song(6).copy(), song(6)
    done = duck(under, RATE, np.zeros((RATE * 6, 2), np.float32), step())
    assert done.speech == ()
    assert done.keyframes == ((0.0, 0.0), (6.0, 0.0))
    assert np.array_equal(under, source)
    assert done.after == VoiceMeter(0.1, (None,) * 60)


def test_the_curve_is_a_table_for_editing_programs() -> None:
    keyframes = plan_keyframes([(2.0, 4.0)], 10.0, step())
    rows = list(csv.DictReader(io.StringIO(keyframes_csv(keyframes))))
    assert [(float(row["time_s"]), float(row["gain_db"])) for row in rows] == list(keyframes)
    assert keyframes == ((0.0, 0.0), (1.8, 0.0), (1.9, -8.0), (4.4, -8.0), (5.0, 0.0), (10.0, 0.0))


def test_a_later_voice_is_found_later() -> None:
    words = talker(5.0, seed=4)
    done = duck(song(20).copy(), RATE, words, step(voice_at_s=9.0))
    ((start, end),) = done.speech
    assert (start, end) == (pytest.approx(9.0, abs=0.1), pytest.approx(14.0, abs=0.1))
    spoken = [number * 0.1 for number, ratio in enumerate(done.after.ratios_db) if ratio is not None]
    assert (spoken[0], spoken[-1]) == (pytest.approx(9.0, abs=0.2), pytest.approx(14.0, abs=0.2))


def test_the_mix_holds_the_whole_voice() -> None:
    under, words = song(4), talker(3.0)
    mixed = mix(under.copy(), RATE, words, 2.0)
    assert len(mixed) == 5 * RATE
    assert np.array_equal(mixed[4 * RATE :], words[2 * RATE :])
    assert np.allclose(mixed[2 * RATE : 4 * RATE], under[2 * RATE :] + words[: 2 * RATE])


@pytest.mark.parametrize(("voice_rate", "rate"), [(16_000, 44_100), (48_000, 44_100), (44_100, 96_000)])
@pytest.mark.parametrize(("came", "channels"), [(1, 2), (2, 1), (2, 2)])
def test_any_voice_recording_fits_the_music(voice_rate, rate, came, channels) -> None:
    voice = fit_voice(noise(1.0, rate=voice_rate)[:, :came], voice_rate, rate, channels)
    assert voice.shape == (rate, channels)
    assert voice.dtype == np.float32


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
def test_words_are_found_to_a_twentieth_of_a_second_at_any_rate(rate) -> None:
    voice = soxr.resample(narration(), RATE, rate)
    found = speech(voice, rate)
    assert len(found) == len(SPOKEN)
    for (start, end), (said_start, said_end) in zip(found, SPOKEN, strict=True):
        assert abs(start - said_start) < 0.05
        assert abs(end - said_end) < 0.08


@pytest.mark.live
@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="no espeak-ng here")
def test_the_words_of_a_speech_program_are_ducked(tmp_path) -> None:
    voice, spoken, at = noise(30, 0.0003)[:, :1].copy(), [], 2.0
    for line in LINES:
        path = tmp_path / "line.wav"
        subprocess.run(["espeak-ng", "-v", "en-us", "-w", path, line], check=True)
        words, rate = soundfile.read(path, dtype="float32")
        words = soxr.resample(words, rate, RATE)
        loud = np.flatnonzero(np.abs(words) > 0.003)
        words = words[loud[0] : loud[-1] + 1] * 0.6
        voice[round(at * RATE) : round(at * RATE) + len(words), 0] += words
        spoken.append((at, at + len(words) / RATE))
        at = spoken[-1][1] + 4.0
    done = duck(song(30).copy(), RATE, fit_voice(voice, RATE, RATE, 2), step(depth_db=8.0))
    assert ducked_share(done.keyframes, spoken, 8.0) >= 0.95
    assert CLEAR_DB == 12
