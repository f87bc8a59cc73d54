"""Every format holds what it says, at the exact length, and other readers hear the same sound."""

import hashlib
from functools import cache

import av
import mutagen
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from mutagen.mp3 import BitrateMode

from generator.audio import decode
from generator.audio.editing.recipe import FORMATS, Format
from generator.audio.export import FILE_FORMATS, ExportError, choose_settings, export
from generator.audio.export.conversion import converted_blocks
from tests.audio import signals
from tests.audio.signals import noise, tone

song = cache(signals.song)  # tests that change it take a copy

RATE = 48_000
LOSSLESS = [code for code, kind in FILE_FORMATS.items() if kind.bits]


def write(folder, samples, rate=RATE, **step):
    kind = FILE_FORMATS[step["format"]]
    path = folder / f"made.{kind.extension}"
    settings = choose_settings(Format(**step), rate, samples.shape[1])
    return path, export(samples, rate, path, settings)


def frames_of(path) -> int:
    """Count the frames as FFmpeg's decoder gives them."""
    with av.open(str(path)) as file:
        return sum(frame.samples for frame in file.decode(audio=0))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_format_keeps_length_and_sound(tmp_path, format, channels) -> None:
    source = song(2)[:, :channels]
    path, done = write(tmp_path, source, format=format)
    sound = decode(path)
    assert sound.channels == channels
    assert done.frames == len(source)
    # AAC ends with a whole frame of 1024; its header says how much of it counts.
    assert 0 <= frames_of(path) - len(source) < (1024 if format == "m4a" else 1)
    heard = sound.samples[: len(source)]
    error = heard - source
    assert 10 * np.log10(float((source**2).mean() / (error**2).mean())) > (70 if format in LOSSLESS else 12)


@pytest.mark.parametrize("format", LOSSLESS)
@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("bits", [16, 24, 32])
def test_lossless_formats_keep_rate_and_depth(tmp_path, format, rate, bits) -> None:
    if bits not in FILE_FORMATS[format].bits:
        with pytest.raises(ExportError) as caught:
            choose_settings(Format(format, bits=bits), rate, 2)
        assert caught.value.field == "bits"
        return
    source = noise(0.5, 0.1)
    path, _ = write(tmp_path, source, rate, format=format, bits=bits)
    read, read_rate = soundfile.read(path, dtype="float64")
    assert (read_rate, read.shape) == (rate, source.shape)
    assert {"PCM_16": 16, "PCM_24": 24, "FLOAT": 32}[soundfile.info(path).subtype] == bits
    assert np.abs(read - source).max() <= {16: 1.5 / 2**15, 24: 0.5 / 2**23, 32: 0}[bits] + 1e-12


@pytest.mark.parametrize("format", ["wav", "flac", "aiff"])
def test_sixteen_bits_are_dithered_once(tmp_path, format) -> None:
    soft = tone(997, 1, -100.0, RATE)
    path, _ = write(tmp_path, soft, format=format, bits=16)
    read, _ = soundfile.read(path, dtype="int16")
    spectrum = np.abs(np.fft.rfft(read[:, 0].astype(float)))
    assert spectrum.argmax() == pytest.approx(997, abs=1)  # softer than one step, and still there
    exact = np.round(noise(0.5) * 32768).astype(np.int16).clip(-32768, 32767)
    path, _ = write(tmp_path, (exact / np.float32(32768)).astype(np.float32), format=format, bits=16)
    assert np.array_equal(soundfile.read(path, dtype="int16")[0], exact)
    path, _ = write(tmp_path, np.zeros((1000, 2), np.float32), format=format, bits=16)
    assert not soundfile.read(path, dtype="int16")[0].any()


def test_twenty_four_bits_need_no_dither(tmp_path) -> None:
    """The harmonics of a tone near the last bit stay below what any converter can play."""
    soft = tone(997, 1, -130.0, RATE)
    path, _ = write(tmp_path, soft, format="wav", bits=24)
    read, _ = soundfile.read(path, dtype="float64")
    spectrum = np.abs(np.fft.rfft(read[:, 0] * np.hanning(len(read))))
    assert spectrum.argmax() == pytest.approx(997, abs=1)
    rest = np.delete(spectrum, np.arange(990, 1005))
    assert 20 * np.log10(rest.max() / spectrum.max()) - 130 < -140


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_sound_is_the_same_file(tmp_path, format) -> None:
    digests = set()
    for _ in range(2):
        path, _ = write(tmp_path, noise(1, 0.1), format=format)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_mp3_has_constant_or_variable_bit_rate_and_its_delay(tmp_path) -> None:
    path, _ = write(tmp_path, song(2), format="mp3", bit_rate=192_000)
    constant = mutagen.File(path).info
    assert (constant.bitrate, constant.bitrate_mode) == (192_000, BitrateMode.CBR)
    assert b"Info" in path.read_bytes()[:4096]
    path, _ = write(tmp_path, song(2), format="mp3", vbr_quality=2)
    assert mutagen.File(path).info.bitrate_mode == BitrateMode.VBR
    assert b"Xing" in path.read_bytes()[:4096]
    assert frames_of(path) == len(song(2))


