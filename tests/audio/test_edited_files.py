"""Files that are no ordinary music: every edit ends with a sound or a code, through the door the workers use."""

from functools import cache

import numpy as np
import pytest
import soundfile

from generator.audio import NotAudio, Tags, sandbox
from generator.audio.editing.recipe import Format
from tests.audio import signals
from tests.audio.signals import RATE, noise, tone

VOICE = "0" * 64
STEPS = {
    "level": {"step": "level", "lufs": -16},
    "cut": {"step": "cut", "regions": [[0.5, 0.51]], "snap": "none"},
    "fit to a second": {"step": "fit", "length_s": 1},
    "fit to a minute": {"step": "fit", "length_s": 60},
    "loop": {"step": "loop"},
    "fades": {"step": "fades", "in_s": 0.5, "out_s": 0.5},
    "bed": {"step": "bed"},
    "duck": {"step": "duck", "voice": VOICE, "output": "mix"},
}
CODES = {"no_plan", "no_loop", "beyond_end"}

song = cache(signals.song)


def write(path, samples, rate=RATE):
    soundfile.write(path, samples, rate, subtype="PCM_16")
    return path


def apply(folder, source, step, voice=None):
    target = folder / "edited.npy"
    target.unlink(missing_ok=True)
    structure = sandbox.find_structure(source).to_json()
    done = sandbox.apply_recipe(source, target, {"version": 1, "steps": [step]}, structure, voice)
    assert target.exists() == (not done.error_code)
    return done, target


@pytest.mark.parametrize(
    ("samples", "rate", "refused"),
    [
        pytest.param(np.zeros((3 * RATE, 2)), RATE, {"no_plan", "no_loop"}, id="silence"),
        pytest.param(noise(0.01), RATE, CODES, id="ten milliseconds"),
        pytest.param(
            np.repeat(tone(440, 6, -12)[:, :1], 6, axis=1), RATE, {"no_plan", "no_loop"}, id="six channels, no pulse"
        ),
        pytest.param(noise(2, 0.1, rate=8_000)[:, :1], 8_000, {"no_plan", "no_loop"}, id="telephone"),
    ],
)
def test_unusual_tracks_are_edited_or_refused_with_a_code(tmp_path, samples, rate, refused) -> None:
    source = write(tmp_path / "source.wav", samples, rate)
    voice = write(tmp_path / "voice.wav", song(2)[:RATE])  # music, where nobody speaks
    codes = set()
    for title, step in STEPS.items():
        done, array = apply(tmp_path, source, step, voice if title == "duck" else None)
        codes.add(done.error_code)
        if not done.error_code:
            assert np.isfinite(np.load(array)).all()
            sandbox.export_file(array, tmp_path / "made.ogg", done, Format("ogg"), Tags(title="x"), None)
            assert soundfile.info(tmp_path / "made.ogg").frames > 0
    assert codes <= {"", *refused}
    assert "" in codes
    assert {path.name for path in tmp_path.iterdir()} <= {"source.wav", "voice.wav", "edited.npy", "made.ogg"}


def test_a_track_of_three_hours_is_refused_before_it_is_decoded_whole(tmp_path) -> None:
    path = tmp_path / "long.flac"
    with soundfile.SoundFile(path, "w", 8_000, 1, format="FLAC", subtype="PCM_16") as file:
        minute = np.zeros(60 * 8_000, np.int16)
        for _ in range(180):
            file.write(minute)
    with pytest.raises(NotAudio, match="longer than the limit"):
        sandbox.find_structure(path)
    with pytest.raises(NotAudio, match="longer than the limit"):
        sandbox.apply_recipe(path, tmp_path / "edited.npy", {"version": 1, "steps": []}, {})
    assert [each.name for each in tmp_path.iterdir()] == ["long.flac"]


@pytest.mark.live
def test_a_track_is_fitted_to_ten_minutes_within_the_limits(tmp_path) -> None:
    source = write(tmp_path / "source.flac", song(12)[::4], RATE // 4)
    done, array = apply(tmp_path, source, {"step": "fit", "length_s": 600})
    assert not done.error_code
    assert len(np.load(array, mmap_mode="r")) == 600 * (RATE // 4)


def test_a_wav_says_where_it_comes_from(tmp_path) -> None:
    source = write(tmp_path / "source.wav", tone(440, 2, -12))
    done, array = apply(tmp_path, source, STEPS["level"])
    tags = Tags(title="Theme", track_id="g7/2", date="2026-11-30")
    sandbox.export_file(array, tmp_path / "made.wav", done, Format("wav"), tags, None)
    chunk = (tmp_path / "made.wav").read_bytes().partition(b"bext")[2]  # EBU Tech 3285: its size and its first fields
    fields = [chunk[start : start + size].rstrip(b"\0") for start, size in ((4, 256), (260, 32), (292, 32), (324, 10))]
    assert fields == [b"Theme", b"BGM Studio", b"g7/2", b"2026-11-30"]
