"""Encoded files contain all samples, or are not written."""

import numpy as np
import pytest

from generator.audio import FORMATS, NotAudio, convert, decode, encode
from generator.audio.quantize import is_on_grid
from tests.audio.signals import RATE, noise, song, tone


def sixteen(samples) -> np.ndarray:
    return np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)


@pytest.mark.parametrize("format", ["wav", "flac"])
@pytest.mark.parametrize("frames", [1, 4095, RATE, RATE + 1, 200_003])
@pytest.mark.parametrize("channels", [1, 2])
def test_lossless_is_exact(tmp_path, format, frames, channels) -> None:
    pcm = sixteen(noise(5, 0.4))[:frames, :channels]
    encode(pcm, RATE, tmp_path / "file", format)
    found = decode(tmp_path / "file")
    assert np.array_equal(np.round(found.samples * 32768).astype(np.int16), pcm)


def test_lossless_stays_exact_from_format_to_format(tmp_path) -> None:
    pcm = sixteen(song(3))
    pcm[:2] = [[-32768, 32767], [0, 1]]
    encode(pcm, RATE, tmp_path / "a.flac")
    convert(tmp_path / "a.flac", tmp_path / "b.wav", "wav")
    convert(tmp_path / "b.wav", tmp_path / "c.flac", "flac")
    assert np.array_equal(np.round(decode(tmp_path / "c.flac").samples * 32768).astype(np.int16), pcm)


@pytest.mark.parametrize("frames", [RATE, RATE + 777, 3 * RATE])
@pytest.mark.parametrize("rate", [32_000, 44_100, 48_000])
def test_mp3_keeps_length_and_place(tmp_path, frames, rate) -> None:
    samples = song(4)[:frames]
    encode(samples, rate, tmp_path / "a.mp3", "mp3")
    found = decode(tmp_path / "a.mp3")
    assert (found.frames, found.sample_rate) == (frames, rate)
    assert np.corrcoef(found.samples[:, 0], samples[:, 0])[0, 1] > 0.98  # one sample too early or late gives 0.9
    assert found.bit_rate == pytest.approx(256_000, rel=0.1)


def test_mp3_of_a_rate_it_does_not_know(tmp_path) -> None:
    encode(tone(440, 1, -6, rate=96_000), 96_000, tmp_path / "a.mp3", "mp3")
    found = decode(tmp_path / "a.mp3")
    assert found.sample_rate == 44_100
    assert found.seconds == pytest.approx(1.0, abs=0.03)


def test_floats_are_dithered_the_same_way_every_time(tmp_path) -> None:
    quiet = tone(440, 1, -100)  # less than one 16-bit step
    for name in "ab":
        encode(quiet, RATE, tmp_path / name, "flac")
    found = decode(tmp_path / "a").samples
    spectrum = np.abs(np.fft.rfft(found[:, 0]))
    assert np.argmax(spectrum[1:]) + 1 == 440
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_is_sixteen_bit_is_not_dithered() -> None:
    assert is_on_grid(sixteen(noise(1)).astype(np.float32) / 32768)
    assert not is_on_grid(noise(1))


def test_too_loud_is_limited_not_wrapped_around(tmp_path) -> None:
    encode(tone(440, 0.2, 6), RATE, tmp_path / "a", "wav")
    found = decode(tmp_path / "a").samples
    assert found.max() == pytest.approx(1, abs=1e-4)
    assert np.abs(np.diff(found[:, 0])).max() < 0.2


@pytest.mark.parametrize("shape", [(100,), (100, 3), (2, 100)])
def test_other_shapes_are_refused(tmp_path, shape) -> None:
    with pytest.raises(ValueError, match="frames"):
        encode(np.zeros(shape, np.float32), RATE, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_nothing_half_done_is_left_behind(tmp_path) -> None:
    (tmp_path / "page.mp3").write_text("<html>")
    (tmp_path / "target.wav").write_bytes(b"old")
    with pytest.raises(NotAudio):
        convert(tmp_path / "page.mp3", tmp_path / "target.wav", "wav")
    with pytest.raises(KeyError):
        convert(tmp_path / "page.mp3", tmp_path / "target.ogg", "ogg")
    assert (tmp_path / "target.wav").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.mp3", "target.wav"]


def test_the_formats_describe_themselves() -> None:
    assert set(FORMATS) == {"mp3", "wav", "flac"}
    for name, format in FORMATS.items():
        assert format.extension == name
        assert format.mime.startswith("audio/")
        assert format.lossless is (name != "mp3")
