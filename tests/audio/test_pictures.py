"""Covers and waveforms: valid, small, reproducible for the same audio, different for any other."""

import re
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from generator.audio import cover_scenes, draw_cover, measure, waveform_path, waveform_peaks
from tests.audio.signals import RATE, chords, clicks, noise, song, sound


@pytest.fixture(scope="module")
def facts():
    return measure(sound(song()))


@pytest.fixture(scope="module")
def peaks():
    return waveform_peaks(sound(song()))


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"), np.int16)


@pytest.mark.parametrize(("format", "kind"), [("webp", "WEBP"), ("jpeg", "JPEG")])
@pytest.mark.parametrize("size", [64, 512])
def test_a_cover_is_a_picture(facts, peaks, format, kind, size) -> None:
    picture = Image.open(BytesIO(draw_cover(facts, peaks, seed="a", size=size, format=format)))
    picture.load()
    assert (picture.format, picture.size) == (kind, (size, size))


def test_the_same_track_always_looks_the_same(facts, peaks) -> None:
    first = draw_cover(facts, peaks, seed="a", title="Rain")
    draw_cover(facts, peaks, seed="b")
    draw_cover(facts, peaks, seed="c")  # evict the first picture from the cache
    assert draw_cover(facts, peaks, seed="a", title="Rain") == first


def test_no_two_seeds_look_alike(facts, peaks) -> None:
    seen = [pixels(draw_cover(facts, peaks, seed=str(n), size=128)) for n in range(12)]
    for n, one in enumerate(seen):
        assert min((np.abs(one - other).mean() for other in seen[n + 1 :]), default=99) > 4


def test_no_two_sounds_look_alike() -> None:
    """With the same seed and key only the waveform makes the difference."""
    seen = []
    for samples in (song(), noise(8), clicks(120, 8), chords("C", "F", "G", "C")):
        heard = sound(samples * np.linspace(0.2, 1, len(samples))[:, None])
        facts = replace(measure(heard), key="A minor", brightness=1000.0)
        seen.append(pixels(draw_cover(facts, waveform_peaks(heard), seed="same", size=256)))
    for n, one in enumerate(seen):
        assert min((np.abs(one - other).mean() for other in seen[n + 1 :]), default=99) > 1


@pytest.mark.parametrize("scene", cover_scenes.SCENES)
@pytest.mark.parametrize("key", ["C major", "Eb minor", None])
def test_every_scene_is_rich_but_never_glaring(facts, peaks, monkeypatch, scene, key) -> None:
    monkeypatch.setattr(cover_scenes, "SCENES", (scene,))
    picture = pixels(draw_cover(replace(facts, key=key), peaks, seed=f"{scene.__name__} {key}"))
    assert picture.std() > 15
    assert (picture.min(axis=2) > 250).mean() < 0.15


@pytest.mark.parametrize("peaks", [b"", b"\0", b"\0" * 800, b"\xff" * 800, b"\x10\x20", bytes(range(10))])
@pytest.mark.parametrize("scene", cover_scenes.SCENES)
def test_silence_and_scraps_have_covers_too(peaks, scene, monkeypatch) -> None:
    monkeypatch.setattr(cover_scenes, "SCENES", (scene,))
    nothing = measure(sound(np.zeros((RATE // 10, 2))))
    assert pixels(draw_cover(nothing, peaks, seed="x", size=96)).shape == (96, 96, 3)


def test_peaks_are_the_loudest_sample_of_each_stretch() -> None:
    samples = np.zeros((8000, 2), np.float32)
    samples[5, 1], samples[4001, 0], samples[7999, 0] = -0.5, 1.0, 0.25
    found = waveform_peaks(sound(samples), 8)
    assert list(found) == [128, 0, 0, 0, 255, 0, 0, 64]


@pytest.mark.parametrize("frames", [1, 7, 799, 800, 801, 900_001])
def test_peaks_of_any_length(frames) -> None:
    samples = np.random.default_rng(2).uniform(-0.7, 0.7, (frames, 2)).astype(np.float32)
    found = waveform_peaks(sound(samples))
    assert len(found) == 800
    assert max(found) == round(float(np.abs(samples).max()) * 255)


_NUMBER = r"-?(?:\d+\.?\d*|\.\d+)"


def bars(path: str) -> np.ndarray:
    """Parse the path like a browser: (left, top, width, height) of each bar."""
    found, at = [], np.zeros(2)
    one = re.compile(rf"([Mm])({_NUMBER}) ?({_NUMBER})v({_NUMBER})h({_NUMBER})v({_NUMBER})z")
    assert "".join(match.group() for match in one.finditer(path)) == path
    for match in one.finditer(path):
        x, y, down, right, up = (float(number) for number in match.groups()[1:])
        at = at * (match.group(1) == "m") + (x, y)
        assert down == -up
        found.append((*at, right, down))
    return np.array(found)


@pytest.mark.parametrize(("width", "height"), [(240, 40), (1000, 120), (100, 24), (2, 10)])
def test_a_path_is_mirrored_and_within_its_box(peaks, width, height) -> None:
    left, top, wide, high = bars(waveform_path(peaks, width, height)).T
    assert left[0] == 0
    assert (np.diff(left) > wide[1:]).all()
    assert width * 0.97 - 2 <= left[-1] + wide[-1] <= width + 0.1
    assert top + high / 2 == pytest.approx(np.full(len(top), height / 2), abs=0.15)
    assert high.max() == pytest.approx(height, abs=0.5)
    assert high.min() > 0


def test_a_path_in_a_row_is_short() -> None:
    wild = bytes(np.random.default_rng(0).integers(0, 256, 800, np.uint8))
    assert len(waveform_path(wild)) < 1500


@pytest.mark.parametrize("peaks", [b"", b"\0", b"\0" * 800])
def test_a_path_of_nothing_is_a_row_of_dots(peaks) -> None:
    found = bars(waveform_path(peaks))
    assert len(found) == 80
    assert found[:, 3] == pytest.approx(2)


def test_a_path_shows_what_is_loud() -> None:
    left, _, _, high = bars(waveform_path(b"\x20" * 400 + b"\xf0" * 400)).T
    assert high[left < 115].max() < 5
    assert high[left > 125].min() == pytest.approx(40, abs=0.2)
