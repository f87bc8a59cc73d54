"""Audio is decoded to the last sample; anything else gets a message that says why not."""

import shutil
import struct

import av
import numpy as np
import pytest

from generator.audio import FORMATS, NotAudio, decode, encode, sha256
from tests.audio.signals import RATE, song, tone


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    for format in FORMATS:
        encode(song(3), RATE, folder / f"song.{format}", format)
    return folder


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_gives_every_sample(files, format) -> None:
    found = decode(files / f"song.{format}")
    assert (found.frames, found.channels, found.sample_rate) == (3 * RATE, 2, RATE)
    assert found.samples.dtype == np.float32
    assert found.seconds == 3.0
    assert found.announced_seconds == pytest.approx(3.0, abs=0.05)
    assert found.bad_packets == 0
    assert found.codec in ("pcm_s16le", "flac", "mp3float")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "web page"),
        (b"\xef\xbb\xbf\n  <html lang=en>", "web page"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "error message"),
        (b'{"error": "no credit"}', "JSON"),
        (b"[1, 2]", "JSON"),
        (b"upstream timed out", "text"),
        ("zu viele Anfragen äöü ".encode() * 60, "text"),
        (b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1/secret.mp3\n", "playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "playlist"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "image"),
        (b"PK\x03\x04" + b"\0" * 100, "archive"),
        (b"\0" * 5000, "playable"),
        (bytes(np.random.default_rng(1).integers(0, 256, 30_000, np.uint8)), "playable"),
        (b"RIFF\x24\0\0\0WAVE", "playable"),
        (b"fLaC", "playable"),
        (b"ID3\x04\0\0\0\0\0\x10" + b"\0" * 16, "playable"),
        (b"%PDF-1.7\n\xff\xfe\0", "playable"),
    ],
)
@pytest.mark.parametrize("name", ["take.mp3", "take.wav"])
def test_what_is_not_audio_gets_a_sentence(tmp_path, data, word, name) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(NotAudio, match=word) as caught:
        decode(path)
    assert str(caught.value).endswith(".")


def test_a_play_list_cannot_open_other_files(tmp_path, files) -> None:
    """Behind a beginning that the text check does not know, FFmpeg itself must refuse the play list."""
    path = tmp_path / "take.mp3"
    path.write_bytes(b"#EXTM3U\n\xff\n#EXTINF:3,\n" + bytes(files / "song.mp3") + b"\n#EXT-X-ENDLIST\n")
    with pytest.raises(NotAudio):
        decode(path)


def test_a_film_without_sound_has_none(tmp_path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(5):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        file.mux(stream.encode(None))
    with pytest.raises(NotAudio, match="no audio"):
        decode(path)


def test_too_long_stops_there(files) -> None:
    assert decode(files / "song.flac", max_seconds=3.0).seconds == 3.0
    with pytest.raises(NotAudio, match="longer than"):
        decode(files / "song.flac", max_seconds=2.9)


def test_too_large(files) -> None:
    with pytest.raises(NotAudio, match="larger than"):
        decode(files / "song.wav", max_bytes=1000)


def test_a_length_that_lies_takes_no_memory(tmp_path, files) -> None:
    """A FLAC that claims 2³⁶ − 1 samples."""
    data = bytearray((files / "song.flac").read_bytes())
    data[21] |= 0x0F
    data[22:26] = b"\xff\xff\xff\xff"
    path = tmp_path / "bomb.flac"
    path.write_bytes(data)
    assert decode(path).seconds == pytest.approx(3.0, abs=0.2)


@pytest.mark.parametrize("format", FORMATS)
def test_damage_in_the_middle_is_survived(tmp_path, files, format) -> None:
    data = bytearray((files / f"song.{format}").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = b"\x55" * 400
    path = tmp_path / f"hurt.{format}"
    path.write_bytes(data)
    found = decode(path)
    assert found.seconds == pytest.approx(3.0, abs=0.4)
    assert np.isfinite(found.samples).all()


@pytest.mark.parametrize(
    ("codec", "format", "container"),
    [("pcm_s24le", "s32", "wav"), ("pcm_f32le", "flt", "wav"), ("pcm_u8", "u8", "wav"), ("aac", "fltp", "mp4")],
)
def test_other_sample_formats(tmp_path, codec, format, container) -> None:
    path = tmp_path / f"other.{container}"
    samples = tone(440, 1, -6)
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=RATE)
        stream.codec_context.layout, stream.codec_context.format = "stereo", format
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="stereo")
        frame.sample_rate = RATE
        fit = av.AudioResampler(format=format, layout="stereo", rate=RATE, frame_size=stream.codec_context.frame_size)
        for fitted in [*fit.resample(frame), *fit.resample(None)]:
            file.mux(stream.encode(fitted))
        file.mux(stream.encode(None))
    found = decode(path)
    assert np.abs(found.samples).max() == pytest.approx(0.5, abs=0.02)
    assert found.frames == pytest.approx(RATE, abs=2048)


def test_six_channels_become_two(tmp_path) -> None:
    path = tmp_path / "surround.wav"
    count = RATE // 2
    data = np.tile((tone(440, 0.5, -12)[:, :1] * 32767).astype("<i2"), (1, 6)).tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 6, RATE, RATE * 12, 12,
                       16, b"data", len(data))  # fmt: skip
    path.write_bytes(head + data)
    found = decode(path)
    assert (found.channels, found.frames) == (2, count)


def test_broken_numbers_become_silence(tmp_path) -> None:
    path = tmp_path / "nan.wav"
    samples = tone(440, 0.5, -6).astype("<f4")
    samples[100:200] = np.nan
    data = samples.tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 3, 2, RATE, RATE * 8, 8,
                       32, b"data", len(data))  # fmt: skip
    path.write_bytes(head + data)
    found = decode(path)
    assert not found.samples[120:180].any()
    assert np.isfinite(found.samples).all()


def test_a_name_says_nothing(tmp_path, files) -> None:
    path = tmp_path / "wrong.mp3"
    shutil.copy(files / "song.flac", path)
    assert decode(path).codec == "flac"


def test_sha256(tmp_path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
