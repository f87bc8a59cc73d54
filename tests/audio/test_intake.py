"""Files from outside become files that every program reads, with exactly the samples that came."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from generator.audio import NotAudio, Tags, Wanted, decode, encode, read_tags, take_in
from tests.audio.outside import wav, written
from tests.audio.signals import RATE, song, tone

SONG = song(3)
PCM_GUID = "0100000000001000800000aa00389b71"


def taken(path: Path, asked: str = "wav"):
    return take_in(path, Wanted(asked, Tags(title="A title"), "seed"))


def codes(found) -> dict[str, str]:
    return {finding.code: finding.severity for finding in found.findings}


@pytest.mark.parametrize(
    "changes",
    [
        {"riff": 0xFFFFFFFF, "data": 0xFFFFFFFF},
        {"riff": 0, "data": 0},
        {"riff": 0x7FFFF024, "data": 0x7FFFF000},
        {"riff": 0x80000023, "data": 0x7FFFFFFF},
        {"align": 3},
        {"align": 0},
        {"byte_rate": 0},
        {"after": b"LIST\x0e\x00\x00\x00INFOISFT\x02\x00\x00\x00x\x00"},
        {"after": b"\x00junk that is no chunk"},
        {"after": b"odd\x00\x05\x00\x00\x00abcde"},
    ],
    ids=str,
)
def test_a_wav_with_an_odd_header_keeps_its_samples_behind_a_true_one(tmp_path, changes) -> None:
    came = tmp_path / "came.wav"
    came.write_bytes(wav(SONG, **changes))
    found = taken(came)
    data = found.path.read_bytes()
    sound = np.rint(SONG * 32767).astype("<i2")
    assert np.array_equal(np.rint(decode(found.path).samples * 32768).astype("<i2"), sound)
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    assert struct.unpack_from("<I", data, 40)[0] == sound.nbytes
    assert (found.format, found.bits, found.facts.frames) == ("wav", 16, len(sound))
    assert "truncated" not in codes(found)
    assert read_tags(found.path).title == "A title"


@pytest.mark.parametrize(
    ("name", "codec", "format", "bits"),
    [
        ("a.wav", "pcm_s24le", "s32", 24),
        ("a.wav", "pcm_s32le", "s32", 32),
        ("a.wav", "pcm_f32le", "flt", 32),
        ("a.wav", "pcm_u8", "u8", 8),
        ("a.flac", "flac", "s32", 24),
        ("a.flac", "flac", "s16", 16),
    ],
)
def test_what_browsers_play_is_kept_bit_for_bit_and_says_its_bits(tmp_path, name, codec, format, bits) -> None:
    came = written(tmp_path / name, codec, format, SONG)
    before = decode(came)
    found = taken(came, name[2:])
    assert np.array_equal(decode(found.path).samples, before.samples)
    assert (found.format, found.codec, found.bits, found.is_lossy) == (name[2:], codec, bits, False)
    assert "wrong_format" not in codes(found)


@pytest.mark.parametrize(
    ("codec", "format", "kept", "bits"),
    [("adpcm_ms", "s16", "pcm_s16le", 16), ("pcm_f64le", "dbl", "pcm_s24le", 24), ("mp2", "s16", "pcm_s16le", 16),
     ("pcm_alaw", "s16", "pcm_s16le", 16)],
)  # fmt: skip
def test_what_browsers_do_not_play_in_a_wav_is_converted_and_says_so(tmp_path, codec, format, kept, bits) -> None:
    found = taken(written(tmp_path / "a.wav", codec, format, SONG))
    assert (found.format, found.codec, found.bits) == ("wav", kept, bits)
    assert (found.source.startswith(codec), found.is_lossy) == (True, codec != "pcm_f64le")
    assert codes(found)["wrong_format"] == ("fault" if found.is_lossy else "warning")
    assert decode(found.path).seconds == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize(("container", "magic"), [("w64", b"riff"), ("wav", b"RF64")])
def test_long_wavs_of_other_kinds_become_one(tmp_path, container, magic) -> None:
    came = tmp_path / "came.wav"
    with av.open(str(came), "w", format=container, options={"rf64": "always"} if magic == b"RF64" else {}) as file:
        stream = file.add_stream("pcm_s16le", rate=RATE)
        stream.codec_context.layout = "stereo"
        frame = av.AudioFrame.from_ndarray(np.rint(SONG * 32767).astype(np.int16).reshape(1, -1), "s16", "stereo")
        frame.sample_rate = RATE
        file.mux([*stream.encode(frame), *stream.encode(None)])
    assert came.read_bytes()[:4] == magic
    found = taken(came)
    assert found.path.read_bytes()[:4] == b"RIFF"
    assert np.array_equal(decode(found.path).samples, decode(came).samples)


def test_bw64_is_read_as_rf64(tmp_path) -> None:
    came = tmp_path / "came.wav"
    data = wav(SONG)
    ds64 = struct.pack("<4sIQQQI", b"ds64", 28, len(data) + 28, len(data) - 44, len(SONG), 0)
    came.write_bytes(b"BW64\xff\xff\xff\xffWAVE" + ds64 + data[12:40] + b"\xff\xff\xff\xff" + data[44:])
    assert taken(came).facts.frames == len(SONG)


DS64 = {
    "not written yet": struct.pack("<QQQ", 0, 0, 0),
    "unknown": b"\xff" * 24,
    "beyond any file": struct.pack("<QQQ", 2**62, 2**62, 0),
    "missing": b"",
}


@pytest.mark.parametrize("kind", [b"RF64", b"BW64"])
@pytest.mark.parametrize("ds64", DS64.values(), ids=DS64)
@pytest.mark.parametrize("after", [b"", b"LIST\x0e\0\0\0INFOISFT\x02\0\0\0x\0id3 \x0a\0\0\0ID3\x04\0\0\0\0\0\0"])
def test_a_long_wav_whose_sizes_say_nothing_is_its_sound_and_no_more(tmp_path, kind, ds64, after) -> None:
    came, data = tmp_path / "came.wav", wav(SONG, after=after)
    chunk = struct.pack("<4sI", b"ds64", 28) + ds64 + bytes(4) if ds64 else b""
    came.write_bytes(kind + b"\xff" * 4 + b"WAVE" + chunk + data[12:40] + b"\xff" * 4 + data[44:])
    found = taken(came)
    assert (found.facts.frames, "truncated" in codes(found)) == (len(SONG), False)
    assert np.array_equal(decode(found.path).samples, np.rint(SONG * 32767).astype(np.float32) / 32768)


def test_a_long_wav_that_was_cut_off_says_so(tmp_path) -> None:
    came, data = tmp_path / "came.wav", wav(SONG)
    ds64 = struct.pack("<4sIQQQI", b"ds64", 28, 2 * len(data), 2 * len(data), 0, 0)
    came.write_bytes(b"RF64\xff\xff\xff\xffWAVE" + ds64 + data[12:40] + b"\xff\xff\xff\xff" + data[44:])
    assert codes(taken(came))["truncated"] == "fault"


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0xFFFFFFFE, 0, 0x7FFFF000])
def test_chunks_behind_a_sound_of_unknown_size_are_not_heard(tmp_path, size) -> None:
    came = tmp_path / "came.wav"
    came.write_bytes(wav(SONG, data=size, after=b"LIST\x0e\0\0\0INFOISFT\x02\0\0\0x\0"))
    assert taken(came).facts.frames == len(SONG)


@pytest.mark.parametrize(("container", "codec"), [("w64", "pcm_s16le"), ("aiff", "pcm_s16be")])
def test_what_other_programs_write_to_a_pipe_is_read(tmp_path, container, codec) -> None:
    came = written(tmp_path / f"came.{container}", codec, "s16", SONG, container=container)
    data = bytearray(came.read_bytes())
    if container == "w64":
        at = data.find(b"data\xf3\xac\xd3\x11")
        data[16:24], data[at + 16 : at + 24] = bytes(8), bytes(8)
    else:
        form, sound = data.find(b"COMM"), data.find(b"SSND")
        data[4:8], data[form + 10 : form + 14], data[sound + 4 : sound + 8] = bytes(4), bytes(4), bytes(4)
    came.write_bytes(data)
    found = taken(came)
    assert (found.facts.frames, found.codec) == (len(SONG), "pcm_s16le")
    assert found.facts.lufs == pytest.approx(-18.4, abs=0.3)


def test_twenty_four_bits_in_thirty_two_are_no_floats(tmp_path) -> None:
    sound = (np.rint(SONG * (2**23 - 1)).astype("<i4") << 8).tobytes()
    kind = struct.pack("<HHIIHHHHI", 0xFFFE, 2, RATE, RATE * 8, 8, 32, 22, 24, 3) + bytes.fromhex(PCM_GUID)
    head = struct.pack("<4sI4s4sI", b"RIFF", 60 + len(sound), b"WAVE", b"fmt ", 40) + kind
    came = tmp_path / "came.wav"
    came.write_bytes(head + struct.pack("<4sI", b"data", len(sound)) + sound)
    found = taken(came)
    assert (found.codec, found.bits, codes(found)) == ("pcm_s32le", 32, {})
    assert np.abs(decode(found.path).samples - SONG).max() < 1e-6


TAGS_AFTER = {
    "ID3 with a footer": b"ID3\x04\0\x10\0\0\0\x0a" + bytes(10) + b"3DI\x04\0\x10\0\0\0\x0a",
    "a large one": b"ID3\x04\0\x10\0\x08\0\x0a" + np.random.default_rng(1).bytes(300_000),
    "Lyrics3": b"LYRICSBEGININD0000200000LYRICS200TAG" + bytes(125),
    "a page": b"<html>error</html>" * 20_000,
    "zeros": bytes(100_000),
    "another file": b"",
}


@pytest.mark.parametrize("after", TAGS_AFTER.values(), ids=TAGS_AFTER)
def test_what_stands_behind_the_frames_of_an_mp3_is_no_damage(tmp_path, after) -> None:
    came = tmp_path / "came.mp3"
    encode(SONG, RATE, came, "mp3")
    data = came.read_bytes()
    came.write_bytes(data + (after or b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + data))
    found = taken(came, "mp3")
    assert "truncated" not in codes(found)
    assert found.facts.seconds == pytest.approx(3.0 if after else 6.0, abs=0.2)


def test_noise_between_the_frames_of_an_mp3_is_damage(tmp_path) -> None:
    came = tmp_path / "came.mp3"
    encode(SONG, RATE, came, "mp3")
    data = came.read_bytes()
    came.write_bytes(data[:30_000] + np.random.default_rng(1).bytes(10_000) + data[40_000:])
    assert codes(taken(came, "mp3"))["truncated"] == "fault"


@pytest.mark.parametrize("total", [0, 10 * RATE])
def test_a_flac_that_does_not_know_its_length_is_whole_and_comes_to_know_it(tmp_path, total) -> None:
    came = tmp_path / "came.flac"
    encode(SONG, RATE, came, "flac")
    data = bytearray(came.read_bytes())
    packed = int.from_bytes(data[18:26], "big")
    data[18:26] = (packed >> 36 << 36 | total).to_bytes(8, "big")
    came.write_bytes(data)
    found = taken(came, "flac")
    assert "truncated" not in codes(found)
    assert int.from_bytes(found.path.read_bytes()[18:26], "big") & 0xFFFFFFFFF == len(SONG)
    assert np.array_equal(decode(found.path).samples, decode(came).samples)


def _without_length(data: bytes) -> bytes:
    """Return an MP3 of variable bit rate without the frame that counts its frames, so its length is a guess."""
    at = data.find(b"Info") if b"Info" in data else data.find(b"Xing")
    begin = data.rfind(b"\xff\xfb", 0, at)
    return data[:begin] + data[data.find(b"\xff\xfb", at) :]


@pytest.mark.parametrize("how", ["no count", "a wrong count"])
def test_an_mp3_whose_header_guesses_wrong_is_not_broken_off(tmp_path, how) -> None:
    came = tmp_path / "came.mp3"
    quiet_first = np.concatenate([np.zeros((RATE * 6, 2), np.float32), SONG])
    with av.open(str(came), "w") as file:
        stream = file.add_stream(
            "libmp3lame", rate=RATE, options={"q": "2", "flags": "+qscale", "global_quality": "236"}
        )
        stream.codec_context.layout, stream.codec_context.format = "stereo", "fltp"
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(quiet_first.T), format="fltp", layout="stereo")
        frame.sample_rate = RATE
        fit = av.AudioResampler(format="fltp", layout="stereo", rate=RATE, frame_size=1152)
        for fitted in [*fit.resample(frame), *fit.resample(None)]:
            file.mux(stream.encode(fitted))
        file.mux(stream.encode(None))
    data = bytearray(came.read_bytes())
    at = max(data.find(b"Xing"), data.find(b"Info"))
    if how == "no count":
        data = bytearray(_without_length(bytes(data)))
    else:
        data[at + 8 : at + 12] = struct.pack(">I", 3 * struct.unpack(">I", data[at + 8 : at + 12])[0])
    came.write_bytes(data)
    found = taken(came, "mp3")
    assert found.facts.seconds == pytest.approx(9, abs=0.2)
    assert "truncated" not in codes(found)
    assert decode(found.path).announced_seconds == pytest.approx(9, abs=0.3)


@pytest.mark.parametrize("format", ["wav", "flac", "mp3"])
def test_a_file_that_was_cut_off_says_so(tmp_path, format) -> None:
    came = tmp_path / f"came.{format}"
    encode(np.concatenate([SONG] * 3), RATE, came, format)
    data = came.read_bytes()
    came.write_bytes(data[: len(data) // 2])
    assert codes(taken(came, format))["truncated"] == "fault"


def test_five_one_is_mixed_down_without_clipping(tmp_path) -> None:
    loud = np.tile((tone(440, 1.0, -0.5)[:, :1] * 32767).astype("<i2"), (1, 6)).tobytes()
    kind = struct.pack("<HHIIHHHHI", 0xFFFE, 6, RATE, RATE * 12, 12, 16, 22, 16, 0x3F) + bytes.fromhex(PCM_GUID)
    head = struct.pack("<4sI4s4sI", b"RIFF", 60 + len(loud), b"WAVE", b"fmt ", 40) + kind
    head += struct.pack("<4sI", b"data", len(loud))
    path = tmp_path / "surround.wav"
    path.write_bytes(head + loud)
    samples = decode(path).samples
    assert 0.9 < np.abs(samples).max() <= 1.0
    found = taken(path, "flac")
    assert found.facts.clipped_runs == 0


@pytest.mark.parametrize(
    "start",
    [b"RIFX\0\0\0\x24WAVEfmt ", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", b"wvpk\x10\x02\0\0", b"\x0b\x77\x3e\x1c",
     b"MAC \x96\x0f", b"#!AMR\n", b"MThd\0\0\0\x06", b"DSD \x1c\0\0\0", b".RMF\0\0\0\x12",
     b"\xff\xfb\x00\x64", b"ID3\x04\0\0\0\0\0\x04\0\0\0\0\xff\xfa\x02\x40",
     b"RIFF\0\0\0\x24AVI LIST", (b"G\x40\x11\x10" + bytes(184)) * 3],
)  # fmt: skip
def test_other_audio_is_not_supported_and_not_called_no_audio(tmp_path, start) -> None:
    path = tmp_path / "take.mp3"
    path.write_bytes(start + bytes(range(256)) * 8)
    with pytest.raises(NotAudio, match="not supported"):
        decode(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38, -3e38])
def test_what_is_measured_is_always_a_number(tmp_path, value) -> None:
    samples = SONG.copy()
    samples[1000:1100] = value
    came = written(tmp_path / "a.wav", "pcm_f32le", "flt", samples)
    found = taken(came)
    facts = found.facts
    assert codes(found)["truncated"] == "fault"
    assert all(np.isfinite(one) for one in (facts.lufs, facts.true_peak_dbtp, facts.correlation, facts.balance_db))
    assert np.isfinite(facts.energy).all()


def test_our_own_bytes_are_left_as_they_are(tmp_path) -> None:
    path = tmp_path / "a.flac"
    encode(SONG, RATE, path, "flac")
    found = take_in(path, Wanted("mp3", Tags(title="t"), "seed"), is_ours=True)
    assert (found.path, found.format, found.findings) == (path, "flac", ())