@pytest.mark.parametrize("format", ["m4a", "ogg", "opus"])
def test_bit_rates_order_the_sizes(tmp_path, format) -> None:
    sizes = []
    for bit_rate in (64_000, 128_000, 256_000):
        path, _ = write(tmp_path, song(2), format=format, bit_rate=bit_rate)
        sizes.append(path.stat().st_size)
    assert sizes == sorted(sizes)
    assert sizes[2] > 1.5 * sizes[0]


@pytest.mark.parametrize(
    ("step", "field"),
    [
        ({"format": "opus", "rate": 44_100}, "rate"),
        ({"format": "mp3", "rate": 96_000}, "rate"),
        ({"format": "mp3", "bits": 16}, "bits"),
        ({"format": "flac", "bits": 32}, "bits"),
        ({"format": "wav", "bit_rate": 192_000}, "bit_rate"),
        ({"format": "ogg", "bit_rate": 48_000}, "bit_rate"),
        ({"format": "opus", "vbr_quality": 3}, "vbr_quality"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(step, field) -> None:
    with pytest.raises(ExportError) as caught:
        choose_settings(Format(**step), 44_100, 2)
    assert caught.value.field == field


def test_open_settings_follow_the_sound() -> None:
    chosen = choose_settings(Format("wav"), 96_000, 1, bits=24)
    assert (chosen.rate, chosen.channels, chosen.bits) == (96_000, 1, 24)
    assert choose_settings(Format("mp3"), 96_000, 2).rate == 48_000
    assert choose_settings(Format("opus"), 44_100, 2).rate == 48_000
    assert choose_settings(Format("flac"), 22_050, 2, bits=32).bits == 24
    assert choose_settings(Format("ogg"), 44_100, 2).bit_rate == 192_000


@given(st.integers(0, 100_000), st.sampled_from([(44_100, 48_000), (48_000, 44_100), (96_000, 44_100), (8000, 48_000)]),
       st.sampled_from([1, 2]), st.sampled_from([1, 2]), st.booleans())  # fmt: skip
def test_another_rate_has_the_exact_length(frames, rates, came, channels, is_loop) -> None:
    source = np.zeros((frames, came), np.float32)
    blocks = list(converted_blocks(source, *rates, channels, is_loop=is_loop))
    assert sum(map(len, blocks)) == round(frames * rates[1] / rates[0])
    assert all(block.shape[1] == channels and block.dtype == np.float32 for block in blocks)


@pytest.mark.parametrize(("rate", "new_rate"), [(44_100, 48_000), (48_000, 44_100), (96_000, 48_000)])
def test_resampling_leaves_nothing_but_the_sound(rate, new_rate) -> None:
    made = np.concatenate(list(converted_blocks(tone(997, 2, -6, rate), rate, new_rate, 2)))
    assert np.abs(made - tone(997, 2, -6, new_rate))[new_rate // 2 : -new_rate // 2].max() < 1e-5


def test_a_loop_is_resampled_as_a_loop() -> None:
    """A tone with a whole number of periods stays one, also across the seam."""
    source = tone(441, 1, -6, 44_100)
    made = np.concatenate(list(converted_blocks(source, 44_100, 48_000, 2, is_loop=True)))
    assert np.abs(made - tone(441, 1, -6, 48_000)).max() < 1e-5


def test_mono_is_the_mean_and_stereo_the_same_twice() -> None:
    source = noise(0.1)
    (mono,) = converted_blocks(source, RATE, RATE, 1)
    assert np.allclose(mono[:, 0], source.mean(axis=1), atol=1e-7)
    (stereo,) = converted_blocks(mono, RATE, RATE, 2)
    assert np.array_equal(stereo[:, 0], stereo[:, 1])
